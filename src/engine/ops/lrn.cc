#include <algorithm>
#include <cmath>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

// Y = X / (bias + alpha/size * sum of X^2 over `size` channels around)^beta.
// Krizhevsky, Sutskever and Hinton, NIPS 2012, section 3.3.
Status Infer(InferContext& c) {
  if (c.InputShape(0).size() < 2) return c.Invalid("rank 2 or more is needed");
  if (c.Int("size") < 1) return c.Invalid("size must be at least 1");
  return InferSameAsInput(c);
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(Tensor out, c.Output(0, in.dtype(), in.dims()));
  const int64_t channels = in.dim(1), area = Product(in.dims(), 2, in.rank());
  const int64_t size = c.Int("size"), before = (size - 1) / 2, after = size - 1 - before;
  const double alpha = c.Float("alpha") / static_cast<double>(size), beta = c.Float("beta");
  const double bias = c.Float("bias");
  DispatchIn<kFloats>(in.dtype(), [&]<class T>() {
    const auto x = in.data<T>();
    auto y = out.mutable_data<T>();
    for (int64_t i = 0; i < in.elements(); ++i) {
      const int64_t channel = i / area % channels;
      double sum = 0;
      for (int64_t k = std::max<int64_t>(0, channel - before); k <= std::min(channels - 1, channel + after);
           ++k) {
        const double v = Widen(x[static_cast<size_t>(i + (k - channel) * area)]);
        sum += v * v;
      }
      const size_t at = static_cast<size_t>(i);
      y[at] = Narrow<T>(Widen(x[at]) / std::pow(bias + alpha * sum, beta));
    }
  });
  return {};
}

// The sum over the window around each channel, divided by size: an average pool over the channels. `turned`:
// over the channels in whose windows this one is.
ValueId AroundChannels(GraphBuilder& b, ValueId x, int64_t size, bool turned) {
  int64_t before = (size - 1) / 2, after = size - 1 - before;
  if (turned) std::swap(before, after);
  const ValueId channels = DimensionOf(b, x, 1);
  const ValueId shape = b.Op("Concat", {b.Ints({0, 1}), channels, b.Ints({-1})}, {{"axis", int64_t{0}}});
  const ValueId plane = b.Op("Reshape", {x, shape});
  const ValueId mean = b.Op("AveragePool", {plane},
                            {{"kernel_shape", std::vector<int64_t>{size, 1}},
                             {"pads", std::vector<int64_t>{before, 0, after, 0}},
                             {"count_include_pad", int64_t{1}}});
  return ReshapeLike(b, mean, x);
}

ValueId Base(GraphBuilder& b, const NodeView& node, ValueId x) {
  auto number = [&](double v) { return b.Scalar(b.TypeOf(x).dtype, v); };
  const ValueId mean = AroundChannels(b, b.Op("Mul", {x, x}), node.Int("size"), false);
  return b.Op("Add", {b.Op("Mul", {mean, number(node.Float("alpha"))}), number(node.Float("bias"))});
}

Status Lower(LoweringContext& c) {
  const ValueId beta = c.b.Scalar(c.InputType(0).dtype, c.Float("beta"));
  c.results[0] = c.b.Op("Div", {c.Input(0), c.b.Op("Pow", {Base(c.b, c, c.Input(0)), beta})});
  return {};
}

// With s the base: dX = dY s^-beta - 2 alpha beta X mean(dY X s^(-beta-1)), the mean over the windows that
// hold the channel.
Status Differentiate(GradientContext& c) {
  GraphBuilder& b = c.b;
  const ValueId x = c.Input(0), g = c.OutputGradient(0), s = Base(b, c, x);
  auto number = [&](double v) { return b.Scalar(c.InputType(0).dtype, v); };
  const ValueId shrunk = b.Op("Mul", {g, b.Op("Pow", {s, number(-c.Float("beta"))})});
  const ValueId share = b.Op("Div", {b.Op("Mul", {shrunk, x}), s});
  const ValueId around = AroundChannels(b, share, c.Int("size"), true);
  const ValueId part =
      b.Op("Mul", {b.Op("Mul", {x, around}), number(2 * c.Float("alpha") * c.Float("beta"))});
  c.SetInputGradient(0, b.Op("Sub", {shrunk, part}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {
    {"size", AttributeKind::kInt, true, {}, "how many channels are summed"},
    {"alpha", AttributeKind::kFloat, false, "0.0001", "weight of the sum"},
    {"beta", AttributeKind::kFloat, false, "0.75", "exponent"},
    {"bias", AttributeKind::kFloat, false, "1.0", "added to the sum"}};
constexpr std::string_view kSamples[] = {"X: T[N,5,M,K] | size=3, alpha=0.5",
                                         "X: T[N,6,M] | size=4, alpha=0.3, beta=0.5, bias=2.0",
                                         "X: T[N,2,M] | size=5, alpha=0.4"};

}  // namespace

const Operator& LRNOperator() {
  static const Operator page{
      .name = "LRN",
      .summary = "Each element divided by a power of the squares of the channels around.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Opaque{"sums over a window of channels"}),
      .structure = (Composition{&Lower, {}}),
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
