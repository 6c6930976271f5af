// NPY, NumPy's format of one array. Source: numpy.lib.format, versions 1.0 to 3.0: the magic bytes, the
// version, the header's length, the header (a Python dict: descr, fortran_order, shape), the elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sinter {

// 'b': bool, 'i': signed, 'u': unsigned, 'f': floating point, as NumPy's descr names them.
struct NpyType {
  char kind = 'f';
  int bytes = 4;  // of one element: 1, 2, 4 or 8
  bool operator==(const NpyType&) const = default;
  std::string ToString() const;  // "f4"
};

struct NpyArray {
  NpyType type;
  std::vector<int64_t> shape;    // rank 0 to 32
  std::vector<std::byte> bytes;  // little-endian, last index fastest
};

// `bytes`: a file's, which is all of it. Big-endian elements and Fortran's order are turned round. The result
// takes no more memory than the file. Errors: kCorrupt (no NPY file, a header that lies or is cut off),
// kUnsupported (objects, strings, complex numbers, records).
Result<NpyArray> DecodeNpy(std::span<const std::byte> bytes);

// What stands before the elements of a file of version 1.0 (2.0 where the header is long), little-endian and
// last index fastest; its length is a multiple of 64. The elements follow as they are.
std::string NpyHeader(const NpyType& type, std::span<const int64_t> shape);

}  // namespace sinter
