// Small IDX data sets for tests.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "media/tables/idx.h"

namespace sinter {

inline IdxArray BytesArray(std::vector<int64_t> shape, const std::vector<int>& values) {
  IdxArray array{IdxType::kU8, std::move(shape), {}};
  for (const int v : values) array.bytes.push_back(static_cast<std::byte>(v));
  return array;
}

inline void WriteBytes(const Path& path, std::span<const std::byte> bytes) {
  SINTER_CHECK(
      WriteFileAtomically(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}).has_value());
}

// Pictures of 2 x 3, row i filled with i and its label i % classes; gzipped.
inline void WriteSplit(const Path& folder, const std::string& name, int rows, int classes, int first = 0) {
  std::vector<int> pixels, labels;
  for (int i = 0; i < rows; ++i) {
    for (int p = 0; p < 6; ++p) pixels.push_back((first + i) % 256);
    labels.push_back((first + i) % classes);
  }
  WriteBytes(folder / (name + "-images-idx3-ubyte.gz"), Gzip(EncodeIdx(BytesArray({rows, 2, 3}, pixels))));
  WriteBytes(folder / (name + "-labels-idx1-ubyte.gz"), Gzip(EncodeIdx(BytesArray({rows}, labels))));
}

}  // namespace sinter
