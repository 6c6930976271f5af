#include <algorithm>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static bool Apply(T a, T b, const NodeView&) {
    return a == b;
  }
};

// Whether two dimensions are equal, where that is certain: a size born of symbols that are at least 0 is not
// a negative number.
std::optional<bool> SameDim(InferContext& c, const Dim& a, const Dim& b) {
  if (a == b) return true;
  if (a.IsConstant() && b.IsConstant()) return false;
  const Dim& number = a.IsConstant() ? a : b;
  const std::optional<std::string> symbol = (a.IsConstant() ? b : a).SymbolName();
  if (!number.IsConstant() || !symbol) return std::nullopt;
  const auto bound = c.module().symbols.find(*symbol);
  if (bound == c.module().symbols.end() || *number.Constant() >= bound->second.lo) return std::nullopt;
  return false;
}

Status Infer(InferContext& c) {
  TRY_STATUS(InferBroadcastBool(c));
  if (!IsInteger(c.InputDType(0)) || !c.Input(0).contents || !c.Input(1).contents) return {};
  const std::vector<Dim>& a = *c.Input(0).contents;
  const std::vector<Dim>& b = *c.Input(1).contents;
  if (a.size() != b.size() && a.size() != 1 && b.size() != 1) return {};
  std::vector<Dim> same;
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const auto known = SameDim(c, a[a.size() == 1 ? 0 : i], b[b.size() == 1 ? 0 : i]);
    if (!known) return {};
    same.emplace_back(*known ? 1 : 0);
  }
  c.SetContents(0, std::move(same));
  return {};
}

constexpr Formal kInputs[] = {{"A", 'T', kAllPlain}, {"B", 'T', kAllPlain}};
constexpr Formal kOutputs[] = {{"C", '-', kBools}};
constexpr std::string_view kSamples[] = {"A: T[N,M] in -1..1, B: T[N,M] in -1..1", "A: T[N,M], B: T[M]"};

}  // namespace

const Operator& EqualOperator() {
  static const Operator page{
      .name = "Equal",
      .summary = "Whether the elements of two tensors are equal, broadcast.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = (&BinaryReference<Formula, kAllPlain, bool>),
      .gradient = Gradient(NoGradient{"the output is no number"}),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.commutative = true},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
