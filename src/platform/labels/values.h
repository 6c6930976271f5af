// What a labeller says of an item: the value, read from JSON of foreign origin and held to the task's rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace sinter {

enum class LabelTask : uint8_t { kClassification, kMultilabel, kBoxes, kSpans, kTranscript };
// "classification", "multilabel", "boxes", "spans", "transcript"
std::string_view LabelTaskName(LabelTask task);
std::optional<LabelTask> LabelTaskOf(std::string_view name);

// In fractions of the picture, from its upper left corner.
struct LabelBox {
  std::string label;
  double x = 0, y = 0, width = 0, height = 0;
  bool operator==(const LabelBox&) const = default;
};

// Unicode code points, the end not among them.
struct LabelSpan {
  std::string label;
  int64_t begin = 0, end = 0;
  bool operator==(const LabelSpan&) const = default;
};

// Of the fields those that the task has.
struct LabelValue {
  std::vector<std::string> classes;  // of a classification the one; of multi-label in the rules' order
  std::vector<LabelBox> boxes;
  std::vector<LabelSpan> spans;  // by begin, then end, then label
  std::string text;
  bool operator==(const LabelValue&) const = default;
};

struct LabelRules {
  LabelTask task = LabelTask::kClassification;
  std::vector<std::string> classes;  // empty for transcripts
};

inline constexpr size_t kMostMarks = 1'000;          // boxes or spans of one item
inline constexpr size_t kTranscriptBytes = 16'384;   // of one item
inline constexpr size_t kLabelCommentBytes = 4'000;  // of one answer

// {"class":"coat"}; {"classes":["a","b"]}; {"boxes":[{"class","x","y","width","height"}]};
// {"spans":[{"class","begin","end"}]}; {"text":"..."}. kInvalidArgument: a class that is none of the rules',
// the same twice, a box that is empty or leaves the picture, a span that is empty, more than the bounds.
Result<LabelValue> ReadLabelValue(const Json& json, const LabelRules& rules);
Json LabelValueJson(LabelTask task, const LabelValue& value);
// kInvalidArgument where a span ends behind the text, `length` code points long.
Status CheckSpansWithin(const LabelValue& value, int64_t length);
int64_t CodePoints(std::string_view utf8);

struct LabelAnswer {
  bool skip = false;  // the labeller cannot tell; then there is no value
  LabelValue value;
  double seconds = 0;  // that it took, 0: not said
  std::string comment;
  // Of answers as they are kept alone:
  bool withdrawn = false;          // by undo: it counts for nothing but the gold question
  std::optional<bool> gold_right;  // how the first answer to a gold question was judged
  bool operator==(const LabelAnswer&) const = default;
};

// {"value":VALUE or "skip":true, "seconds":2.1,"comment":""}; of kept ones also "withdrawn" and "gold_right".
// "labeller" is left to the caller. kInvalidArgument as above, and for seconds below 0 or above a day.
Result<LabelAnswer> ReadLabelAnswer(const Json& json, const LabelRules& rules, bool kept);
Json LabelAnswerJson(LabelTask task, const LabelAnswer& answer);

}  // namespace sinter
