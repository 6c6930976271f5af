#include "platform/labels/board.h"

#include <algorithm>

#include <fmt/format.h>

#include "platform/labels/agreement.h"

namespace sinter {

LabelBoard::LabelBoard(LabellingPlan plan, std::vector<std::optional<LabelValue>> known)
    : spec_(std::move(plan.spec)), judged_(plan.items.size()) {
  items_.reserve(plan.items.size());
  for (size_t i = 0; i < plan.items.size(); ++i)
    items_.push_back({plan.items[i], i < known.size() ? std::move(known[i]) : std::nullopt, {}, {}, {}});
  Reorder();
}

void LabelBoard::Reorder() {
  std::vector<std::optional<double>> margins(items_.size());
  for (size_t i = 0; i < items_.size(); ++i) {
    if (items_[i].prelabel) margins[i] = items_[i].prelabel->margin;
  }
  order_ = HandingOrder(spec_, size(), margins);
}

const LabelBoard::Judged& LabelBoard::Judge(int64_t index) const {
  Judged& judged = judged_[static_cast<size_t>(index)];
  if (judged.fresh) return judged;
  const Item& item = this->item(index);
  std::vector<const LabelAnswer*> standing;
  for (const KeptAnswer& kept : item.answers) {
    if (!kept.answer.withdrawn) standing.push_back(&kept.answer);
  }
  judged.outcome = JudgeItem(spec_, standing, item.decision ? &item.decision->answer : nullptr);
  double sum = 0;
  int64_t pairs = 0;
  for (size_t a = 0; a < standing.size(); ++a) {
    for (size_t b = a + 1; b < standing.size(); ++b) {
      if (standing[a]->skip || standing[b]->skip) continue;
      sum += LabelAgreement(spec_.rules.task, standing[a]->value, standing[b]->value);
      ++pairs;
    }
  }
  judged.agreement = pairs == 0 ? std::nullopt : std::optional(sum / static_cast<double>(pairs));
  judged.fresh = true;
  return judged;
}

const ItemOutcome& LabelBoard::outcome(int64_t index) const { return Judge(index).outcome; }
std::optional<double> LabelBoard::agreement(int64_t index) const { return Judge(index).agreement; }

const KeptAnswer* LabelBoard::AnswerOf(int64_t index, std::string_view labeller) const {
  const auto& answers = item(index).answers;
  const auto found = std::ranges::find(answers, labeller, &KeptAnswer::labeller);
  return found == answers.end() || found->answer.withdrawn ? nullptr : &*found;
}

BoardCounts LabelBoard::Counts() const {
  BoardCounts counts;
  counts.items = size();
  for (int64_t i = 0; i < size(); ++i) {
    const ItemOutcome& outcome = this->outcome(i);
    counts.done += outcome.done ? 1 : 0;
    counts.in_review += outcome.in_review ? 1 : 0;
    counts.decided += outcome.decided ? 1 : 0;
    counts.prelabels += item(i).prelabel ? 1 : 0;
  }
  for (const auto& [labeller, answered] : by_labeller_)
    counts.answers += static_cast<int64_t>(answered.size());
  return counts;
}

void LabelBoard::SetAnswer(int64_t index, KeptAnswer answer) {
  auto& answers = items_[static_cast<size_t>(index)].answers;
  auto at = std::ranges::lower_bound(answers, answer.labeller, {}, &KeptAnswer::labeller);
  if (at == answers.end() || at->labeller != answer.labeller)
    at = answers.insert(at, KeptAnswer{.labeller = answer.labeller});
  else if (at->revision >= answer.revision)
    return;
  auto& answered = by_labeller_[answer.labeller];
  answered.erase(at->revision);
  if (!answer.answer.withdrawn) answered.emplace(answer.revision, index);
  // No longer in hand.
  if (const auto held = holds_.find(index); held != holds_.end()) {
    std::erase_if(held->second, [&](const Hold& hold) { return hold.labeller == answer.labeller; });
    if (held->second.empty()) holds_.erase(held);
  }
  *at = std::move(answer);
  judged_[static_cast<size_t>(index)].fresh = false;
}

void LabelBoard::SetDecision(int64_t index, KeptDecision decision) {
  auto& kept = items_[static_cast<size_t>(index)].decision;
  if (kept && kept->revision >= decision.revision) return;
  kept = std::move(decision);
  judged_[static_cast<size_t>(index)].fresh = false;
}

void LabelBoard::SetPrelabels(int64_t first, std::vector<std::optional<Prelabel>> prelabels) {
  for (size_t i = 0; i < prelabels.size() && first + static_cast<int64_t>(i) < size(); ++i)
    items_[static_cast<size_t>(first) + i].prelabel = std::move(prelabels[i]);
  Reorder();
}

int64_t LabelBoard::OthersAnswers(int64_t index, std::string_view labeller) const {
  return std::ranges::count_if(item(index).answers, [&](const KeptAnswer& kept) {
    return !kept.answer.withdrawn && kept.labeller != labeller;
  });
}

int64_t LabelBoard::OthersHolds(int64_t index, std::string_view labeller, Nanoseconds now) const {
  const auto held = holds_.find(index);
  if (held == holds_.end()) return 0;
  return std::ranges::count_if(held->second, [&](const Hold& hold) {
    return hold.until > now && hold.labeller != labeller && AnswerOf(index, hold.labeller) == nullptr;
  });
}

void LabelBoard::PutInHand(int64_t index, std::string_view labeller, Nanoseconds now) {
  auto& holds = holds_[index];
  std::erase_if(holds, [&](const Hold& hold) { return hold.until <= now || hold.labeller == labeller; });
  holds.push_back({std::string(labeller), now + kInHand});
}

std::vector<int64_t> LabelBoard::HandOut(std::string_view labeller, size_t count, Nanoseconds now) {
  std::vector<int64_t> given;
  std::erase_if(holds_, [&](const auto& held) {
    return std::ranges::all_of(held.second, [&](const Hold& hold) { return hold.until <= now; });
  });
  const auto open = [&](int64_t index) {
    return !item(index).decision && AnswerOf(index, labeller) == nullptr &&
           OthersAnswers(index, labeller) + OthersHolds(index, labeller, now) < spec_.labellers;
  };
  for (const auto& [index, holds] : holds_) {
    const bool own = std::ranges::any_of(
        holds, [&](const Hold& hold) { return hold.until > now && hold.labeller == labeller; });
    if (own && given.size() < count && open(index)) given.push_back(index);
  }
  for (const int64_t index : order_) {
    if (given.size() >= count) break;
    if (open(index) && std::ranges::find(given, index) == given.end()) given.push_back(index);
  }
  for (const int64_t index : given) PutInHand(index, labeller, now);
  return given;
}

int64_t LabelBoard::Left(std::string_view labeller) const {
  int64_t left = 0;
  for (int64_t i = 0; i < size(); ++i) {
    if (!item(i).decision && AnswerOf(i, labeller) == nullptr && OthersAnswers(i, labeller) < spec_.labellers)
      ++left;
  }
  return left;
}

Status LabelBoard::Reserve(int64_t index, std::string_view labeller, Nanoseconds now) {
  const bool again = AnswerOf(index, labeller) != nullptr;
  if (!again && item(index).decision)
    return Error{ErrorCode::kConflict, fmt::format("item {} is decided", index), "ask for the next ones"};
  if (!again && OthersAnswers(index, labeller) + OthersHolds(index, labeller, now) >= spec_.labellers)
    return Error{ErrorCode::kConflict,
                 fmt::format("item {} has its answers, or others have it in hand", index),
                 "ask for the next ones"};
  PutInHand(index, labeller, now);
  return {};
}

std::optional<int64_t> LabelBoard::LastOf(std::string_view labeller) const {
  const auto answered = by_labeller_.find(labeller);
  if (answered == by_labeller_.end() || answered->second.empty()) return std::nullopt;
  return answered->second.rbegin()->second;
}

std::vector<int64_t> LabelBoard::ForReview(int64_t after, size_t limit) const {
  std::vector<int64_t> found;
  for (int64_t i = std::max<int64_t>(0, after); i < size() && found.size() < limit; ++i) {
    const ItemOutcome& outcome = this->outcome(i);
    if (outcome.in_review || outcome.decided) found.push_back(i);
  }
  return found;
}

}  // namespace sinter
