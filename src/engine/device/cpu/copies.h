// Rows of elements of 1, 2, 4 or 8 bytes, moved without knowing what they mean.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sinter {

// Strides in elements; they may be negative or (of `from`) 0. The rows do not overlap.
void CopyRow(size_t size, const std::byte* from, int64_t from_stride, std::byte* to, int64_t to_stride,
             int64_t n);
// n elements like the one at `value`.
void FillRow(size_t size, const std::byte* value, std::byte* to, int64_t n);
// out[i] = condition[i * c] ? x[i * xs] : y[i * ys], strides 0 or 1; out may be one of the inputs.
void SelectRow(size_t size, const uint8_t* condition, int64_t c, const std::byte* x, int64_t xs,
               const std::byte* y, int64_t ys, std::byte* out, int64_t n);
// to[c * rows + r] = from[r * columns + c] for rows r in [r0, r1), in tiles.
void TransposeRows(size_t size, const std::byte* from, int64_t rows, int64_t columns, int64_t r0, int64_t r1,
                   std::byte* to);

}  // namespace sinter
