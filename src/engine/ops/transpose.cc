#include <cstring>

#include <fmt/format.h>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Result<std::vector<size_t>> Order(const NodeView& node, size_t rank) {
  std::vector<int64_t> perm = node.Ints("perm");
  if (!node.Has("perm")) {
    for (size_t i = rank; i-- > 0;) perm.push_back(static_cast<int64_t>(i));
  }
  auto sorted = NormaliseAxes(perm, rank);
  if (!sorted || sorted->size() != rank)
    return InvalidArgument(
        fmt::format("{}: perm must name each of {} dimensions once", node.Describe(), rank));
  std::vector<size_t> order;
  order.reserve(perm.size());
  for (int64_t axis : perm)
    order.push_back(static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis));
  return order;
}

Status Infer(InferContext& c) {
  TRY(const std::vector<size_t> order, Order(c, c.InputShape(0).size()));
  Shape out;
  for (size_t axis : order) out.push_back(c.InputShape(0)[axis]);
  c.SetOutput(0, c.InputDType(0), std::move(out));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(const std::vector<size_t> order, Order(c, in.rank()));
  const Dims strides = RowMajorStrides(in.dims());
  Dims dims, steps;
  for (size_t axis : order) {
    dims.push_back(in.dims()[axis]);
    steps.push_back(strides[axis]);
  }
  TRY(Tensor out, c.Output(0, in.dtype(), dims));
  const size_t size = DTypeSize(in.dtype());
  Dims index(dims.size(), 0);
  int64_t from = 0;
  for (int64_t i = 0; i < out.elements(); ++i) {
    std::memcpy(out.mutable_raw() + static_cast<size_t>(i) * size,
                in.raw() + static_cast<size_t>(from) * size, size);
    for (size_t axis = dims.size(); axis-- > 0;) {
      from += steps[axis];
      if (++index[axis] < dims[axis]) break;
      from -= steps[axis] * dims[axis];
      index[axis] = 0;
    }
  }
  return {};
}

Status Differentiate(GradientContext& c) {
  TRY(const std::vector<size_t> order, Order(c, c.InputType(0).Rank()));
  std::vector<int64_t> inverse(order.size());
  for (size_t i = 0; i < order.size(); ++i) inverse[order[i]] = static_cast<int64_t>(i);
  c.SetInputGradient(0, c.b.Op("Transpose", {c.OutputGradient(0)}, {{"perm", inverse}}));
  return {};
}

constexpr Formal kInputs[] = {{"data", 'T', kAllPlain}};
constexpr Formal kOutputs[] = {{"transposed", 'T', kAllPlain}};
constexpr FormalAttribute kAttributes[] = {
    {"perm", AttributeKind::kInts, false, {}, "output dimension i is input dimension perm[i]"}};
constexpr std::string_view kSamples[] = {"data: T[N,M,K]", "data: T[N,M]", "data: T[N,M,K] | perm=[1,0,2]",
                                         "data: T[N,M,K,2] | perm=[0,3,1,2]"};

}  // namespace

const Operator& TransposeOperator() {
  static const Operator page{
      .name = "Transpose",
      .summary = "The dimensions in another order (reversed, where no order is given).",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Movement{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
