#include "platform/data/cell.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <numeric>

#include <fmt/format.h>

namespace sinter {
namespace {

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// -?(0|[1-9][0-9]*)?(\.[0-9]*)?([eE][+-]?[0-9]+)?, with a digit before the exponent.
bool WritesNumber(std::string_view text) {
  size_t i = 0;
  const auto digits = [&] {
    const size_t from = i;
    while (i < text.size() && IsDigit(text[i])) ++i;
    return i - from;
  };
  if (i < text.size() && text[i] == '-') ++i;
  const size_t first = i, whole = digits();
  if (whole > 1 && text[first] == '0') return false;
  size_t fraction = 0;
  if (i < text.size() && text[i] == '.') {
    ++i;
    fraction = digits();
  }
  if (whole + fraction == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

// One spelling a value: whole numbers that 64 bits hold as digits, others as the shortest f64.
void AppendNumber(std::string& out, double value) {
  if (value == std::floor(value) && std::abs(value) < 0x1p63)
    fmt::format_to(std::back_inserter(out), "{}", static_cast<int64_t>(value));
  else
    fmt::format_to(std::back_inserter(out), "{}", value);
}

}  // namespace

Cell CellOf(const TableColumn& column, CellType type, size_t row) {
  if (column.missing[row] != 0) return {};
  switch (type) {
    case CellType::kText:
      return Cell::Text(column.Text(row));
    case CellType::kI64:
      return Cell::Whole(column.ints[row]);
    case CellType::kF64:
      return std::isnan(column.floats[row]) ? Cell() : Cell::Number(column.floats[row]);
    case CellType::kBool:
      return Cell::Text(column.ints[row] != 0 ? "true" : "false");
  }
  return {};
}

std::optional<double> ParseCellNumber(std::string_view text) {
  text = Trimmed(text);
  if (!WritesNumber(text)) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int64_t> ParseCellWhole(std::string_view text) {
  text = Trimmed(text);
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.empty() || !std::ranges::all_of(digits, IsDigit) || !WritesNumber(text)) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool IsMissingMark(std::string_view text) {
  text = Trimmed(text);
  constexpr std::string_view kMarks[] = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"};
  return std::ranges::find(kMarks, text) != std::end(kMarks);
}

bool IsMissingClass(std::string_view text) { return IsMissingMark(text) && Trimmed(text) != "None"; }

std::string CellText(const Cell& cell) {
  switch (cell.kind) {
    case Cell::Kind::kMissing:
      break;
    case Cell::Kind::kWhole:
      return std::to_string(cell.whole);
    case Cell::Kind::kNumber: {
      std::string text;
      AppendNumber(text, cell.number);
      return text;
    }
    case Cell::Kind::kText:
      return std::string(cell.text);
    case Cell::Kind::kBytes:
      return fmt::format("{} bytes", cell.text.size());
  }
  return {};
}

RowHasher::RowHasher(std::vector<std::string> names)
    : names_(std::move(names)), order_(names_.size()), cells_(names_.size()) {
  std::iota(order_.begin(), order_.end(), size_t{0});
  std::ranges::sort(order_, {}, [&](size_t i) -> const std::string& { return names_[i]; });
}

void RowHasher::Begin() {
  for (std::string& cell : cells_) cell.clear();
}

void RowHasher::Add(size_t column, const Cell& cell) {
  std::string& out = cells_[column];
  switch (cell.kind) {
    case Cell::Kind::kMissing:
      return;
    case Cell::Kind::kWhole:
      out = fmt::format("#{}", cell.whole);
      return;
    case Cell::Kind::kNumber:
      out = '#';
      AppendNumber(out, cell.number);
      return;
    case Cell::Kind::kBytes:
      out = '=';
      out += cell.text;
      return;
    case Cell::Kind::kText:
      if (IsMissingMark(cell.text)) return;
      if (const auto whole = ParseCellWhole(cell.text)) {
        out = fmt::format("#{}", *whole);
      } else if (const auto number = ParseCellNumber(cell.text)) {
        out = '#';
        AppendNumber(out, *number);
      } else {
        out = '"';
        out += cell.text;
      }
  }
}

Sha256Digest RowHasher::Finish() {
  Sha256 hash;
  for (const size_t i : order_) {
    // Lengths in front: no two rows have one text.
    for (const std::string* part : {&names_[i], &cells_[i]}) {
      const uint64_t size = part->size();
      hash.Update(std::as_bytes(std::span(&size, 1)));
      hash.Update(*part);
    }
  }
  return hash.Finish();
}

double HashShare(const Sha256Digest& hash) {
  uint64_t bits = 0;
  for (size_t i = 0; i < 8; ++i) bits = bits << 8 | hash.bytes[i];
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

}  // namespace sinter
