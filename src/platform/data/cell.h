// One value of a table, wherever it comes from, and the text by which equal values are known as equal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "media/tables/table.h"

namespace sinter {

// A text refers to bytes that somebody else keeps.
struct Cell {
  enum class Kind : uint8_t { kMissing, kWhole, kNumber, kText, kBytes };
  Kind kind = Kind::kMissing;
  int64_t whole = 0;
  double number = 0;
  std::string_view text;

  static Cell Whole(int64_t value) { return {Kind::kWhole, value, 0, {}}; }
  static Cell Number(double value) { return {Kind::kNumber, 0, value, {}}; }
  static Cell Text(std::string_view text) { return {Kind::kText, 0, 0, text}; }
  static Cell Bytes(std::string_view bytes) {
    return {Kind::kBytes, 0, 0, bytes};
  }  // a picture's, a vector's
};

// A bool is the text "true" or "false".
Cell CellOf(const TableColumn& column, CellType type, size_t row);

// The number that a text writes: digits, with sign '-', point and exponent, blanks around. None where digits
// stand behind a leading 0 ("007" is a code, no number), for "nan" and "inf", and beyond f64.
std::optional<double> ParseCellNumber(std::string_view text);
// The whole number that it writes, of 64 bits.
std::optional<int64_t> ParseCellWhole(std::string_view text);
// "NA", "N/A", "NaN", "nan", "null", "NULL", "None" and blanks: no value, where numbers are expected.
bool IsMissingMark(std::string_view text);
// The same but for "None", which is a class of its own in many a table: no value, where classes are expected.
bool IsMissingClass(std::string_view text);

// What a person reads: texts as they are, numbers in the shortest form that reads back the same; "" of a
// missing one; of bytes how many.
std::string CellText(const Cell& cell);

// A row's identity: a SHA-256 of its cells in a form that the type which they were given does not change
// ("1.50", 1.5 and "1.5" are one value, and so are "NA" and none), each with its column's name, in the order
// of names. So a row keeps its hash when other rows make a column of numbers one of texts (but for whole
// numbers beyond 2^53, which f64 does not hold exactly). One thread.
class RowHasher {
 public:
  // The columns' names, in the order in which cells will come.
  explicit RowHasher(std::vector<std::string> names);
  void Begin();
  void Add(size_t column, const Cell& cell);  // each column once, in any order
  Sha256Digest Finish();

 private:
  std::vector<std::string> names_;
  std::vector<size_t> order_;  // by name
  std::vector<std::string> cells_;
};

// Where a row with this hash belongs when `share` of all are to go there: in [0, 1), the same for the same
// hash.
double HashShare(const Sha256Digest& hash);

}  // namespace sinter
