// A labelling as it is kept. The kinds of records:
//   labelling       NAME                    spec: as ReadLabellingSpec; status: LabellingStatusText
//   labelling_part  NAME/items/0000         its items, in parts; made with it
//                   NAME/prelabels/0000     what a model said of some of them; made once each
//   label           NAME/0000017/LABELLER   an answer: as ReadLabelAnswer has it
//                   NAME/0000017            a decision of a reviewer: likewise, the comment is the reason
// An answer is a record of its own: writing one touches no other, and who changed it when is in its history.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/labels/board.h"
#include "platform/records/record.h"

namespace sinter {

inline constexpr std::string_view kLabellingKind = "labelling";
inline constexpr std::string_view kLabellingPartKind = "labelling_part";
inline constexpr std::string_view kLabelKind = "label";

struct CommittedLabels {
  std::string ref;      // "me/fashion@4"
  std::string version;  // its id, hex
  int64_t labels = 0;   // rows that got theirs from the labelling
  int64_t left_out = 0;
  bool operator==(const CommittedLabels&) const = default;
};

struct LabellingInfo {
  std::string name;
  LabellingSpec spec;
  int64_t items = 0;
  bool open = true;
  std::string model;      // that says the prelabels: "me/fashion@2"
  int64_t prelabels = 0;  // items that it was asked about
  std::string problem;    // why it cannot go on
  std::optional<CommittedLabels> committed;
  int64_t revision = 0;
  int64_t created_ms = 0;
  std::string created_by;
};

Result<LabellingInfo> ReadLabelling(const Record& record);
std::string LabellingStatusText(const LabellingInfo& info);

inline constexpr int64_t kItemsOfPart = 10'000;
// So many that a part is within kRecordTextLimit, whatever is said: boxes and texts are longer than classes.
int64_t PrelabelsOfPart(LabelTask task);
std::string LabellingPartName(std::string_view labelling, std::string_view what, int64_t part);
std::string ItemsText(std::span<const LabelItem> items);
Result<std::vector<LabelItem>> ReadItems(std::string_view text);
// None: the model says a class that the labelling does not have.
std::string PrelabelsText(LabelTask task, std::span<const std::optional<Prelabel>> prelabels);
Result<std::vector<std::optional<Prelabel>>> ReadPrelabels(std::string_view text, const LabelRules& rules);

// A name of kind label, taken apart.
struct LabelRecordName {
  std::string labelling;
  int64_t item = 0;
  std::string labeller;  // empty: a decision
  std::string ToString() const;
};
// kCorrupt for what is none.
Result<LabelRecordName> ReadLabelRecordName(std::string_view name);
// 1 to 128 bytes of what a record's name may hold.
Status CheckLabeller(std::string_view labeller);

}  // namespace sinter
