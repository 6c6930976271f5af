// Boards as JSON, for people and programs.
#pragma once

#include <string_view>

#include "base/json.h"
#include "platform/labels/labelling_record.h"

namespace sinter {

// {"item","row","content","prelabel","mine"}; content is {"kind":"picture","width","height"},
// {"kind":"text","text"} or {"kind":"row","cells":[{"name","value"}]}, never with the labels' own column.
Json LabelItemJson(const LabelBoard& board, int64_t index, std::string_view labeller,
                   const DatasetVersion& version, size_t split);
// With "answers", "decision" (a value, {"skip":true} or null), "decided" ({"by","at","reason"}) and "gold".
Json ReviewItemJson(const LabelBoard& board, int64_t index, const DatasetVersion& version, size_t split);
// Progress, labellers, agreement: see the route GET /labellings/NAME. Numbers are null where there is too
// little to tell.
Json LabelStatusJson(const LabelBoard& board, const LabellingInfo& info);
// {"dataset":"me/fashion","version":ID,"name":"me/fashion@4","labels","left_out"}
Json CommittedJson(const CommittedLabels& committed);
// A line of the sidecar: an item with its answers, decision and final label.
Json SidecarJson(const LabelBoard& board, int64_t index);

}  // namespace sinter
