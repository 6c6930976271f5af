// One labelling under way: its items, who said what of them, who has which in hand.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "platform/labels/outcome.h"

namespace sinter {

struct KeptAnswer {
  std::string labeller;
  LabelAnswer answer;
  int64_t at_ms = 0;
  int64_t revision = 0;  // of its record
};

// A reviewer's word. Its answer's comment is the reason.
struct KeptDecision {
  LabelAnswer answer;
  std::string by;
  int64_t at_ms = 0;
  int64_t revision = 0;
};

struct Prelabel {
  LabelValue value;
  double confidence = 0;  // of its class
  double margin = 0;      // how far it is before the second
};

struct BoardCounts {
  int64_t items = 0, done = 0, answers = 0, in_review = 0, decided = 0, prelabels = 0;
};

// In memory; what it holds follows from the records but for who has which item in hand, which a restart
// forgets: the items are then handed out again. One thread at a time.
class LabelBoard {
 public:
  struct Item {
    LabelItem what;
    std::optional<LabelValue> known;
    std::optional<Prelabel> prelabel;
    std::vector<KeptAnswer> answers;  // by labeller, withdrawn ones among them
    std::optional<KeptDecision> decision;
  };
  static constexpr Nanoseconds kInHand = std::chrono::minutes(10);

  LabelBoard(LabellingPlan plan, std::vector<std::optional<LabelValue>> known);
  const LabellingSpec& spec() const { return spec_; }
  int64_t size() const { return static_cast<int64_t>(items_.size()); }
  const Item& item(int64_t index) const { return items_[static_cast<size_t>(index)]; }
  const ItemOutcome& outcome(int64_t index) const;
  // How far the item's answers agree, by pairs; none of fewer than two that are no "cannot tell".
  std::optional<double> agreement(int64_t index) const;
  const KeptAnswer* AnswerOf(int64_t index, std::string_view labeller) const;  // null: none that stands
  BoardCounts Counts() const;

  // From the records, in any order: an older revision changes nothing.
  void SetAnswer(int64_t index, KeptAnswer answer);
  void SetDecision(int64_t index, KeptDecision decision);
  void SetPrelabels(int64_t first, std::vector<std::optional<Prelabel>> prelabels);

  // The next items for this labeller, who has them in hand for kInHand: first what is in hand already, then
  // in the order of the choice what lacks answers, those that others have in hand counted as answered.
  std::vector<int64_t> HandOut(std::string_view labeller, size_t count, Nanoseconds now);
  // How many items this labeller may still be asked about, whoever has them in hand.
  int64_t Left(std::string_view labeller) const;
  // Whether this labeller may answer (again): kConflict where others have given the answers that are wanted.
  // It is in the labeller's hand then, so that nobody takes the place while the answer is being written.
  Status Reserve(int64_t index, std::string_view labeller, Nanoseconds now);
  void PutInHand(int64_t index, std::string_view labeller, Nanoseconds now);
  // The item that this labeller answered last, of answers that stand.
  std::optional<int64_t> LastOf(std::string_view labeller) const;
  // Items that wait for a decision or have had one, after an item, in order.
  std::vector<int64_t> ForReview(int64_t after, size_t limit) const;

 private:
  struct Hold {
    std::string labeller;
    Nanoseconds until{0};
  };
  struct Judged {
    bool fresh = false;
    ItemOutcome outcome;
    std::optional<double> agreement;
  };
  const Judged& Judge(int64_t index) const;
  int64_t OthersAnswers(int64_t index, std::string_view labeller) const;
  int64_t OthersHolds(int64_t index, std::string_view labeller, Nanoseconds now) const;
  void Reorder();

  LabellingSpec spec_;
  std::vector<Item> items_;
  mutable std::vector<Judged> judged_;
  std::vector<int64_t> order_;
  std::map<int64_t, std::vector<Hold>> holds_;
  std::map<std::string, std::map<int64_t, int64_t>, std::less<>> by_labeller_;  // revision -> item
};

}  // namespace sinter
