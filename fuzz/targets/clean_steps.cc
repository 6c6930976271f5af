// Steps that clean: what is accepted is recorded as JSON, and each step has what its kind needs.
#include "platform/data/clean_steps.h"

#include <nlohmann/json.hpp>

#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  TRY(const std::vector<CleanStep> steps, ParseCleanSteps(TextOf(input)));
  SINTER_CHECK(!steps.empty());
  for (const CleanStep& step : steps) {
    using Kind = CleanStep::Kind;
    SINTER_CHECK(step.line > 0 && CleanStepJson(step).contains("step"));
    if (step.kind == Kind::kFilter) SINTER_CHECK(step.where.has_value());
    if (step.kind == Kind::kFill) SINTER_CHECK(step.with.empty() == step.value.has_value());
    if (step.kind == Kind::kCast) SINTER_CHECK(ParseColumnRequest(step.type).has_value());
    if (step.kind == Kind::kForget) {
      const auto again = ParseCleanSteps(ForgetStepText(step));
      SINTER_CHECK(again && (*again)[0].records == step.records && (*again)[0].columns == step.columns);
    }
    if (step.kind != Kind::kFilter && step.kind != Kind::kDeduplicate) SINTER_CHECK(!step.columns.empty());
  }
  return {};
}

}  // namespace

FuzzTarget CleanStepsTarget() { return {&Run, {ErrorCode::kInvalidArgument}}; }

}  // namespace sinter
