#include "platform/data/profile_columns.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <unordered_set>

#include <fmt/format.h>

#include "platform/data/name_columns.h"

namespace sinter {
namespace {

constexpr int64_t kBlock = 1 << 16;  // elements between two questions whether to stop

struct Moments {
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();
  double mean = 0, squares = 0;
  int64_t count = 0, not_finite = 0;

  // Two exact passes over a block, then Chan's merge of the block into the whole (Chan, Golub, LeVeque 1979):
  // nothing cancels, and the order is fixed.
  void Add(std::span<const double> block) {
    double sum = 0;
    int64_t n = 0;
    for (const double v : block) {
      if (!std::isfinite(v)) continue;
      sum += v;
      ++n;
      least = std::min(least, v);
      most = std::max(most, v);
    }
    not_finite += static_cast<int64_t>(block.size()) - n;
    if (n == 0) return;
    const double block_mean = sum / static_cast<double>(n);
    double block_squares = 0;
    for (const double v : block) {
      if (std::isfinite(v)) block_squares += (v - block_mean) * (v - block_mean);
    }
    const double delta = block_mean - mean;
    const auto a = static_cast<double>(count), b = static_cast<double>(n);
    mean += delta * b / (a + b);
    squares += block_squares + delta * delta * a * b / (a + b);
    count += n;
  }

  NumberProfile Finish() const {
    if (count == 0) return {.not_finite = not_finite};
    return {least, most, mean, std::sqrt(squares / static_cast<double>(count)), not_finite};
  }
};

Error Stopped() { return {ErrorCode::kCancelled, "the profile was stopped", ""}; }

Result<NumberProfile> ProfileNumbers(std::span<const std::byte> bytes, DType dtype,
                                     const CancelToken& cancel) {
  Moments moments;
  bool stopped = false;
  std::vector<double> block;
  const bool known = DispatchDType(dtype, [&]<class T>() {
    using Stored = std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>;
    for (size_t at = 0; at < bytes.size() && !(stopped = cancel.Cancelled()); at += kBlock * sizeof(Stored)) {
      block.resize(std::min<size_t>(kBlock, (bytes.size() - at) / sizeof(Stored)));
      for (size_t i = 0; i < block.size(); ++i) {
        Stored value;  // copied: the bytes need not be aligned
        std::memcpy(&value, bytes.data() + at + i * sizeof value, sizeof value);
        if constexpr (std::is_arithmetic_v<Stored>) {
          block[i] = static_cast<double>(value);
        } else {
          block[i] = static_cast<double>(static_cast<float>(value));
        }
      }
      moments.Add(block);
    }
  });
  if (stopped) return Stopped();
  if (!known) return Unsupported(fmt::format("no figures of {}", DTypeName(dtype)));
  return moments.Finish();
}

// Sorts the values, which are finite.
std::vector<double> Quantiles(std::vector<double>& values) {
  std::vector<double> found;
  if (values.empty()) return found;
  found.reserve(std::size(kQuantiles));
  std::ranges::sort(values);
  for (const double q : kQuantiles) {
    const double at = q * static_cast<double>(values.size() - 1);
    const auto below = static_cast<size_t>(at);
    const size_t above = std::min(below + 1, values.size() - 1);
    found.push_back(values[below] + (values[above] - values[below]) * (at - static_cast<double>(below)));
  }
  return found;
}

int64_t Characters(std::string_view text) {
  return std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

// Counts different values by their 64-bit hashes: two of them may be one, at 2^20 values once in 2^25.
class Distinct {
 public:
  template <class T>
  void Add(const T& value) {
    if (hashes_.size() > (size_t{1} << 20)) return;
    hashes_.insert(std::hash<T>()(value));
  }
  int64_t Count() const {
    return hashes_.size() > (size_t{1} << 20) ? -1 : static_cast<int64_t>(hashes_.size());
  }

 private:
  std::unordered_set<uint64_t> hashes_;
};

}  // namespace

Result<ColumnProfile> ProfileColumn(const DatasetVersion& version, size_t split, size_t column,
                                    const CancelToken& cancel) {
  const DatasetColumn& c = version.info().columns[column];
  ColumnProfile profile;
  if (c.kind == ColumnKind::kPicture || c.kind == ColumnKind::kVector) {
    TRY(profile.numbers, ProfileNumbers(version.Bytes(split, column), c.dtype, cancel));
    return profile;
  }
  if (c.kind == ColumnKind::kClass) profile.classes.resize(c.classes.size());
  Moments moments;
  Distinct distinct;
  std::vector<double> block, values;
  NameColumn names(c.name);
  int64_t names_alone = 0;  // values that are names by their column alone
  for (int64_t row = 0; row < version.Rows(split); ++row) {
    if (row % 4096 == 0 && cancel.Cancelled()) return Stopped();
    if (version.Missing(split, column, row)) {
      ++profile.missing;
      continue;
    }
    if (c.dtype != DType::kF64) {
      std::array<bool, kPersonalKinds> found{};
      const std::string text = CellText(version.CellAt(split, column, row));
      for (const PersonalSpan& span : FindPersonal(text)) found[static_cast<size_t>(span.kind)] = true;
      names_alone += names.Add(text) && !found[static_cast<size_t>(PersonalKind::kName)];
      for (size_t k = 0; k < found.size(); ++k) profile.personal[k] += found[k];
    }
    double value = 0;
    if (c.kind == ColumnKind::kClass) {
      const int64_t index = version.Class(split, column, row);
      ++profile.classes[static_cast<size_t>(index)];
      value = static_cast<double>(index);
    } else if (c.kind == ColumnKind::kText) {
      const std::string_view text = version.Text(split, column, row);
      distinct.Add(text);
      value = static_cast<double>(Characters(text));
    } else {
      value = version.Number(split, column, row);
      distinct.Add(value);
    }
    block.push_back(value);
    if (c.kind != ColumnKind::kClass && std::isfinite(value)) values.push_back(value);
    if (block.size() == kBlock) {
      moments.Add(block);
      block.clear();
    }
  }
  moments.Add(block);
  if (names.HoldsNames()) profile.personal[static_cast<size_t>(PersonalKind::kName)] += names_alone;
  profile.numbers = moments.Finish();
  profile.quantiles = Quantiles(values);
  if (c.kind != ColumnKind::kClass) profile.distinct = distinct.Count();
  return profile;
}

}  // namespace sinter
