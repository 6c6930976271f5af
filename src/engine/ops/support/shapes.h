// What pages about shapes and axes share.
#pragma once

#include <vector>

#include "engine/graph/builder.h"
#include "engine/graph/contexts.h"
#include "engine/graph/operator.h"

namespace sinter {

// `axis` in [-rank, rank) as a non-negative index.
Result<size_t> NormaliseAxis(int64_t axis, size_t rank);
// Each axis once, normalised, in rising order.
Result<std::vector<size_t>> NormaliseAxes(std::span<const int64_t> axes, size_t rank);

// The integers of an input that must be known when types are inferred.
Result<std::vector<int64_t>> KnownInts(const InferContext& c, size_t input);
// The same in a gradient: from what the builder knows of the value.
Result<std::vector<int64_t>> KnownInts(GradientContext& c, size_t input);

// i64[1] that holds dimension `axis` of `value`: a constant, or read from its Shape.
ValueId DimensionOf(GraphBuilder& b, ValueId value, size_t axis);
// Zeros of the shape and dtype of `like`.
ValueId ZerosLike(GraphBuilder& b, ValueId like);
// `value` with the shape of `like`, which has as many elements.
ValueId ReshapeLike(GraphBuilder& b, ValueId value, ValueId like);

// Product of dims[begin, end).
int64_t Product(const Dims& dims, size_t begin, size_t end);
Dims RowMajorStrides(const Dims& dims);

// Output 0 := the bytes of input 0 under other dims.
Status CopyAs(ReferenceContext& c, Dims dims);

}  // namespace sinter
