#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

// all / known, where dimensions that stand on both sides have been taken out first.
Dim Quotient(const Shape& in, const Shape& out, size_t wildcard, const Dim& all, const Dim& known) {
  Shape left(in.begin(), in.end());
  Dim rest = 1;
  for (size_t i = 0; i < out.size(); ++i) {
    if (i == wildcard) continue;
    const auto same = std::ranges::find(left, out[i]);
    if (same != left.end())
      left.erase(same);
    else
      rest = rest * out[i];
  }
  Dim product = 1;
  for (const Dim& dim : left) product = product * dim;
  if (rest == Dim(1)) return product;
  return rest.IsConstant() ? FloorDiv(product, rest) : FloorDiv(all, known);
}

Status Infer(InferContext& c) {
  if (!c.Input(1).contents)
    return c.Invalid("the shape must be known when the model is compiled, or follow from shapes");
  const Shape& in = c.InputShape(0);
  Shape out(*c.Input(1).contents);
  std::optional<size_t> wildcard;
  Dim known = 1;
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i] == Dim(0) && c.Int("allowzero") == 0) {
      if (i >= in.size())
        return c.Invalid(fmt::format("dimension {} is copied from an input of rank {}", i, in.size()));
      out[i] = in[i];
    }
    if (out[i] == Dim(-1)) {
      if (wildcard) return c.Invalid("two dimensions are -1");
      wildcard = i;
    } else {
      known = known * out[i];
    }
  }
  const Dim all = c.InputType(0).ElementCount();
  if (wildcard) {
    if (known == Dim(0)) return c.Invalid("-1 beside a zero dimension");
    // Common factors cancel by hand: floordiv knows numbers alone.
    out[*wildcard] = Quotient(in, out, *wildcard, all, known);
  } else if (all.IsConstant() && known.IsConstant() && !(all == known)) {
    return c.Invalid(fmt::format("{} cannot be seen as {}", ShapeToString(in), ShapeToString(out)));
  }
  c.SetOutput(0, c.InputDType(0), std::move(out));
  if (c.Input(0).contents && c.outputs()[0].type.Rank() <= 1) c.SetContents(0, *c.Input(0).contents);
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Dims& in = c.Input(0).dims();
  Dims out = c.Input(1).ToInts();
  int64_t known = 1;
  std::optional<size_t> wildcard;
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i] == 0 && c.Int("allowzero") == 0) {
      if (i >= in.size()) return c.Invalid("a dimension is copied that the input does not have");
      out[i] = in[i];
    }
    if (out[i] == -1 && !wildcard)
      wildcard = i;
    else
      known *= out[i];
  }
  if (wildcard) {
    if (known <= 0 || c.Input(0).elements() % known != 0)
      return c.Invalid(fmt::format("{} elements do not fill {}", c.Input(0).elements(), DimsToString(out)));
    out[*wildcard] = c.Input(0).elements() / known;
  }
  return CopyAs(c, std::move(out));
}

Status Differentiate(GradientContext& c) {
  if (c.Needs(0)) c.SetInputGradient(0, ReshapeLike(c.b, c.OutputGradient(0), c.Input(0)));
  return {};
}

constexpr Formal kInputs[] = {{"data", 'T', kAnyDType}, {"shape", '-', kIndexes}};
constexpr Formal kOutputs[] = {{"reshaped", 'T', kAnyDType}};
constexpr FormalAttribute kAttributes[] = {{"allowzero", AttributeKind::kInt, false, "0", "1: 0 means zero"}};
constexpr std::string_view kSamples[] = {"data: T[N,M,K], shape: i64[1] = {-1}",
                                         "data: T[N,M,4], shape: i64[4] = {0, -1, 2, 2}",
                                         "data: T[N,6], shape: i64[3] = {-1, 2, 3}"};

}  // namespace

const Operator& ReshapeOperator() {
  static const Operator page{
      .name = "Reshape",
      .summary = "The same elements under another shape; 0 copies a dimension, one -1 takes what is left.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Movement{}),
      .structure = Primitive{},
      .view = true,
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
