// What is to be thought of one item: its final label, whether a reviewer has to look, whose turn it is.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/labels/labelling.h"

namespace sinter {

struct ItemOutcome {
  bool done = false;       // it has the answers that are wanted, or a decision
  bool in_review = false;  // and waits for a decision
  bool decided = false;
  bool agreed = false;              // all answers are one vote; of no answers false
  std::optional<LabelValue> label;  // the final one
  bool operator==(const ItemOutcome&) const = default;
};

// Pure. A decision goes before answers. Without one the vote that has more answers than any other is the
// label, its first answer standing for it; "cannot tell" is a vote too, and gives no label. A tie gives none.
ItemOutcome JudgeItem(const LabellingSpec& spec, std::span<const LabelAnswer* const> answers,
                      const LabelAnswer* decision);

// In which order items are handed out: by row, shuffled by the seed, or least margin first (those without a
// margin after the others, by row). Pure; `margins` as many as items, for the active choice.
std::vector<int64_t> HandingOrder(const LabellingSpec& spec, int64_t items,
                                  std::span<const std::optional<double>> margins);

// How far the best class is before the second; 1 where there is one class alone.
double Margin(std::span<const float> probabilities);

}  // namespace sinter
