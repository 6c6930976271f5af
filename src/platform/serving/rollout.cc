#include "platform/serving/rollout.h"

#include <array>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr std::string_view kTooFew =
    "a larger sample may tell, or a wider margin let it pass (sinter service gates SERVICE --margin SHARE)";

constexpr std::array<std::string_view, 8> kActions = {"wait",      "advance", "switch", "refuse",
                                                      "roll_back", "pause",   "abort",  "finish"};
constexpr std::array<std::string_view, 10> kStates = {
    "loading", "golden", "shadow", "canary", "baking", "paused", "done", "refused", "aborted", "rolled_back"};

using Figures = std::vector<std::pair<std::string, double>>;

double Number(int64_t count) { return static_cast<double>(count); }

}  // namespace

std::string_view RolloutActionName(RolloutAction action) { return kActions[static_cast<size_t>(action)]; }

std::optional<RolloutAction> RolloutActionNamed(std::string_view name) {
  for (size_t i = 0; i < kActions.size(); ++i) {
    if (kActions[i] == name) return static_cast<RolloutAction>(i);
  }
  return std::nullopt;
}

std::string_view RolloutStateName(RolloutState state) { return kStates[static_cast<size_t>(state)]; }

std::optional<RolloutState> RolloutStateNamed(std::string_view name) {
  for (size_t i = 0; i < kStates.size(); ++i) {
    if (kStates[i] == name) return static_cast<RolloutState>(i);
  }
  return std::nullopt;
}

std::string_view PersonsWishName(PersonsWish wish) {
  constexpr std::array<std::string_view, 5> kNames = {"none", "promote", "abort", "pause", "resume"};
  return kNames[static_cast<size_t>(wish)];
}

RolloutDecision DecideLoaded(const LoadSnapshot& s) {
  RolloutDecision decision;
  if (s.warm) {
    decision.figures = {{"warm_runs", static_cast<double>(s.warm->runs)},
                        {"first_run_ms", s.warm->first_ms},
                        {"run_ms", s.warm->median_ms},
                        {"batch_rows", static_cast<double>(s.warm->batch_rows)},
                        {"batch_run_ms", s.warm->median_batch_ms},
                        {"not_finite", static_cast<double>(s.warm->not_finite)},
                        {"batch_difference", s.warm->batch_difference}};
  }
  if (s.current) decision.figures.emplace_back("current_run_ms", s.current->median_ms);
  if (s.warm && s.current && s.current->median_ms > 0)
    decision.figures.emplace_back("run_ms_ratio", s.warm->median_ms / s.current->median_ms);

  if (s.load_error) {
    decision.action = RolloutAction::kRefuse;
    decision.reason = s.load_error->ToString();
  } else if (!s.warm) {
    decision.reason = "it is being loaded";
  } else if (s.incompatible) {
    decision.action = RolloutAction::kRefuse;
    decision.reason = s.incompatible->ToString();
  } else if (s.warm->not_finite > 0) {
    decision.action = RolloutAction::kRefuse;
    decision.reason =
        fmt::format("{} numbers of its answers to plain inputs are NaN or infinite", s.warm->not_finite);
  } else {
    decision.action = RolloutAction::kAdvance;
    decision.reason = fmt::format("warm after {} runs, {:.3f} ms a run", s.warm->runs, s.warm->median_ms);
    if (s.wanted_batch_rows > 1 && !s.warm->rows_apart)
      decision.reason += "; its rows cannot share a run, so requests run one by one";
  }
  return decision;
}

namespace {

// The judges of one snapshot. Each gives the decision, with its figures; `Passed` then says where a pass
// leads.
class Judges {
 public:
  explicit Judges(const RolloutSnapshot& s) : s_(s) {}

  RolloutDecision Decide() const {
    if (IsFinal(s_.state)) return Stay("it is over");
    if (auto wished = Wish()) return *std::move(wished);
    switch (s_.state == RolloutState::kPaused ? s_.paused_from : s_.state) {
      case RolloutState::kLoading:
        return Loaded();
      case RolloutState::kGolden:
        return Golden();
      case RolloutState::kShadow:
        return Shadow();
      case RolloutState::kCanary:
        return Canary();
      default:
        return Baking();
    }
  }

 private:
  bool Paused() const { return s_.state == RolloutState::kPaused; }
  RolloutState Stage() const { return Paused() ? s_.paused_from : s_.state; }

  RolloutDecision Stay(std::string reason, Figures figures = {}) const {
    return {RolloutAction::kWait, std::move(reason), std::move(figures), s_.state, s_.step};
  }
  static RolloutDecision End(RolloutAction action, RolloutState state, std::string reason, Figures figures) {
    return {action, std::move(reason), std::move(figures), state, 0};
  }

  std::optional<RolloutDecision> Wish() const {
    const std::string& why = s_.wish_reason;
    switch (s_.wish) {
      case PersonsWish::kNone:
        return std::nullopt;
      case PersonsWish::kAbort:
        if (Stage() == RolloutState::kBaking) {
          return s_.live ? End(RolloutAction::kRollBack, RolloutState::kRolledBack, why, {})
                         : Stay("there is no revision to go back to");
        }
        return End(RolloutAction::kAbort, RolloutState::kAborted, why, {});
      case PersonsWish::kPause:
        if (Paused()) return Stay("it is paused already");
        return RolloutDecision{RolloutAction::kPause, why, {}, RolloutState::kPaused, s_.step};
      case PersonsWish::kResume:
        if (!Paused()) return Stay("it is not paused");
        return RolloutDecision{RolloutAction::kAdvance, why, {}, s_.paused_from, s_.step};
      case PersonsWish::kPromote:
        if (Stage() == RolloutState::kBaking)
          return End(RolloutAction::kFinish, RolloutState::kDone, why, {});
        if (!s_.candidate) return Stay("it is not loaded yet: nothing can be promoted");
        return Switch(why, {});
    }
    return std::nullopt;
  }

  // The new revision answers from here on.
  RolloutDecision Switch(std::string reason, Figures figures) const {
    const bool watched = s_.live && s_.gates.plan.BakeSeconds() > 0;
    return {RolloutAction::kSwitch, std::move(reason), std::move(figures),
            watched ? RolloutState::kBaking : RolloutState::kDone, 0};
  }

  // It passed what `stage` asks for: on to what comes after.
  RolloutDecision Passed(RolloutState stage, std::string reason, Figures figures) const {
    const auto advance = [&](RolloutState next, int64_t step) -> RolloutDecision {
      return {RolloutAction::kAdvance, std::move(reason), std::move(figures), next, step};
    };
    // Without a revision that answers there is nothing to compare with, and nobody to protect.
    if (!s_.live) return Switch(std::move(reason), std::move(figures));
    if (stage < RolloutState::kGolden && s_.gates.golden) return advance(RolloutState::kGolden, 0);
    if (stage < RolloutState::kShadow && s_.gates.shadow.percent > 0)
      return advance(RolloutState::kShadow, 0);
    if (s_.gates.plan.strategy == RolloutStrategy::kBlueGreen)
      return Switch(std::move(reason), std::move(figures));
    const std::vector<double>& shares = s_.gates.plan.shares;
    const int64_t step = stage == RolloutState::kCanary ? s_.step + 1 : 0;
    if (step >= static_cast<int64_t>(shares.size()) || shares[static_cast<size_t>(step)] >= 100)
      return Switch(std::move(reason), std::move(figures));
    return advance(RolloutState::kCanary, step);
  }

  RolloutDecision Loaded() const {
    RolloutDecision decision = DecideLoaded(s_.load);
    if (Paused()) return Stay("it is paused", std::move(decision.figures));
    if (decision.action == RolloutAction::kRefuse)
      return End(RolloutAction::kRefuse, RolloutState::kRefused, std::move(decision.reason),
                 std::move(decision.figures));
    if (decision.action == RolloutAction::kWait)
      return Stay(std::move(decision.reason), std::move(decision.figures));
    return Passed(RolloutState::kLoading, std::move(decision.reason), std::move(decision.figures));
  }

  RolloutDecision Golden() const {
    if (!s_.golden) return Stay("the golden set is being asked");
    const GoldenResult& golden = *s_.golden;
    if (golden.unusable) {
      // No fault of the candidate's: a person decides.
      const std::string reason = "the golden set cannot be used: " + golden.unusable->ToString();
      if (Paused()) return Stay(reason);
      return {RolloutAction::kPause, reason, {}, RolloutState::kPaused, 0};
    }
    if (Paused()) return Stay("it is paused");
    const GoldenGate gate = s_.gates.golden.value_or(GoldenGate{});
    return golden.errors ? ByErrors(golden, gate) : ByClasses(golden, gate);
  }

  // Answers that no candidate may give, to a set of any kind.
  static std::optional<std::string> BadAnswers(const GoldenResult& golden, int64_t asked) {
    if (golden.candidate_not_finite > 0)
      return fmt::format("{} of its {} answers to the golden set hold NaN or infinity",
                         golden.candidate_not_finite, asked);
    if (golden.candidate_bad > 0)
      return fmt::format("{} of its {} answers to the golden set are of a wrong shape or no class",
                         golden.candidate_bad, asked);
    return std::nullopt;
  }

  RolloutDecision ByErrors(const GoldenResult& golden, const GoldenGate& gate) const {
    const PairedErrors& n = *golden.errors;
    const Estimate difference = PairedErrorDifference(n, gate.confidence);
    const double limit = gate.margin * n.first_mean;
    Figures figures = {{"samples", Number(n.samples)},
                       {"live_error", n.first_mean},
                       {"candidate_error", n.second_mean},
                       {"difference", difference.value},
                       {"difference_low", difference.low},
                       {"difference_high", difference.high},
                       {"confidence", gate.confidence},
                       {"margin", gate.margin},
                       {"limit", limit},
                       {"live_not_finite", Number(golden.live_not_finite)},
                       {"not_finite", Number(golden.candidate_not_finite)},
                       {"bad_answers", Number(golden.candidate_bad)}};
    const auto refuse = [&](std::string reason) {
      return End(RolloutAction::kRefuse, RolloutState::kRefused, std::move(reason), std::move(figures));
    };
    const int64_t asked =
        n.samples + golden.candidate_not_finite + golden.candidate_bad + golden.live_not_finite;
    if (auto bad = BadAnswers(golden, asked)) return refuse(*std::move(bad));
    const std::string interval = fmt::format(
        "mean {} error {:.4g}, live {:.4g}; difference {:+.4g}, {:g}% interval {:+.4g} to {:+.4g}, on {} "
        "examples of {}",
        ErrorKindName(gate.error), n.second_mean, n.first_mean, difference.value, 100 * gate.confidence,
        difference.low, difference.high, n.samples, golden.dataset);
    const std::string by = fmt::format("worse on the golden set by more than {:g}%", 100 * gate.margin);
    if (difference.low > limit) return refuse(fmt::format("{}: {}", by, interval));
    if (difference.high > limit) return refuse(fmt::format("it could be {}: {}; {}", by, interval, kTooFew));
    return Passed(RolloutState::kGolden, fmt::format("not {}: {}", by, interval), std::move(figures));
  }

  RolloutDecision ByClasses(const GoldenResult& golden, const GoldenGate& gate) const {
    const PairedOutcomes& n = golden.outcomes;
    const Estimate difference = PairedAccuracyDifference(n, gate.confidence);
    const double samples = Number(std::max<int64_t>(1, n.samples()));
    Figures figures = {{"samples", Number(n.samples())},
                       {"live_accuracy", Number(n.both + n.first_only) / samples},
                       {"candidate_accuracy", Number(n.both + n.second_only) / samples},
                       {"difference", difference.value},
                       {"difference_low", difference.low},
                       {"difference_high", difference.high},
                       {"confidence", gate.confidence},
                       {"margin", gate.margin},
                       {"only_live_right", Number(n.first_only)},
                       {"only_candidate_right", Number(n.second_only)},
                       {"mcnemar_p", ExactMcNemar(n).two_sided},
                       {"not_finite", Number(golden.candidate_not_finite)},
                       {"bad_answers", Number(golden.candidate_bad)}};
    const auto refuse = [&](std::string reason) {
      return End(RolloutAction::kRefuse, RolloutState::kRefused, std::move(reason), std::move(figures));
    };
    if (auto bad = BadAnswers(golden, n.samples())) return refuse(*std::move(bad));
    const std::string interval = fmt::format(
        "accuracy {:.4f}, live {:.4f}; difference {:+.4f}, {:g}% interval {:+.4f} to {:+.4f}, on {} "
        "examples of {}",
        figures[2].second, figures[1].second, difference.value, 100 * gate.confidence, difference.low,
        difference.high, n.samples(), golden.dataset);
    if (difference.high < -gate.margin)
      return refuse(fmt::format("worse on the golden set by more than {:g}: {}", gate.margin, interval));
    if (difference.low < -gate.margin)
      return refuse(fmt::format("it could be worse on the golden set by more than {:g}: {}; {}", gate.margin,
                                interval, kTooFew));
    return Passed(RolloutState::kGolden,
                  fmt::format("not worse on the golden set by more than {:g}: {}", gate.margin, interval),
                  std::move(figures));
  }

  // What no candidate may do, at whatever share; and whether the budget holds. Empty: nothing is wrong.
  std::string Wrong(const TrafficWindow& traffic, Figures& figures) const {
    const ShadowCounts& c = s_.shadow;
    const ServiceBudget& budget = s_.gates.budget;
    figures = {{"requests", Number(traffic.requests)},
               {"failed", Number(traffic.failed)},
               {"p99_ms", traffic.p99_ms},
               {"window_s", traffic.seconds},
               {"live_requests", Number(s_.live_traffic.requests)},
               {"live_p99_ms", s_.live_traffic.p99_ms},
               {"budget_p99_ms", budget.p99_ms},
               {"budget_errors", budget.errors},
               {"minimum", Number(budget.minimum)}};
    if (s_.gates.shadow.percent > 0) {
      const Figures more = {{"compared", Number(c.compared)},
                            {"shadow_failed", Number(c.failed)},
                            {"disagreed", Number(c.disagreed)},
                            {"dropped", Number(c.dropped)},
                            {"largest_difference", c.largest_difference},
                            {"labelled", Number(c.labelled.samples())},
                            {"net_loss", Number(c.labelled.first_only - c.labelled.second_only)}};
      figures.insert(figures.end(), more.begin(), more.end());
    }
    if (c.not_finite > 0) return fmt::format("{} of its answers hold NaN or infinity", c.not_finite);
    if (c.bad_shape > 0) return fmt::format("{} of its answers have another shape", c.bad_shape);
    if (c.bad_class > 0)
      return fmt::format("{} of its answers are of a class that there is not", c.bad_class);
    const int64_t net_loss = c.labelled.first_only - c.labelled.second_only;
    if (net_loss > s_.gates.shadow.most_net_loss) {
      const double p = ExactMcNemar(c.labelled).second_worse;
      if (p < 1 - s_.gates.shadow.confidence)
        return fmt::format("of {} labelled disagreements it lost {} and won {} (p {:.4f})",
                           c.labelled.samples(), c.labelled.first_only, c.labelled.second_only, p);
    }
    // More failures than the smallest sample that is judged may have: no request more can mend that.
    const double failures = Number(traffic.failed + (Stage() == RolloutState::kShadow ? c.failed : 0));
    const double asked = Number(std::max(traffic.requests, budget.minimum));
    if (failures > budget.errors * asked)
      return fmt::format("{} of {} requests failed; the budget is {:g}%", failures, traffic.requests,
                         100 * budget.errors);
    if (traffic.requests >= budget.minimum && traffic.p99_ms > budget.p99_ms)
      return fmt::format("p99 of {} requests is {:.3f} ms; the budget is {:g} ms", traffic.requests,
                         traffic.p99_ms, budget.p99_ms);
    return "";
  }

  RolloutDecision Shadow() const {
    Figures figures;
    const ShadowCounts& c = s_.shadow;
    if (std::string wrong = Wrong(s_.candidate_traffic, figures); !wrong.empty())
      return End(RolloutAction::kRefuse, RolloutState::kRefused, "in the shadow, " + wrong,
                 std::move(figures));
    if (Paused()) return Stay("it is paused", std::move(figures));
    const int64_t minimum = s_.gates.shadow.minimum;
    if (c.compared < minimum)
      return Stay(fmt::format("too few: {} of {} answers compared", c.compared, minimum), std::move(figures));
    if (s_.candidate_traffic.requests < std::min(minimum, s_.gates.budget.minimum))
      return Stay(fmt::format("too few: {} answers in the window", s_.candidate_traffic.requests),
                  std::move(figures));
    return Passed(RolloutState::kShadow,
                  fmt::format("{} answers compared, {} of another class or value", c.compared, c.disagreed),
                  std::move(figures));
  }

  double Share() const {
    const std::vector<double>& shares = s_.gates.plan.shares;
    return s_.step >= 0 && s_.step < static_cast<int64_t>(shares.size())
               ? shares[static_cast<size_t>(s_.step)]
               : 0;
  }

  RolloutDecision Canary() const {
    Figures figures;
    std::string wrong = Wrong(s_.candidate_traffic, figures);
    const double bake = s_.gates.plan.BakeSeconds();
    figures.insert(figures.begin(), {{"share", Share()}, {"seconds", s_.seconds}, {"bake_s", bake}});
    if (!wrong.empty())
      return End(RolloutAction::kRollBack, RolloutState::kRolledBack,
                 fmt::format("at {:g}%, {}", Share(), wrong), std::move(figures));
    if (Paused()) return Stay("it is paused", std::move(figures));
    if (s_.seconds < bake)
      return Stay(fmt::format("{:g}% is watched for {:g} s", Share(), bake), std::move(figures));
    if (s_.candidate_traffic.requests < s_.gates.budget.minimum)
      return Stay(fmt::format("too few: {} of {} requests at {:g}%", s_.candidate_traffic.requests,
                              s_.gates.budget.minimum, Share()),
                  std::move(figures));
    return Passed(RolloutState::kCanary,
                  fmt::format("{} requests at {:g}% within the budget, p99 {:.3f} ms",
                              s_.candidate_traffic.requests, Share(), s_.candidate_traffic.p99_ms),
                  std::move(figures));
  }

  RolloutDecision Baking() const {
    Figures figures;
    const std::string wrong = Wrong(s_.candidate_traffic, figures);
    const double bake = s_.gates.plan.BakeSeconds();
    figures.insert(figures.begin(), {{"share", 100}, {"seconds", s_.seconds}, {"bake_s", bake}});
    if (!wrong.empty()) {
      if (!s_.live) return Stay("there is no revision to go back to: " + wrong, std::move(figures));
      return End(RolloutAction::kRollBack, RolloutState::kRolledBack, "after the switch, " + wrong,
                 std::move(figures));
    }
    if (Paused()) return Stay("it is paused", std::move(figures));
    if (s_.seconds < bake)
      return Stay(fmt::format("it answers, and is watched for {:g} s", bake), std::move(figures));
    if (s_.candidate_traffic.requests < s_.gates.budget.minimum)
      return Stay(fmt::format("too few: {} of {} requests since the switch", s_.candidate_traffic.requests,
                              s_.gates.budget.minimum),
                  std::move(figures));
    return End(RolloutAction::kFinish, RolloutState::kDone,
               fmt::format("{} requests within the budget, p99 {:.3f} ms", s_.candidate_traffic.requests,
                           s_.candidate_traffic.p99_ms),
               std::move(figures));
  }

  const RolloutSnapshot& s_;
};

}  // namespace

RolloutDecision DecideRollout(const RolloutSnapshot& snapshot) { return Judges(snapshot).Decide(); }

}  // namespace sinter
