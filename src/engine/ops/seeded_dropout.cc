#include "base/random.h"
#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  if (c.InputShape(0).empty()) return c.Invalid("a batch dimension is needed");
  if (!(c.Float("ratio") >= 0 && c.Float("ratio") < 1)) return c.Invalid("ratio must be in [0, 1)");
  if (!c.InputShape(1).empty() || !c.InputShape(2).empty())
    return c.Invalid("seed and first_row are scalars");
  c.SetOutput(0, c.InputType(0));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(Tensor out, c.Output(0, in.dtype(), in.dims()));
  const uint64_t seed = static_cast<uint64_t>(c.Input(1).AsInt(0)),
                 stream = static_cast<uint64_t>(c.Int("stream"));
  const uint64_t first = static_cast<uint64_t>(c.Input(2).AsInt(0) * Product(in.dims(), 1, in.rank()));
  const double ratio = c.Float("ratio");
  DispatchIn<kFloats>(in.dtype(), [&]<class T>() {
    for (size_t i = 0; i < in.data<T>().size(); ++i) {
      const bool kept = RandomUniform(seed, stream, first + i) >= ratio;
      out.mutable_data<T>()[i] = kept ? Narrow<T>(Widen(in.data<T>()[i]) / (1 - ratio)) : T{};
    }
  });
  return {};
}

// Linear in the data: the same mask on the gradient.
Status Differentiate(GradientContext& c) {
  if (c.Needs(0))
    c.SetInputGradient(0, c.b.Op("sinter.SeededDropout", {c.OutputGradient(0), c.Input(1), c.Input(2)},
                                 c.node().attributes));
  return {};
}

constexpr Formal kInputs[] = {{"data", 'T', kFloats}, {"seed", '-', kIndexes}, {"first_row", '-', kIndexes}};
constexpr Formal kOutputs[] = {{"output", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {
    {"ratio", AttributeKind::kFloat, false, "0.5", "probability of zero"},
    {"stream", AttributeKind::kInt, false, "0", "one for each use in a model"}};
constexpr std::string_view kSamples[] = {
    "data: T[N,M], seed: i64[] in 0..99, first_row: i64[] in 0..9 | ratio=0.3",
    "data: T[N,2,M], seed: i64[] in 0..99, first_row: i64[] in 0..9 | stream=3"};

}  // namespace

const Operator& SeededDropoutOperator() {
  static const Operator page{
      .name = "sinter.SeededDropout",
      .summary =
          "Each element zero with probability ratio, else divided by 1 - ratio. The draw of an element "
          "depends on the seed, the stream and its index in the global batch alone, so that ranks agree with "
          "one rank.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{.positional = true}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
