// Rows that are almost the same.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "platform/data/dataset_version.h"

namespace sinter {

struct RowPlace {
  uint32_t split = 0;
  int64_t row = 0;
};

// What is almost the same depends on what rows are made of; the first that applies:
//   pictures   the difference hash of 8 x 8 brightness steps (N. Krawetz, "Kind of Like That", 2013) differs
//   in at
//              most 3 of 64 bits, and the pixels by at most 4% of their range on average
//   vectors    each element falls into the same of 64 steps of the column's range, the range cut in two ways
//   texts      of 20 characters or more on average: MinHash (Broder 1997) of 64 values over shingles of 3
//   words
//              estimates a Jaccard similarity of at least 0.8; 16 bands of 4 find the candidates
//   else       four columns or more: all values but one column's are equal
// Candidates come out of tables of hashes that keep four rows each, so some pairs are missed where very many
// rows are alike. One thread.
class NearDuplicates {
 public:
  // The version outlives it.
  NearDuplicates(const DatasetVersion& version, const std::vector<size_t>& features);
  std::string method() const;
  // How many rows it looks at before its tables are full: 2^21 hashes (some 150 MB).
  int64_t most_rows() const;
  // An earlier row that is almost this one, if there is any; remembers this one.
  std::optional<RowPlace> Add(const RowPlace& place);

 private:
  enum class Method : uint8_t { kNone, kPictures, kVectors, kTexts, kColumns };
  struct Known {
    RowPlace place;
    uint64_t picture = 0;           // its difference hash
    std::array<uint32_t, 64> text;  // its MinHash
  };
  void PictureKeys(const RowPlace& place, Known& known);
  void VectorKeys(const RowPlace& place);
  void TextKeys(const RowPlace& place, Known& known);
  void ColumnKeys(const RowPlace& place);
  bool Close(const Known& a, const Known& b) const;
  bool PicturesClose(const RowPlace& a, const RowPlace& b) const;

  const DatasetVersion& version_;
  Method method_ = Method::kNone;
  std::vector<size_t> columns_;  // what the method looks at
  double least_ = 0, most_ = 0;  // of vectors
  std::vector<uint64_t> keys_;   // of the row at hand
  std::vector<Known> known_;     // pictures and texts keep what they are compared by
  std::vector<RowPlace> places_;
  struct Bucket {
    std::array<uint32_t, 4> rows;
    uint32_t count = 0;
  };
  std::unordered_map<uint64_t, Bucket> buckets_;
};

}  // namespace sinter
