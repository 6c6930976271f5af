#include "platform/labels/outcome.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/random.h"
#include "platform/labels/agreement.h"

namespace sinter {
namespace {

constexpr uint64_t kOrderStream = 2;  // 0 and 1 draw rows and gold questions

struct Vote {
  const LabelAnswer* first;
  size_t answers;
};

}  // namespace

ItemOutcome JudgeItem(const LabellingSpec& spec, std::span<const LabelAnswer* const> answers,
                      const LabelAnswer* decision) {
  ItemOutcome outcome;
  std::vector<Vote> votes;
  for (const LabelAnswer* answer : answers) {
    const auto same = std::ranges::find_if(votes, [&](const Vote& vote) {
      return vote.first->skip == answer->skip &&
             (answer->skip || SameLabel(spec.rules.task, vote.first->value, answer->value));
    });
    if (same == votes.end())
      votes.push_back({answer, 1});
    else
      ++same->answers;
  }
  outcome.agreed = votes.size() == 1;
  if (decision != nullptr) {
    outcome.done = outcome.decided = true;
    if (!decision->skip) outcome.label = decision->value;
    return outcome;
  }
  outcome.done = static_cast<int64_t>(answers.size()) >= spec.labellers;
  if (!outcome.done) return outcome;
  outcome.in_review =
      spec.review == LabelReview::kAll || (spec.review == LabelReview::kDisagreements && !outcome.agreed);
  const auto most = std::ranges::max_element(votes, {}, &Vote::answers);
  const bool tie = std::ranges::count(votes, most->answers, &Vote::answers) > 1;
  if (!outcome.in_review && !tie && !most->first->skip) outcome.label = most->first->value;
  return outcome;
}

std::vector<int64_t> HandingOrder(const LabellingSpec& spec, int64_t items,
                                  std::span<const std::optional<double>> margins) {
  if (spec.choice == LabelChoice::kRandom)
    return RandomPermutation(static_cast<uint64_t>(spec.seed), kOrderStream, items);
  std::vector<int64_t> order(static_cast<size_t>(items));
  std::iota(order.begin(), order.end(), 0);
  if (spec.choice == LabelChoice::kActive) {
    std::ranges::stable_sort(order, std::less(), [&](int64_t item) {
      return margins[static_cast<size_t>(item)].value_or(std::numeric_limits<double>::infinity());
    });
  }
  return order;
}

double Margin(std::span<const float> probabilities) {
  float best = 0, second = 0;
  for (const float p : probabilities) {
    if (p > best)
      second = std::exchange(best, p);
    else if (p > second)
      second = p;
  }
  return probabilities.size() < 2 ? 1 : static_cast<double>(best) - static_cast<double>(second);
}

}  // namespace sinter
