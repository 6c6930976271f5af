#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  const Dim found = c.BornSymbol(0, 1, "nonzero", {0, c.InputType(0).ElementCount()});
  c.SetOutput(0, DType::kI64, {static_cast<int64_t>(c.InputShape(0).size()), found});
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  std::vector<int64_t> found;
  for (int64_t i = 0; i < in.elements(); ++i) {
    if (in.AsDouble(i) != 0) found.push_back(i);
  }
  const int64_t count = static_cast<int64_t>(found.size());
  TRY(Tensor out, c.Output(0, DType::kI64, {static_cast<int64_t>(in.rank()), count}));
  const Dims strides = RowMajorStrides(in.dims());
  auto y = out.mutable_data<int64_t>();
  for (size_t d = 0; d < in.rank(); ++d) {
    for (size_t i = 0; i < found.size(); ++i) y[d * found.size() + i] = found[i] / strides[d] % in.dims()[d];
  }
  return {};
}

constexpr Formal kInputs[] = {{"X", '-', kAllPlain}};
constexpr Formal kOutputs[] = {{"Y", '-', kIndexes}};
constexpr std::string_view kSamples[] = {"X: T[N,M]", "X: bool[N]"};

}  // namespace

const Operator& NonZeroOperator() {
  static const Operator page{
      .name = "NonZero",
      .summary = "The indexes of the elements that are not zero, one column each, in order.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"the output is integer"}),
      .index = IndexExpression(Opaque{"its length depends on values"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
