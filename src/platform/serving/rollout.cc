#include "platform/serving/rollout.h"

#include <fmt/format.h>

namespace sinter {

std::string_view RolloutActionName(RolloutAction action) {
  switch (action) {
    case RolloutAction::kWait:
      return "wait";
    case RolloutAction::kSwitch:
      return "switch";
    case RolloutAction::kRefuse:
      return "refuse";
  }
  return "?";
}

RolloutDecision DecideRollout(const RolloutSnapshot& s) {
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
    decision.action = RolloutAction::kSwitch;
    decision.reason = fmt::format("warm after {} runs, {:.3f} ms a run", s.warm->runs, s.warm->median_ms);
    if (s.wanted_batch_rows > 1 && !s.warm->rows_apart)
      decision.reason += "; its rows cannot share a run, so requests run one by one";
  }
  return decision;
}

}  // namespace sinter
