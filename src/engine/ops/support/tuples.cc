#include "engine/ops/support/tuples.h"

#include <fmt/format.h>

#include "engine/ops/support/shapes.h"

namespace sinter {

Result<std::vector<int64_t>> TupleOffsets(const ReferenceContext& c, const Tensor& data,
                                          const Tensor& indices) {
  const int64_t depth = indices.dims().back();
  if (depth < 1 || depth > static_cast<int64_t>(data.rank()))
    return c.Invalid(fmt::format("tuples of {} into rank {}", depth, data.rank()));
  const Dims strides = RowMajorStrides(data.dims());
  std::vector<int64_t> offsets(static_cast<size_t>(indices.elements() / depth));
  for (size_t t = 0; t < offsets.size(); ++t) {
    for (int64_t d = 0; d < depth; ++d) {
      const int64_t whole = data.dims()[static_cast<size_t>(d)];
      const int64_t given = indices.AsInt(static_cast<int64_t>(t) * depth + d);
      const int64_t index = given < 0 ? given + whole : given;
      if (index < 0 || index >= whole)
        return c.Invalid(fmt::format("index {} is outside a dimension of {}", given, whole));
      offsets[t] += index * strides[static_cast<size_t>(d)];
    }
  }
  return offsets;
}

}  // namespace sinter
