#include <cmath>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

// Dispatch reaches every fixed-size dtype; the page allows floating-point ones alone.
struct Formula {
  static bool Apply(auto x, const NodeView&) { return std::isnan(static_cast<double>(x)); }
};

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", '-', kBools}};
constexpr std::string_view kSamples[] = {"X: T[N,M]"};

}  // namespace

const Operator& IsNaNOperator() {
  static const Operator page{
      .name = "IsNaN",
      .summary = "Whether each element is no number.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &InferBoolLikeInput,
      .reference = (&UnaryReference<Formula, kFloats, bool>),
      .gradient = Gradient(NoGradient{"the output is no number"}),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
