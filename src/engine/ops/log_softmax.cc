#include <algorithm>
#include <cmath>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  TRY_STATUS(c.Axis("axis", c.InputShape(0).size()));
  c.SetOutput(0, c.InputType(0));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(const int64_t axis, c.Axis("axis", in.rank()));
  const size_t at = static_cast<size_t>(axis);
  const int64_t outer = Product(in.dims(), 0, at), length = in.dims()[at],
                inner = Product(in.dims(), at + 1, in.rank());
  TRY(Tensor out, c.Output(0, in.dtype(), in.dims()));
  DispatchIn<kFloats>(in.dtype(), [&]<class T>() {
    for (int64_t line = 0; line < outer * inner; ++line) {
      auto place = [&](int64_t k) {
        return static_cast<size_t>((line / inner * length + k) * inner + line % inner);
      };
      double most = -INFINITY, sum = 0;
      for (int64_t k = 0; k < length; ++k) most = std::max(most, Widen(in.data<T>()[place(k)]));
      for (int64_t k = 0; k < length; ++k) sum += std::exp(Widen(in.data<T>()[place(k)]) - most);
      for (int64_t k = 0; k < length; ++k) {
        const double shifted = Widen(in.data<T>()[place(k)]) - most;
        out.mutable_data<T>()[place(k)] = Narrow<T>(shifted - std::log(sum));
      }
    }
  });
  return {};
}

Status Differentiate(GradientContext& c) {
  GraphBuilder& b = c.b;
  const ValueId g = c.OutputGradient(0), axes = b.Ints({c.Int("axis")});
  // dX = dY - softmax(X) sum(dY)
  const ValueId sum = b.Op("ReduceSum", {g, axes});
  c.SetInputGradient(0, b.Op("Sub", {g, b.Op("Mul", {b.Op("Exp", {c.Output(0)}), sum})}));
  return {};
}

constexpr Formal kInputs[] = {{"input", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"output", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {{"axis", AttributeKind::kInt, false, "-1", "which"}};
constexpr std::string_view kSamples[] = {"input: T[N,M]", "input: T[N,M,K] | axis=1"};

}  // namespace

const Operator& LogSoftmaxOperator() {
  static const Operator page{
      .name = "LogSoftmax",
      .summary = "The logarithm of softmax along an axis.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(RowWise{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
