#include <cmath>
#include <type_traits>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T a, T b, const NodeView& node) {
    if constexpr (std::is_integral_v<T>) {
      if (b == 0) return 0;
      if constexpr (std::is_signed_v<T>) {
        if (b == T(-1)) return 0;
      }
      const T rest = static_cast<T>(a % b);
      return node.Int("fmod") == 0 && rest != 0 && (rest < 0) != (b < 0) ? static_cast<T>(rest + b) : rest;
    } else {
      const T rest = std::fmod(a, b);
      if (node.Int("fmod") != 0 || std::isnan(rest)) return rest;
      if (rest == 0) return std::copysign(T(0), b);
      return (rest < 0) != (b < 0) ? rest + b : rest;
    }
  }
};

Status Infer(InferContext& c) {
  TRY_STATUS(InferBroadcast(c));
  if (c.Int("fmod") != 0 || !c.Input(1).contents) return {};
  for (const Dim& by : *c.Input(1).contents) {
    if (by.IsConstant() && *by.Constant() <= 0) return {};
  }
  PropagateContents(c, [](const Dim& a, const Dim& b) { return sinter::Mod(a, b); });
  return {};
}

constexpr Formal kInputs[] = {{"A", 'T', kNumeric}, {"B", 'T', kNumeric}};
constexpr Formal kOutputs[] = {{"C", 'T', kNumeric}};
constexpr FormalAttribute kAttributes[] = {{"fmod", AttributeKind::kInt, false, "0", "1: C's fmod"}};
constexpr std::string_view kSamples[] = {"A: i64[N] in -20..20, B: i64[N] in 1..7",
                                         "A: T[N] in -5..5, B: T[N] in 1..3 | fmod=1",
                                         "A: T[N] in -5..5, B: T[N] in -3..-1"};

}  // namespace

const Operator& ModOperator() {
  static const Operator page{
      .name = "Mod",
      .summary = "The remainder of A by B: with the sign of B, or of A where fmod is set.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = (&BinaryReference<Formula, kNumeric>),
      .gradient = Gradient(NoGradient{"piecewise in its second input; not offered"}),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
