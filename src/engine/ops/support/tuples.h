// Index tuples of GatherND and ScatterND.
#pragma once

#include <vector>

#include "engine/graph/contexts.h"

namespace sinter {

// For each tuple (the last dimension of `indices`), the offset of the slice that it names in `data`, in
// elements. Negative indexes count from the end. Errors: an index outside its dimension.
Result<std::vector<int64_t>> TupleOffsets(const ReferenceContext& c, const Tensor& data,
                                          const Tensor& indices);

}  // namespace sinter
