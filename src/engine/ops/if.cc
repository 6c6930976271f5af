#include <fmt/format.h>

#include "engine/graph/operator.h"

namespace sinter {
namespace {

// The type that both branches' results have; dimensions that differ are born here.
Result<Type> Join(InferContext& c, size_t output, const Type& a, const Type& b) {
  if (a == b) return a;
  if (!a.IsTensor() || !b.IsTensor() || a.dtype != b.dtype || a.Rank() != b.Rank() ||
      !(a.encoding == b.encoding)) {
    return c.Invalid(
        fmt::format("result {} is {} in one branch and {} in the other", output, a.ToString(), b.ToString()),
        "cast or reshape in the branches, so that dtype and rank agree");
  }
  Type joined = a;
  for (size_t axis = 0; axis < a.Rank(); ++axis) {
    if (a.shape[axis] == b.shape[axis]) continue;
    joined.shape[axis] = c.BornSymbol(output, axis, "branch", {0, Max(a.shape[axis], b.shape[axis])});
  }
  return joined;
}

Status Infer(InferContext& c) {
  const Type& condition = c.InputType(0);
  if (!condition.ElementCount().IsConstant() || *condition.ElementCount().Constant() != 1)
    return c.Invalid(fmt::format("the condition must be one element, not {}", condition.ToString()));
  if (c.region_results.size() != 2) return c.Invalid("needs then_branch and else_branch");
  for (const auto& [name, region] : c.node().regions) {
    if (!region.params.empty()) return c.Invalid(fmt::format("{} takes no parameters", name));
    if (region.results.size() != c.OutputCount()) {
      return c.Invalid(
          fmt::format("{} yields {} values for {} outputs", name, region.results.size(), c.OutputCount()));
    }
  }
  for (size_t i = 0; i < c.OutputCount(); ++i) {
    TRY(Type type, Join(c, i, c.region_results[0][i].type, c.region_results[1][i].type));
    c.SetOutput(i, std::move(type));
  }
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& condition = c.Input(0);
  if (condition.elements() != 1) return c.Invalid("the condition must be one element");
  TRY(std::vector<Value> results, c.RunRegion(condition.data<bool>()[0] ? 0 : 1, {}));
  for (size_t i = 0; i < results.size() && i < c.OutputCount(); ++i) {
    if (c.WantsOutput(i)) c.SetOutput(i, std::move(results[i]));
  }
  return {};
}

constexpr Formal kInputs[] = {{"cond", '-', kBools}};
constexpr Formal kOutputs[] = {{"outputs", '-', kAnyDType, Arity::kAnyNumber}};
constexpr FormalRegion kRegions[] = {{"then_branch"}, {"else_branch"}};

}  // namespace

const Operator& IfOperator() {
  static const Operator page{
      .name = "If",
      .summary = "The results of one of two branches, whichever the condition says; only that one runs.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .regions = kRegions,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"a branch that did not run has no values to differentiate with"}),
      .index = IndexExpression(Opaque{"its branches are programs of their own"}),
      .structure = Primitive{},
      .samples = NoSamples{"tests/ir/control_flow.sinter"},
  };
  return page;
}

}  // namespace sinter
