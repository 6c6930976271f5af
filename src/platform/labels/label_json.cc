#include "platform/labels/label_json.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "platform/labels/agreement.h"

namespace sinter {
namespace {

constexpr size_t kLabellersCompared = 20;  // each with each: 190 pairs

Json Maybe(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }
Json Ratio(double part, double whole) { return whole > 0 ? Json(part / whole) : Json(nullptr); }

Json CellJson(const Cell& cell) {
  switch (cell.kind) {
    case Cell::Kind::kMissing:
      return nullptr;
    case Cell::Kind::kWhole:
      return cell.whole;
    case Cell::Kind::kNumber:
      return cell.number;
    case Cell::Kind::kText:
      return std::string(cell.text);
    case Cell::Kind::kBytes:
      break;
  }
  return CellText(cell);
}

Json ContentJson(const LabellingSpec& spec, const DatasetVersion& version, size_t split, int64_t row) {
  const auto& columns = version.info().columns;
  if (const auto c = version.ColumnIndex(spec.content)) {
    const DatasetColumn& column = columns[*c];
    if (column.kind == ColumnKind::kPicture)
      return {{"kind", "picture"}, {"width", column.shape[1]}, {"height", column.shape[0]}};
    if (column.kind == ColumnKind::kText)
      return {{"kind", "text"}, {"text", std::string(version.Text(split, *c, row))}};
    if (spec.rate > 0 && HoldsSound(column)) {
      const auto samples = static_cast<double>(SoundSamples(version, split, *c, row, spec.rate));
      return {{"kind", "sound"}, {"rate", spec.rate}, {"seconds", samples / static_cast<double>(spec.rate)}};
    }
  }
  Json cells = Json::array();
  for (size_t c = 0; c < columns.size(); ++c) {
    // What a model said of a row is its prelabel, where one was asked for; it does not stand among the cells.
    const bool chosen = spec.content.empty() ? !columns[c].remark : columns[c].name == spec.content;
    if (chosen && columns[c].name != spec.column)
      cells.push_back({{"name", columns[c].name}, {"value", CellJson(version.CellAt(split, c, row))}});
  }
  return {{"kind", "row"}, {"cells", std::move(cells)}};
}

struct Figures {
  int64_t answers = 0, skipped = 0, gold = 0, gold_right = 0, prelabels = 0, as_prelabel = 0;
  std::vector<double> seconds;
};

std::map<std::string, Figures> FiguresOf(const LabelBoard& board) {
  std::map<std::string, Figures> all;
  for (int64_t i = 0; i < board.size(); ++i) {
    const LabelBoard::Item& item = board.item(i);
    for (const KeptAnswer& kept : item.answers) {
      Figures& f = all[kept.labeller];
      if (kept.answer.gold_right) {
        ++f.gold;
        f.gold_right += *kept.answer.gold_right ? 1 : 0;
      }
      if (kept.answer.withdrawn) continue;
      ++(kept.answer.skip ? f.skipped : f.answers);
      if (kept.answer.seconds > 0) f.seconds.push_back(kept.answer.seconds);
      if (kept.answer.skip || !item.prelabel) continue;
      ++f.prelabels;
      f.as_prelabel += SameLabel(board.spec().rules.task, kept.answer.value, item.prelabel->value) ? 1 : 0;
    }
  }
  return all;
}

Json LabellersJson(const std::map<std::string, Figures>& all) {
  Json list = Json::array();
  for (const auto& [name, f] : all) {
    std::vector<double> seconds = f.seconds;
    std::ranges::sort(seconds);
    double sum = 0;
    for (const double s : seconds) sum += s;
    const size_t half = seconds.size() / 2;
    Json median = nullptr;
    if (!seconds.empty())
      median = seconds.size() % 2 == 1 ? seconds[half] : (seconds[half - 1] + seconds[half]) / 2;
    list.push_back({{"name", name},
                    {"answers", f.answers},
                    {"skipped", f.skipped},
                    {"median_seconds", std::move(median)},
                    {"per_hour", Ratio(3600 * static_cast<double>(seconds.size()), sum)},
                    {"gold", {{"asked", f.gold}, {"right", f.gold_right}}},
                    {"agrees_with_prelabel", {{"right", f.as_prelabel}, {"of", f.prelabels}}}});
  }
  return list;
}

// Values as numbers, equal ones the same: the categories of kappa.
class Categories {
 public:
  explicit Categories(LabelTask task) : task_(task) {}
  int64_t Of(const LabelValue& value) {
    std::string text =
        task_ == LabelTask::kClassification ? value.classes[0] : LabelValueJson(task_, value).dump();
    return numbers_.try_emplace(std::move(text), static_cast<int64_t>(numbers_.size())).first->second;
  }

 private:
  LabelTask task_;
  std::unordered_map<std::string, int64_t> numbers_;
};

Json CohenJson(const LabelBoard& board, const std::map<std::string, Figures>& figures) {
  std::vector<std::pair<int64_t, std::string>> most;
  most.reserve(figures.size());
  for (const auto& [name, f] : figures) most.emplace_back(-f.answers, name);
  std::ranges::sort(most);
  most.resize(std::min(most.size(), kLabellersCompared));
  std::ranges::sort(most, {}, [](const auto& m) { return m.second; });
  Categories categories(board.spec().rules.task);
  std::map<std::pair<std::string, std::string>, std::vector<std::pair<int64_t, int64_t>>> pairs;
  for (int64_t i = 0; i < board.size(); ++i) {
    std::vector<std::pair<std::string, int64_t>> said;  // by labeller
    for (const KeptAnswer& kept : board.item(i).answers) {
      const bool compared =
          std::ranges::find(most, kept.labeller, [](const auto& m) { return m.second; }) != most.end();
      if (compared && !kept.answer.withdrawn && !kept.answer.skip)
        said.emplace_back(kept.labeller, categories.Of(kept.answer.value));
    }
    for (size_t a = 0; a < said.size(); ++a) {
      for (size_t b = a + 1; b < said.size(); ++b)
        pairs[{said[a].first, said[b].first}].emplace_back(said[a].second, said[b].second);
    }
  }
  Json list = Json::array();
  for (const auto& [names, items] : pairs) {
    const Kappa kappa = CohenKappa(items);
    list.push_back(
        {{"a", names.first}, {"b", names.second}, {"kappa", Maybe(kappa.value)}, {"items", kappa.items}});
  }
  return list;
}

Json FleissJson(const LabelBoard& board) {
  const int64_t raters = board.spec().labellers;
  Categories categories(board.spec().rules.task);
  std::vector<std::vector<int64_t>> counts;
  for (int64_t i = 0; i < board.size(); ++i) {
    std::vector<int64_t> row;
    int64_t answers = 0;
    for (const KeptAnswer& kept : board.item(i).answers) {
      if (kept.answer.withdrawn || kept.answer.skip) continue;
      const auto category = static_cast<size_t>(categories.Of(kept.answer.value));
      row.resize(std::max(row.size(), category + 1));
      ++row[category];
      ++answers;
    }
    if (answers == raters) counts.push_back(std::move(row));
  }
  const Kappa kappa = FleissKappa(counts, raters);
  return {{"kappa", Maybe(kappa.value)}, {"items", kappa.items}, {"raters", raters}};
}

Json AgreementJson(const LabelBoard& board, const std::map<std::string, Figures>& figures) {
  double sum = 0;
  int64_t items = 0;
  for (int64_t i = 0; i < board.size(); ++i) {
    const auto agreement = board.agreement(i);
    if (!agreement) continue;
    sum += *agreement;
    ++items;
  }
  // Kappa is of named categories: boxes, spans and transcripts have none.
  const LabelTask task = board.spec().rules.task;
  const bool nominal = task == LabelTask::kClassification || task == LabelTask::kMultilabel;
  return {{"items", items},
          {"observed", Ratio(sum, static_cast<double>(items))},
          {"cohen", nominal ? CohenJson(board, figures) : Json::array()},
          {"fleiss", nominal ? FleissJson(board)
                             : Json{{"kappa", nullptr}, {"items", 0}, {"raters", board.spec().labellers}}}};
}

Json RightJson(int64_t right, int64_t of) { return {{"right", right}, {"of", of}}; }

Json AnswerJson(LabelTask task, const KeptAnswer& kept) {
  Json json = LabelAnswerJson(task, kept.answer);
  json["labeller"] = kept.labeller;
  json["at"] = kept.at_ms;
  return json;
}

Json DecisionJson(LabelTask task, const std::optional<KeptDecision>& decision) {
  if (!decision) return nullptr;
  Json json = {{"reason", decision->answer.comment}, {"by", decision->by}, {"at", decision->at_ms}};
  if (decision->answer.skip)
    json["skip"] = true;
  else
    json["value"] = LabelValueJson(task, decision->answer.value);
  return json;
}

Json AnswersJson(const LabelBoard& board, int64_t index) {
  Json list = Json::array();
  for (const KeptAnswer& kept : board.item(index).answers) {
    if (!kept.answer.withdrawn) list.push_back(AnswerJson(board.spec().rules.task, kept));
  }
  return list;
}

}  // namespace

Json LabelItemJson(const LabelBoard& board, int64_t index, std::string_view labeller,
                   const DatasetVersion& version, size_t split) {
  const LabelBoard::Item& item = board.item(index);
  const LabelTask task = board.spec().rules.task;
  Json json = {{"item", index},
               {"row", item.what.row},
               {"content", ContentJson(board.spec(), version, split, item.what.row)},
               {"prelabel", nullptr},
               {"mine", nullptr}};
  if (item.prelabel) {
    json["prelabel"] = {{"value", LabelValueJson(task, item.prelabel->value)},
                        {"confidence", item.prelabel->confidence}};
  }
  if (const KeptAnswer* mine = board.AnswerOf(index, labeller)) {
    json["mine"] = AnswerJson(task, *mine);
    json["mine"].erase("gold_right");
  }
  return json;
}

Json ReviewItemJson(const LabelBoard& board, int64_t index, const DatasetVersion& version, size_t split) {
  Json json = LabelItemJson(board, index, "", version, split);
  json["answers"] = AnswersJson(board, index);
  const Json decision = DecisionJson(board.spec().rules.task, board.item(index).decision);
  json["decision"] = nullptr;
  json["decided"] = nullptr;
  if (!decision.is_null()) {
    json["decision"] = decision.contains("value") ? decision["value"] : Json{{"skip", true}};
    json["decided"] = {{"by", decision["by"]}, {"at", decision["at"]}, {"reason", decision["reason"]}};
  }
  json["gold"] = board.item(index).what.gold;
  return json;
}

Json LabelStatusJson(const LabelBoard& board, const LabellingInfo& info) {
  const BoardCounts counts = board.Counts();
  const LabelTask task = board.spec().rules.task;
  int64_t right = 0, of = 0, prelabel_right = 0, prelabel_of = 0;
  for (int64_t i = 0; i < board.size(); ++i) {
    const LabelBoard::Item& item = board.item(i);
    if (!item.known) continue;
    if (const auto& label = board.outcome(i).label) {
      ++of;
      right += SameLabel(task, *label, *item.known) ? 1 : 0;
    }
    if (item.prelabel) {
      ++prelabel_of;
      prelabel_right += SameLabel(task, item.prelabel->value, *item.known) ? 1 : 0;
    }
  }
  const auto figures = FiguresOf(board);
  Json json = {{"items", counts.items},
               {"done", counts.done},
               {"answers", counts.answers},
               {"in_review", counts.in_review},
               {"decided", counts.decided},
               {"prelabels",
                {{"made", info.prelabels},
                 {"of", board.spec().prelabels() ? info.items : 0},
                 {"model", info.model},
                 {"error", info.problem}}},
               {"labellers", LabellersJson(figures)},
               {"agreement", AgreementJson(board, figures)},
               {"known", RightJson(right, of)},
               {"prelabel_known", RightJson(prelabel_right, prelabel_of)},
               {"committed", nullptr}};
  if (info.committed) json["committed"] = CommittedJson(*info.committed);
  return json;
}

Json CommittedJson(const CommittedLabels& committed) {
  return {{"dataset", committed.ref.substr(0, committed.ref.find('@'))},
          {"version", committed.version},
          {"name", committed.ref},
          {"labels", committed.labels},
          {"left_out", committed.left_out}};
}

Json SidecarJson(const LabelBoard& board, int64_t index) {
  const LabelTask task = board.spec().rules.task;
  const LabelBoard::Item& item = board.item(index);
  const ItemOutcome& outcome = board.outcome(index);
  Json json = {{"item", index},
               {"row", item.what.row},
               {"gold", item.what.gold},
               {"answers", AnswersJson(board, index)},
               {"decision", DecisionJson(task, item.decision)},
               {"label", outcome.label ? LabelValueJson(task, *outcome.label) : Json(nullptr)},
               {"prelabel", nullptr}};
  if (item.prelabel) {
    json["prelabel"] = {{"value", LabelValueJson(task, item.prelabel->value)},
                        {"confidence", item.prelabel->confidence}};
  }
  return json;
}

}  // namespace sinter
