#include "engine/ops/support/quantise.h"

#include <fmt/format.h>

#include "engine/ops/support/shapes.h"

namespace sinter {

Status CheckScales(InferContext& c) {
  const Shape& in = c.InputShape(0);
  const Shape& scale = c.InputShape(1);
  const int64_t block = c.Int("block_size");
  if (c.HasInput(2) && !(c.InputShape(2) == scale)) {
    return c.Invalid(fmt::format("the zero points {} must have the scale's shape {}",
                                 ShapeToString(c.InputShape(2)), ShapeToString(scale)));
  }
  if (block < 0) return c.Invalid(fmt::format("block_size = {} is negative", block));
  if (c.InputType(1).ElementCount() == Dim(1) && block == 0) return {};
  TRY(const size_t axis, NormaliseAxis(c.Int("axis"), in.size()));
  if (block == 0) {
    const bool known = !scale.empty() && scale[0].IsConstant() && in[axis].IsConstant();
    if (scale.size() != 1 || (known && !(scale[0] == in[axis]))) {
      return c.Invalid(fmt::format("a scale of {} for {}: one number, or one for each index of axis {}",
                                   ShapeToString(scale), ShapeToString(in), axis));
    }
    return {};
  }
  Shape wanted = in;
  wanted[axis] = CeilDiv(in[axis], block);
  if (!(scale == wanted)) {
    return c.Invalid(fmt::format("a scale of {}; blocks of {} along axis {} need {}", ShapeToString(scale),
                                 block, axis, ShapeToString(wanted)));
  }
  return {};
}

Result<ScaleIndex> ScaleIndex::Create(const ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  const Tensor& scale = c.Input(1);
  ScaleIndex index;
  index.scales_ = scale.elements();
  index.block_ = c.Int("block_size");
  if (index.scales_ == 1 && index.block_ == 0) return index;
  TRY(const size_t axis, NormaliseAxis(c.Int("axis"), in.rank()));
  index.length_ = std::max<int64_t>(1, in.dim(axis));
  index.inner_ = std::max<int64_t>(1, Product(in.dims(), axis + 1, in.rank()));
  if (index.block_ > 0) index.blocks_ = (index.length_ + index.block_ - 1) / index.block_;
  const int64_t outer = std::max<int64_t>(1, Product(in.dims(), 0, axis));
  const int64_t wanted = index.block_ == 0 ? index.length_ : outer * index.blocks_ * index.inner_;
  if (in.elements() > 0 && index.scales_ != wanted)
    return c.Invalid(fmt::format("{} scales, {} are needed", index.scales_, wanted));
  if (c.HasInput(2) && c.Input(2).elements() != index.scales_)
    return c.Invalid(fmt::format("{} zero points for {} scales", c.Input(2).elements(), index.scales_));
  return index;
}

}  // namespace sinter
