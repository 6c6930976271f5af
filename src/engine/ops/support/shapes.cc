#include "engine/ops/support/shapes.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace sinter {

Result<size_t> NormaliseAxis(int64_t axis, size_t rank) {
  const int64_t r = static_cast<int64_t>(rank);
  if (axis < -r || axis >= r) return InvalidArgument(fmt::format("axis {} is outside [-{}, {})", axis, r, r));
  return static_cast<size_t>(axis < 0 ? axis + r : axis);
}

Result<std::vector<size_t>> NormaliseAxes(std::span<const int64_t> axes, size_t rank) {
  std::vector<size_t> result;
  for (int64_t axis : axes) {
    TRY(const size_t normal, NormaliseAxis(axis, rank));
    if (std::ranges::find(result, normal) != result.end())
      return InvalidArgument(fmt::format("axis {} stands twice", axis));
    result.push_back(normal);
  }
  std::ranges::sort(result);
  return result;
}

namespace {

std::optional<std::vector<int64_t>> Numbers(const ValueFacts& facts) {
  if (facts.constant.defined() && IsInteger(facts.constant.dtype())) return facts.constant.ToInts();
  if (!facts.contents) return std::nullopt;
  std::vector<int64_t> numbers;
  for (const Dim& dim : *facts.contents) {
    if (!dim.IsConstant()) return std::nullopt;
    numbers.push_back(*dim.Constant());
  }
  return numbers;
}

}  // namespace

Result<std::vector<int64_t>> KnownInts(const InferContext& c, size_t input) {
  if (auto numbers = Numbers(c.Input(input))) return *std::move(numbers);
  return c.Invalid(
      fmt::format("input '{}' must be known when the model is compiled", c.page().inputs.value[input].name));
}

Result<std::vector<int64_t>> KnownInts(GradientContext& c, size_t input) {
  if (auto numbers = Numbers(c.b.facts().At(c.Input(input)))) return *std::move(numbers);
  return Unsupported(fmt::format("{}: its gradient needs input {} to be a constant", c.Describe(), input));
}

ValueId DimensionOf(GraphBuilder& b, ValueId value, size_t axis) {
  if (!b.ok()) return kNoValue;
  if (const auto constant = b.TypeOf(value).shape[axis].Constant()) return b.Ints({*constant});
  const int64_t at = static_cast<int64_t>(axis);
  return b.Op("Shape", {value}, {{"start", at}, {"end", at + 1}});
}

ValueId ZerosLike(GraphBuilder& b, ValueId like) {
  if (!b.ok()) return kNoValue;
  auto zero = Tensor::Create(b.TypeOf(like).dtype, {1}, true);
  if (!zero) return b.Fail(std::move(zero).error()), kNoValue;
  return b.Op("ConstantOfShape", {b.ShapeOf(like)}, {{"value", *std::move(zero)}}, "zeros");
}

ValueId ReshapeLike(GraphBuilder& b, ValueId value, ValueId like) {
  if (!b.ok() || b.TypeOf(value).shape == b.TypeOf(like).shape) return value;
  return b.Op("Reshape", {value, b.ShapeOf(like)});
}

int64_t Product(const Dims& dims, size_t begin, size_t end) {
  int64_t product = 1;
  for (size_t i = begin; i < end; ++i) product *= dims[i];
  return product;
}

Dims RowMajorStrides(const Dims& dims) {
  Dims strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  return strides;
}

Status CopyAs(ReferenceContext& c, Dims dims) {
  const Tensor& in = c.Input(0);
  TRY(const Tensor seen, in.Reshaped(dims));
  if (in.dtype() == DType::kString) {
    c.SetOutput(0, seen);
    return {};
  }
  TRY(Tensor out, c.Output(0, in.dtype(), std::move(dims)));
  if (in.bytes() > 0 && out.raw() != in.raw()) std::memcpy(out.mutable_raw(), in.raw(), in.bytes());
  return {};
}

}  // namespace sinter
