#include "base/random.h"
#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  if (!c.Input(0).contents)
    return c.Invalid("the shape must be known when the model is compiled, or follow from shapes");
  if (!c.InputShape(1).empty() || !c.InputShape(2).empty()) return c.Invalid("seed and offset are scalars");
  c.SetOutput(0, c.DTypeAttribute("dtype"), Shape(*c.Input(0).contents));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  TRY(Tensor out, c.Output(0, c.DTypeAttribute("dtype"), c.Input(0).ToInts()));
  const uint64_t seed = static_cast<uint64_t>(c.Input(1).AsInt(0)),
                 stream = static_cast<uint64_t>(c.Int("stream"));
  const uint64_t offset = static_cast<uint64_t>(c.Input(2).AsInt(0));
  const double low = c.Float("low"), high = c.Float("high");
  DispatchIn<kFloats>(out.dtype(), [&]<class T>() {
    auto y = out.mutable_data<T>();
    for (size_t i = 0; i < y.size(); ++i)
      y[i] = Narrow<T>(low + (high - low) * RandomUniform(seed, stream, offset + i));
  });
  return {};
}

constexpr Formal kInputs[] = {{"shape", '-', kIndexes}, {"seed", '-', kIndexes}, {"offset", '-', kIndexes}};
constexpr Formal kOutputs[] = {{"output", '-', kFloats}};
constexpr FormalAttribute kAttributes[] = {
    {"dtype", AttributeKind::kDType, false, "f32", "of the output"},
    {"high", AttributeKind::kFloat, false, "1.0", "upper end"},
    {"low", AttributeKind::kFloat, false, "0.0", "lower end"},
    {"stream", AttributeKind::kInt, false, "0", "one for each use in a model"}};
constexpr std::string_view kSamples[] = {
    "shape: i64[2] = {3, 4}, seed: i64[] in 0..99, offset: i64[] in 0..9",
    "shape: i64[3] = {3, 1, 1111}, seed: i64[] in 0..99, offset: i64[] in 0..9 | stream=5",
    "shape: i64[2] = {3, 67}, seed: i64[] in 0..99, offset: i64[] in 0..9 | dtype=f64"};

}  // namespace

const Operator& RandomUniformOperator() {
  static const Operator page{
      .name = "sinter.RandomUniform",
      .summary =
          "Uniform random numbers of a given shape: the n-th depends on the seed, the stream and offset + n "
          "alone.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"the inputs are integer"}),
      .index = IndexExpression(Opaque{"creates values"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
