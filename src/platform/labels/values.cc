#include "platform/labels/values.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter {
namespace {

constexpr std::array<std::string_view, 5> kTasks = {"classification", "multilabel", "boxes", "spans",
                                                    "transcript"};
constexpr int64_t kLongestText = int64_t{1} << 31;
constexpr double kDay = 86'400;
// Boxes come from screens: a last bit over the edge is on the edge.
constexpr double kRounding = 1e-6;

void CheckClass(JsonReader& reader, std::string_view name, const LabelRules& rules) {
  if (std::ranges::find(rules.classes, name) == rules.classes.end())
    reader.Fail("class",
                fmt::format("'{}' is none of the {} classes", name.substr(0, 64), rules.classes.size()));
}

Result<LabelBox> ReadBox(const Json& json, const LabelRules& rules, std::string where) {
  JsonReader reader(json, std::move(where));
  LabelBox box{reader.String("class"), reader.Number("x"), reader.Number("y"), reader.Number("width"),
               reader.Number("height")};
  CheckClass(reader, box.label, rules);
  const auto fits = [](double from, double size) {
    return from >= 0 && size > 0 && from + size <= 1 + kRounding;
  };
  if (!fits(box.x, box.width)) reader.Fail("width", "must be above 0, and the box within 0..1");
  if (!fits(box.y, box.height)) reader.Fail("height", "must be above 0, and the box within 0..1");
  TRY_STATUS(reader.Finish());
  return box;
}

Result<LabelSpan> ReadSpan(const Json& json, const LabelRules& rules, std::string where) {
  JsonReader reader(json, std::move(where));
  LabelSpan span{reader.String("class"), reader.Int("begin"), reader.Int("end")};
  CheckClass(reader, span.label, rules);
  if (span.begin < 0 || span.end <= span.begin || span.end > kLongestText)
    reader.Fail("end", "must lie behind begin, and begin must not be negative");
  TRY_STATUS(reader.Finish());
  return span;
}

void ReadClasses(JsonReader& reader, const LabelRules& rules, LabelValue& value) {
  std::vector<std::string> named = reader.Strings("classes");
  if (!reader.Has("classes")) reader.Fail("classes", "is missing");
  for (const std::string& name : named) CheckClass(reader, name, rules);
  for (const std::string& name : rules.classes) {
    const auto count = std::ranges::count(named, name);
    if (count > 1) reader.Fail("classes", fmt::format("'{}' stands twice", name));
    if (count == 1) value.classes.push_back(name);
  }
}

template <class Read, class Mark>
Status ReadMarks(JsonReader& reader, std::string_view field, Read read, std::vector<Mark>& marks) {
  const Json& list = reader.Array(field);
  if (list.size() > kMostMarks) reader.Fail(field, fmt::format("are more than {}", kMostMarks));
  TRY_STATUS(reader.Finish());
  for (const Json& item : list) {
    TRY(marks.emplace_back(), read(item, fmt::format("{}: {}[{}]", reader.where(), field, marks.size())));
  }
  return {};
}

}  // namespace

std::string_view LabelTaskName(LabelTask task) { return kTasks[static_cast<size_t>(task)]; }

std::optional<LabelTask> LabelTaskOf(std::string_view name) {
  const auto* found = std::ranges::find(kTasks, name);
  if (found == kTasks.end()) return std::nullopt;
  return static_cast<LabelTask>(found - kTasks.begin());
}

Result<LabelValue> ReadLabelValue(const Json& json, const LabelRules& rules) {
  JsonReader reader(json, "value");
  LabelValue value;
  switch (rules.task) {
    case LabelTask::kClassification:
      value.classes = {reader.String("class")};
      CheckClass(reader, value.classes[0], rules);
      break;
    case LabelTask::kMultilabel:
      ReadClasses(reader, rules, value);
      break;
    case LabelTask::kBoxes: {
      const auto read = [&](const Json& j, std::string where) { return ReadBox(j, rules, std::move(where)); };
      TRY_STATUS(ReadMarks(reader, "boxes", read, value.boxes));
      break;
    }
    case LabelTask::kSpans: {
      const auto read = [&](const Json& j, std::string where) {
        return ReadSpan(j, rules, std::move(where));
      };
      TRY_STATUS(ReadMarks(reader, "spans", read, value.spans));
      const auto key = [](const LabelSpan& s) { return std::tie(s.begin, s.end, s.label); };
      std::ranges::sort(value.spans, std::less(), key);
      if (std::ranges::adjacent_find(value.spans) != value.spans.end())
        return InvalidArgument("value: the same span stands twice");
      break;
    }
    case LabelTask::kTranscript:
      value.text = reader.String("text");
      if (value.text.size() > kTranscriptBytes)
        reader.Fail("text", fmt::format("is longer than {} bytes", kTranscriptBytes));
      break;
  }
  TRY_STATUS(reader.Finish());
  return value;
}

Json LabelValueJson(LabelTask task, const LabelValue& value) {
  Json list = Json::array();
  switch (task) {
    case LabelTask::kClassification:
      return {{"class", value.classes.at(0)}};
    case LabelTask::kMultilabel:
      return {{"classes", value.classes}};
    case LabelTask::kBoxes:
      for (const LabelBox& b : value.boxes)
        list.push_back(
            {{"class", b.label}, {"x", b.x}, {"y", b.y}, {"width", b.width}, {"height", b.height}});
      return {{"boxes", std::move(list)}};
    case LabelTask::kSpans:
      for (const LabelSpan& s : value.spans)
        list.push_back({{"class", s.label}, {"begin", s.begin}, {"end", s.end}});
      return {{"spans", std::move(list)}};
    case LabelTask::kTranscript:
      break;
  }
  return {{"text", value.text}};
}

Status CheckSpansWithin(const LabelValue& value, int64_t length) {
  for (const LabelSpan& span : value.spans) {
    if (span.end > length)
      return InvalidArgument(
          fmt::format("value: a span ends at {}; the text has {} code points", span.end, length));
  }
  return {};
}

int64_t CodePoints(std::string_view utf8) {
  return std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

Result<LabelAnswer> ReadLabelAnswer(const Json& json, const LabelRules& rules, bool kept) {
  JsonReader reader(json, "answer");
  LabelAnswer answer;
  answer.skip = reader.Bool("skip", false);
  answer.seconds = reader.Number("seconds", 0);
  answer.comment = reader.String("comment", "");
  if (kept) {
    answer.withdrawn = reader.Bool("withdrawn", false);
    if (reader.Has("gold_right")) answer.gold_right = reader.Bool("gold_right", false);
  }
  const Json* value = reader.Any("value");
  if (value != nullptr && value->is_null()) value = nullptr;
  if (answer.skip == (value != nullptr)) reader.Fail("value", "or skip is needed, and not both");
  if (!(answer.seconds >= 0 && answer.seconds <= kDay)) reader.Fail("seconds", "must be 0 to 86,400");
  if (answer.comment.size() > kLabelCommentBytes) reader.Fail("comment", "is longer than 4,000 bytes");
  TRY_STATUS(reader.Finish());
  if (value != nullptr) {
    TRY(answer.value, ReadLabelValue(*value, rules));
  }
  return answer;
}

Json LabelAnswerJson(LabelTask task, const LabelAnswer& answer) {
  Json json = {{"seconds", answer.seconds}, {"comment", answer.comment}};
  if (answer.skip)
    json["skip"] = true;
  else
    json["value"] = LabelValueJson(task, answer.value);
  if (answer.withdrawn) json["withdrawn"] = true;
  if (answer.gold_right) json["gold_right"] = *answer.gold_right;
  return json;
}

}  // namespace sinter
