#include "platform/labels/labelling_record.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter {

Result<LabellingInfo> ReadLabelling(const Record& record) {
  LabellingInfo info;
  info.name = record.name;
  info.revision = record.revision;
  info.created_ms = record.created_ms;
  info.created_by = record.created_by;
  TRY(const Json spec, ParseJson(record.spec, {.bytes = kRecordTextLimit}));
  TRY(info.spec, ReadLabellingSpec(spec));
  TRY(const Json status, ParseJson(record.status, {.bytes = kRecordTextLimit}));
  JsonReader reader(status, "labelling");
  info.items = reader.Int("items");
  info.open = reader.Bool("open", true);
  info.model = reader.String("model", "");
  info.prelabels = reader.Int("prelabels", 0);
  info.problem = reader.String("problem", "");
  if (info.items < 1 || info.items > kMostLabelItems) reader.Fail("items", "must be 1 to 100,000");
  if (info.prelabels < 0 || info.prelabels > info.items) reader.Fail("prelabels", "must be 0 to items");
  if (reader.Has("committed")) {
    JsonReader committed(reader.Object("committed"), "labelling: committed");
    info.committed = CommittedLabels{committed.String("ref"), committed.String("version"),
                                     committed.Int("labels"), committed.Int("left_out")};
    TRY_STATUS(committed.Finish());
  }
  TRY_STATUS(reader.Finish());
  return info;
}

std::string LabellingStatusText(const LabellingInfo& info) {
  Json json = {{"items", info.items},
               {"open", info.open},
               {"model", info.model},
               {"prelabels", info.prelabels},
               {"problem", info.problem}};
  if (info.committed) {
    json["committed"] = {{"ref", info.committed->ref},
                         {"version", info.committed->version},
                         {"labels", info.committed->labels},
                         {"left_out", info.committed->left_out}};
  }
  return json.dump();
}

int64_t PrelabelsOfPart(LabelTask task) {
  constexpr int64_t kOfClasses = 500, kOfMore = 20;
  return task == LabelTask::kClassification || task == LabelTask::kMultilabel ? kOfClasses : kOfMore;
}

std::string LabellingPartName(std::string_view labelling, std::string_view what, int64_t part) {
  return fmt::format("{}/{}/{:04}", labelling, what, part);
}

std::string ItemsText(std::span<const LabelItem> items) {
  Json rows = Json::array(), gold = Json::array();
  for (const LabelItem& item : items) {
    if (item.gold) gold.push_back(rows.size());
    rows.push_back(item.row);
  }
  return Json{{"rows", std::move(rows)}, {"gold", std::move(gold)}}.dump();
}

Result<std::vector<LabelItem>> ReadItems(std::string_view text) {
  TRY(const Json json, ParseJson(text, {.bytes = kRecordTextLimit, .depth = 4}));
  JsonReader reader(json, "items");
  const std::vector<int64_t> rows = reader.Ints("rows"), gold = reader.Ints("gold");
  TRY_STATUS(reader.Finish());
  std::vector<LabelItem> items;
  for (const int64_t row : rows) {
    if (row < 0) return Corrupt("items: a row below 0");
    items.push_back({row, false});
  }
  for (const int64_t at : gold) {
    if (at < 0 || at >= static_cast<int64_t>(items.size())) return Corrupt("items: gold that is no item");
    items[static_cast<size_t>(at)].gold = true;
  }
  return items;
}

std::string PrelabelsText(LabelTask task, std::span<const std::optional<Prelabel>> prelabels) {
  Json list = Json::array();
  for (const auto& p : prelabels) {
    if (!p) {
      list.push_back(nullptr);
      continue;
    }
    list.push_back(
        {{"value", LabelValueJson(task, p->value)}, {"confidence", p->confidence}, {"margin", p->margin}});
  }
  return Json{{"prelabels", std::move(list)}}.dump();
}

Result<std::vector<std::optional<Prelabel>>> ReadPrelabels(std::string_view text, const LabelRules& rules) {
  TRY(const Json json, ParseJson(text, {.bytes = kRecordTextLimit, .depth = 8}));
  JsonReader reader(json, "prelabels");
  std::vector<std::optional<Prelabel>> prelabels;
  for (const Json& item : reader.Array("prelabels")) {
    auto& prelabel = prelabels.emplace_back();
    if (item.is_null()) continue;
    JsonReader part(item, "prelabel");
    prelabel = Prelabel{{}, part.Number("confidence"), part.Number("margin")};
    const Json& value = part.Object("value");
    TRY_STATUS(part.Finish());
    TRY(prelabel->value, ReadLabelValue(value, rules));
  }
  TRY_STATUS(reader.Finish());
  return prelabels;
}

std::string LabelRecordName::ToString() const {
  return labeller.empty() ? fmt::format("{}/{:07}", labelling, item)
                          : fmt::format("{}/{:07}/{}", labelling, item, labeller);
}

Result<LabelRecordName> ReadLabelRecordName(std::string_view name) {
  const Error none = Corrupt(fmt::format("'{}' names no label", name.substr(0, 64)));
  const size_t slash = name.find('/');
  if (slash == name.npos) return none;
  LabelRecordName read{std::string(name.substr(0, slash)), 0, ""};
  const std::string_view rest = name.substr(slash + 1);
  const size_t end = std::min(rest.find('/'), rest.size());
  const std::string_view digits = rest.substr(0, end);
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), read.item);
  if (error != std::errc() || stop != digits.data() + digits.size() || read.item < 0) return none;
  if (end < rest.size()) read.labeller = rest.substr(end + 1);
  if (read.ToString() != name) return none;
  return read;
}

Status CheckLabeller(std::string_view labeller) {
  if (labeller.size() > 128) return InvalidArgument("a labeller's name is longer than 128 bytes");
  return CheckRecordName(labeller);
}

}  // namespace sinter
