#include "platform/labels/labelling.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "platform/data/filter.h"
#include "platform/hub/repositories.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 3> kChoices = {"in_order", "random", "active"};
constexpr std::array<std::string_view, 3> kReviews = {"none", "disagreements", "all"};
constexpr size_t kMostClasses = 1'000;
constexpr size_t kInstructionBytes = 16'384;
constexpr int64_t kLowestRate = 1'000, kHighestRate = 192'000;
constexpr uint64_t kRowStream = 0, kGoldStream = 1;

template <class Enum>
Enum ReadName(JsonReader& reader, std::string_view field, const std::array<std::string_view, 3>& names) {
  const std::string name = reader.String(field, names[0]);
  const auto* found = std::ranges::find(names, name);
  if (found == names.end())
    reader.Fail(field, fmt::format("must be {}, {} or {}", names[0], names[1], names[2]));
  return found == names.end() ? Enum() : static_cast<Enum>(found - names.begin());
}

Status ReadRows(const Json& json, LabellingSpec& spec) {
  JsonReader rows(json, "labelling: rows");
  spec.count = rows.Int("count", 0);
  spec.seed = rows.Int("seed", 1);
  spec.list = rows.Ints("list");
  spec.where = rows.String("where", "");
  spec.listed = rows.Int("listed", static_cast<int64_t>(spec.list.size()));
  if (rows.Has("count") && (spec.count < 1 || spec.count > kMostLabelItems))
    rows.Fail("count", "must be 1 to 100,000");
  if (static_cast<int64_t>(spec.list.size()) > kMostLabelItems)
    rows.Fail("list", "has more than 100,000 rows");
  if (rows.Has("count") + (rows.Has("list") || rows.Has("listed")) + rows.Has("where") > 1)
    rows.Fail("list", "stands beside count or where: one of them says which rows");
  if (spec.listed < 0 || spec.listed > kMostLabelItems) rows.Fail("listed", "must be 0 to 100,000");
  return rows.Finish();
}

Status ReadParts(JsonReader& reader, LabellingSpec& spec) {
  if (reader.Has("rows")) TRY_STATUS(ReadRows(reader.OptionalObject("rows"), spec));
  const Json* gold = reader.Any("gold");
  if (gold != nullptr && !gold->is_null()) {
    JsonReader part(*gold, "labelling: gold");
    spec.gold_every = part.Int("every");
    if (spec.gold_every < 2 || spec.gold_every > 1'000) part.Fail("every", "must be 2 to 1,000");
    TRY_STATUS(part.Finish());
  }
  const Json* prelabel = reader.Any("prelabel");
  if (prelabel == nullptr || prelabel->is_null()) return {};
  JsonReader part(*prelabel, "labelling: prelabel");
  spec.prelabel_service = part.String("service", "");
  spec.model_name = part.String("model", "");
  if (spec.prelabel_service.empty() == spec.model_name.empty())
    part.Fail("service", "or model is needed, and not both");
  spec.threshold = part.Number("threshold", spec.threshold);
  if (!(spec.threshold > 0 && spec.threshold <= 1)) part.Fail("threshold", "must be above 0 and at most 1");
  return part.Finish();
}

Result<std::vector<int64_t>> RowsOf(const LabellingSpec& spec, const DatasetVersion& version, size_t split) {
  const int64_t all = version.Rows(split);
  std::vector<int64_t> rows = spec.list;
  if (spec.listed != static_cast<int64_t>(rows.size()))
    return InvalidArgument("rows: the list itself is needed, not how many were listed");
  if (!rows.empty()) {
    std::ranges::sort(rows);
    if (std::ranges::adjacent_find(rows) != rows.end())
      return InvalidArgument("rows: the list names a row twice");
    if (rows.front() < 0 || rows.back() >= all)
      return InvalidArgument(fmt::format("rows: the split {} has rows 0 to {}", spec.split, all - 1));
  } else if (!spec.where.empty()) {
    std::string text = spec.where;
    if (text.starts_with("missing ")) text = text.substr(8) + " is missing";
    TRY(const Filter filter, Filter::Parse(text));
    TRY(const Filter::Predicate chosen, filter.Bind(version.info().columns));
    const std::string& name = version.info().splits[split].name;
    for (int64_t row = 0; row < all; ++row) {
      const auto cells = [&](size_t c) {
        return c == version.info().columns.size() ? Cell::Text(name) : version.CellAt(split, c, row);
      };
      if (chosen(cells)) rows.push_back(row);
    }
  } else if (spec.count > 0 && spec.count < all) {
    rows = RandomPermutation(static_cast<uint64_t>(spec.seed), kRowStream, all);
    rows.resize(static_cast<size_t>(spec.count));
    std::ranges::sort(rows);
  } else {
    rows.resize(static_cast<size_t>(std::min(all, kMostLabelItems + 1)));
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int64_t>(i);
  }
  if (rows.empty()) return InvalidArgument("rows: none is chosen");
  if (static_cast<int64_t>(rows.size()) > kMostLabelItems)
    return InvalidArgument(fmt::format("rows: {} items are the most", kMostLabelItems),
                           "draw some: rows.count");
  return rows;
}

// Which column is shown, and whether the task can be done on it.
Status PlanContent(LabellingSpec& spec, const DatasetVersion& version, int64_t sound_rate) {
  const auto& columns = version.info().columns;
  const int64_t rate = spec.rate > 0 ? spec.rate : sound_rate;
  if (spec.content.empty()) {
    const auto feature = version.FeatureColumn();
    const auto text = std::ranges::find(columns, ColumnKind::kText, &DatasetColumn::kind);
    if (feature &&
        (columns[*feature].kind == ColumnKind::kPicture || (rate > 0 && HoldsSound(columns[*feature]))))
      spec.content = columns[*feature].name;
    else if (text != columns.end() && text->name != spec.column)
      spec.content = text->name;
  }
  ColumnKind kind = ColumnKind::kNumber;
  bool sound = false;
  if (!spec.content.empty()) {
    TRY(const size_t c, version.ColumnIndex(spec.content));
    kind = columns[c].kind;
    sound = HoldsSound(columns[c]);
  }
  if (spec.rate > 0 && !sound)
    return InvalidArgument("rate: content is no sound", "sound is a column of vectors of f32");
  spec.rate = sound ? rate : 0;
  if (spec.rules.task == LabelTask::kBoxes && kind != ColumnKind::kPicture)
    return InvalidArgument("boxes are drawn on pictures: content must name a column of them");
  if (spec.rules.task == LabelTask::kSpans && kind != ColumnKind::kText)
    return InvalidArgument("spans are marked in texts: content must name a column of them");
  if (!spec.content.empty() && spec.content == spec.column)
    return InvalidArgument("content and column are the same: the labels would be shown");
  return {};
}

// Where the labels go, and which there are.
Status PlanColumn(LabellingSpec& spec, const DatasetVersion& version) {
  const auto& columns = version.info().columns;
  const auto label = version.LabelColumn();
  const bool classes = spec.rules.task == LabelTask::kClassification;
  if (spec.column.empty()) spec.column = classes ? (label ? columns[*label].name : "label") : "labels";
  const auto column = std::ranges::find(columns, spec.column, &DatasetColumn::name);
  if (column != columns.end() && column->kind != ColumnKind::kText &&
      (!classes || column->kind != ColumnKind::kClass))
    return InvalidArgument(fmt::format("column '{}' is a {}: {} does not go there", spec.column,
                                       ColumnKindName(column->kind), LabelTaskName(spec.rules.task)));
  if (spec.rules.task == LabelTask::kTranscript) {
    spec.rules.classes.clear();
    return {};
  }
  if (spec.rules.classes.empty() && column != columns.end()) spec.rules.classes = column->classes;
  if (spec.rules.classes.empty() && label) spec.rules.classes = columns[*label].classes;
  if (spec.rules.classes.empty())
    return InvalidArgument("classes are needed: the data set names none", "classes: [a, b]");
  return {};
}

}  // namespace

bool HoldsSound(const DatasetColumn& column) {
  return column.kind == ColumnKind::kVector && column.dtype == DType::kF32 && column.shape.size() == 1;
}

int64_t SoundRateOf(std::string_view details) {
  const auto json = ParseJson(details, {.bytes = size_t{1} << 20});
  if (!json || !json->is_object()) return 0;
  const auto import = json->find("import");
  if (import == json->end() || !import->is_object()) return 0;
  const auto rate = import->find("rate");
  if (rate == import->end() || !rate->is_number_integer()) return 0;
  const auto hertz = rate->get<int64_t>();
  return hertz < kLowestRate || hertz > kHighestRate ? 0 : hertz;
}

std::string_view LabelChoiceName(LabelChoice choice) { return kChoices[static_cast<size_t>(choice)]; }
std::string_view LabelReviewName(LabelReview review) { return kReviews[static_cast<size_t>(review)]; }

Status CheckLabellingName(std::string_view name) {
  TRY_STATUS(CheckRepositoryName(name));
  if (name.find('/') != name.npos)
    return InvalidArgument("a labelling's name has one part: letters, digits, '-', '_' and '.'");
  return {};
}

Result<LabellingSpec> ReadLabellingSpec(const Json& json) {
  JsonReader reader(json, "labelling");
  LabellingSpec spec;
  spec.dataset = reader.String("dataset");
  spec.version = reader.String("version", "");
  spec.split = reader.String("split", "");
  spec.content = reader.String("content", "");
  spec.rate = reader.Int("rate", 0);
  if (spec.rate != 0 && (spec.rate < kLowestRate || spec.rate > kHighestRate))
    reader.Fail("rate", "must be 1,000 to 192,000");
  const std::string task = reader.String("task", "classification");
  spec.rules.classes = reader.Strings("classes");
  spec.column = reader.String("column", "");
  spec.labellers = reader.Int("labellers", 1);
  spec.choice = ReadName<LabelChoice>(reader, "choice", kChoices);
  spec.review = ReadName<LabelReview>(reader, "review", kReviews);
  spec.instructions = reader.String("instructions", "");
  if (const auto known = LabelTaskOf(task))
    spec.rules.task = *known;
  else
    reader.Fail("task", "must be classification, multilabel, boxes, spans or transcript");
  if (spec.labellers < 1 || spec.labellers > kMostLabellers) reader.Fail("labellers", "must be 1 to 5");
  if (spec.instructions.size() > kInstructionBytes) reader.Fail("instructions", "are longer than 16 KB");
  if (!spec.column.empty()) {
    if (const auto fault = FieldNameFault(spec.column); !fault.empty()) reader.Fail("column", fault);
  }
  std::vector<std::string> sorted = spec.rules.classes;
  std::ranges::sort(sorted);
  if (sorted.size() > kMostClasses) reader.Fail("classes", "are more than 1,000");
  if (std::ranges::adjacent_find(sorted) != sorted.end()) reader.Fail("classes", "hold a name twice");
  for (const std::string& name : sorted) {
    if (name.empty() || name.size() > 256) reader.Fail("classes", "must have names of 1 to 256 bytes");
  }
  TRY_STATUS(ReadParts(reader, spec));
  TRY_STATUS(reader.Finish());
  if (spec.choice == LabelChoice::kActive && !spec.prelabels())
    return InvalidArgument("labelling: the active choice asks a model what it is unsure of",
                           "prelabel: {service: NAME} or {model: NAME}");
  return spec;
}

Json LabellingSpecJson(const LabellingSpec& spec) {
  Json rows = {{"seed", spec.seed}};
  if (spec.count > 0) rows["count"] = spec.count;
  if (!spec.where.empty()) rows["where"] = spec.where;
  if (spec.listed > 0) rows["listed"] = spec.listed;
  Json json = {{"dataset", spec.dataset},
               {"version", spec.version},
               {"split", spec.split},
               {"content", spec.content},
               {"rate", spec.rate},
               {"task", LabelTaskName(spec.rules.task)},
               {"classes", spec.rules.classes},
               {"column", spec.column},
               {"rows", std::move(rows)},
               {"labellers", spec.labellers},
               {"gold", nullptr},
               {"prelabel", nullptr},
               {"choice", LabelChoiceName(spec.choice)},
               {"review", LabelReviewName(spec.review)},
               {"instructions", spec.instructions}};
  if (spec.gold_every > 0) json["gold"] = {{"every", spec.gold_every}};
  if (!spec.prelabel_service.empty()) json["prelabel"] = {{"service", spec.prelabel_service}};
  if (!spec.model_name.empty()) json["prelabel"] = {{"model", spec.model_name}};
  if (spec.prelabels()) json["prelabel"]["threshold"] = spec.threshold;
  return json;
}

std::optional<LabelValue> KnownLabel(const DatasetVersion& version, const LabellingSpec& spec, size_t split,
                                     int64_t row) {
  const auto c = version.ColumnIndex(spec.column);
  if (!c || version.Missing(split, *c, row)) return std::nullopt;
  const Cell cell = version.CellAt(split, *c, row);
  if (cell.kind != Cell::Kind::kText) return std::nullopt;
  Json json;
  if (spec.rules.task == LabelTask::kClassification)
    json["class"] = std::string(cell.text);
  else if (spec.rules.task == LabelTask::kTranscript)
    json["text"] = std::string(cell.text);
  else if (auto parsed = ParseJson(cell.text))
    json = *std::move(parsed);
  auto value = ReadLabelValue(json, spec.rules);
  if (!value) return std::nullopt;
  return *std::move(value);
}

Result<LabellingPlan> PlanLabelling(LabellingSpec spec, const DatasetVersion& version, int64_t sound_rate) {
  const auto& splits = version.info().splits;
  if (spec.split.empty()) spec.split = splits[0].name;
  TRY(const size_t split, version.SplitIndex(spec.split));
  TRY_STATUS(PlanColumn(spec, version));
  TRY_STATUS(PlanContent(spec, version, sound_rate));
  LabellingPlan plan;
  TRY(const std::vector<int64_t> rows, RowsOf(spec, version, split));
  std::vector<size_t> known;
  for (const int64_t row : rows) {
    if (spec.gold_every > 0 && KnownLabel(version, spec, split, row)) known.push_back(plan.items.size());
    plan.items.push_back({row, false});
  }
  if (spec.gold_every > 0) {
    const size_t wanted = std::max<size_t>(1, rows.size() / static_cast<size_t>(spec.gold_every));
    if (known.empty())
      return InvalidArgument(fmt::format("gold: no row has a known label in '{}'", spec.column));
    const auto order =
        RandomPermutation(static_cast<uint64_t>(spec.seed), kGoldStream, static_cast<int64_t>(known.size()));
    for (size_t i = 0; i < std::min(wanted, known.size()); ++i)
      plan.items[known[static_cast<size_t>(order[i])]].gold = true;
  }
  plan.spec = std::move(spec);
  return plan;
}

}  // namespace sinter
