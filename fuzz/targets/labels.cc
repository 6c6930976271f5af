// What labellers send, what a labelling is and how both are kept: the first line says the task of an answer,
// or "spec", "record" (its status on the line after), "items", "prelabels", "name". What is accepted is the
// same when it is written and read again.
#include <nlohmann/json.hpp>

#include "fuzz/targets.h"
#include "platform/labels/labelling_record.h"

namespace sinter {
namespace {

Status RunAnswer(LabelTask task, std::string_view text) {
  const LabelRules rules{task, {"a", "b", "c"}};
  TRY(const Json json, ParseJson(text));
  TRY(const LabelAnswer answer, ReadLabelAnswer(json, rules, true));
  const auto again = ReadLabelAnswer(LabelAnswerJson(task, answer), rules, true);
  SINTER_CHECK(again.has_value() && *again == answer);
  SINTER_CHECK(answer.seconds >= 0 && answer.comment.size() <= kLabelCommentBytes);
  SINTER_CHECK(answer.value.boxes.size() <= kMostMarks && answer.value.spans.size() <= kMostMarks);
  SINTER_CHECK(CheckSpansWithin(answer.value, int64_t{1} << 31).has_value());
  return {};
}

Status RunSpec(std::string_view text) {
  TRY(const Json json, ParseJson(text));
  TRY(const LabellingSpec spec, ReadLabellingSpec(json));
  const auto again = ReadLabellingSpec(LabellingSpecJson(spec));
  SINTER_CHECK(again.has_value() && LabellingSpecJson(*again) == LabellingSpecJson(spec));
  SINTER_CHECK(spec.labellers >= 1 && spec.labellers <= kMostLabellers);
  return {};
}

Status RunRecord(std::string_view text) {
  Record record;
  record.name = "name";
  const auto [spec, status] = FirstLine(text);
  record.spec = spec;
  record.status = status;
  TRY(const LabellingInfo info, ReadLabelling(record));
  record.status = LabellingStatusText(info);
  const auto again = ReadLabelling(record);
  SINTER_CHECK(again.has_value() && LabellingStatusText(*again) == record.status);
  return {};
}

Status RunItems(std::string_view text) {
  TRY(const std::vector<LabelItem> items, ReadItems(text));
  const auto again = ReadItems(ItemsText(items));
  SINTER_CHECK(again.has_value() && again->size() == items.size());
  for (const LabelItem& item : items) SINTER_CHECK(item.row >= 0);
  return {};
}

Status RunPrelabels(std::string_view text) {
  const LabelRules rules{LabelTask::kClassification, {"a", "b", "c"}};
  TRY(const auto prelabels, ReadPrelabels(text, rules));
  const auto again = ReadPrelabels(PrelabelsText(rules.task, prelabels), rules);
  SINTER_CHECK(again.has_value() && again->size() == prelabels.size());
  return {};
}

Status RunName(std::string_view text) {
  TRY(const LabelRecordName name, ReadLabelRecordName(text));
  SINTER_CHECK(name.ToString() == text && name.item >= 0);
  return {};
}

Status Run(std::span<const std::byte> input) {
  const auto [kind, text] = FirstLine(TextOf(input));
  if (kind == "spec") return RunSpec(text);
  if (kind == "record") return RunRecord(text);
  if (kind == "items") return RunItems(text);
  if (kind == "prelabels") return RunPrelabels(text);
  if (kind == "name") return RunName(text);
  const auto task = LabelTaskOf(kind);
  if (!task) return InvalidArgument("no task");
  return RunAnswer(*task, text);
}

}  // namespace

FuzzTarget LabelsTarget() { return {&Run, {ErrorCode::kInvalidArgument, ErrorCode::kCorrupt}}; }

}  // namespace sinter
