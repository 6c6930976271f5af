#include "platform/data/profile.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <unordered_map>

#include <fmt/format.h>

#include "base/hash.h"

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

struct FirstSeen {
  uint32_t split;
  int64_t row;
};

struct DigestHash {
  size_t operator()(const Sha256Digest& digest) const {
    size_t value = 0;
    std::memcpy(&value, digest.bytes.data(), sizeof value);
    return value;
  }
};

}  // namespace

Result<DatasetProfile> ProfileDataset(const DatasetVersion& version, const CancelToken& cancel,
                                      const std::function<void(int64_t, int64_t)>& progress) {
  const DatasetInfo& info = version.info();
  DatasetProfile profile;
  const auto features = version.FeatureColumn();
  const auto labels = version.LabelColumn();
  int64_t all_rows = 0, done = 0;
  for (size_t s = 0; s < info.splits.size(); ++s) all_rows += version.Rows(s);
  std::unordered_map<Sha256Digest, FirstSeen, DigestHash> seen;
  for (size_t s = 0; s < info.splits.size(); ++s) {
    SplitProfile split{info.splits[s].name, version.Rows(s), {}, {}};
    for (size_t c = 0; c < info.columns.size(); ++c) {
      TRY(const NumberProfile numbers, ProfileNumbers(version.Bytes(s, c), info.columns[c].dtype, cancel));
      split.numbers.push_back(numbers);
    }
    if (labels) {
      split.class_counts.resize(info.columns[*labels].classes.size());
      for (int64_t row = 0; row < split.rows; ++row) {
        ++split.class_counts[static_cast<size_t>(version.Class(s, *labels, row))];
      }
    }
    for (int64_t row = 0; features && row < split.rows; ++row) {
      if (row % 1024 == 0) {
        if (cancel.Cancelled()) return Stopped();
        if (progress) progress(done + row, all_rows);
      }
      const auto [at, is_new] = seen.try_emplace(HashBytes(version.Row(s, *features, row)),
                                                 FirstSeen{static_cast<uint32_t>(s), row});
      if (is_new) continue;
      const FirstSeen first = at->second;
      ++(first.split == s ? split.duplicates : split.in_earlier_splits);
      if (labels && version.Class(first.split, *labels, first.row) != version.Class(s, *labels, row)) {
        ++split.contradictions;
      }
      if (profile.examples.size() < 20) {
        profile.examples.push_back({info.splits[first.split].name, split.name, first.row, row});
      }
    }
    done += split.rows;
    profile.splits.push_back(std::move(split));
  }
  if (progress) progress(all_rows, all_rows);
  return profile;
}

}  // namespace sinter
