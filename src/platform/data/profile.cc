#include "platform/data/profile.h"

#include <cstring>
#include <unordered_map>

#include "base/hash.h"
#include "platform/data/features.h"
#include "platform/data/near_duplicates.h"
#include "platform/data/profile_columns.h"

namespace sinter {
namespace {

Error Stopped() { return {ErrorCode::kCancelled, "the profile was stopped", ""}; }

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
  const auto label = version.LabelColumn();
  int64_t all_rows = 0, done = 0;
  for (size_t s = 0; s < info.splits.size(); ++s) all_rows += version.Rows(s);
  const std::vector<size_t> features = FeatureColumns(info.columns, label.value_or(info.columns.size()));
  std::vector<std::string> names;
  names.reserve(features.size());
  for (const size_t c : features) names.push_back(info.columns[c].name);
  RowHasher hasher(names);
  std::unordered_map<Sha256Digest, RowPlace, DigestHash> seen;
  NearDuplicates near(version, features);
  profile.near_method = near.method();
  profile.near_rows = std::min(all_rows, near.most_rows());
  const auto pair = [&](const RowPlace& first, const RowPlace& second) {
    return RowPair{info.splits[first.split].name, info.splits[second.split].name, first.row, second.row};
  };
  for (size_t s = 0; s < info.splits.size(); ++s) {
    SplitProfile split{info.splits[s].name, version.Rows(s), {}, {}};
    for (size_t c = 0; c < info.columns.size(); ++c) {
      TRY(split.columns.emplace_back(), ProfileColumn(version, s, c, cancel));
    }
    if (label) split.class_counts = split.columns[*label].classes;
    for (int64_t row = 0; !features.empty() && row < split.rows; ++row) {
      if (row % 1024 == 0) {
        if (cancel.Cancelled()) return Stopped();
        if (progress) progress(done + row, all_rows);
      }
      const RowPlace place{static_cast<uint32_t>(s), row};
      hasher.Begin();
      for (size_t i = 0; i < features.size(); ++i) hasher.Add(i, version.CellAt(s, features[i], row));
      const auto [at, is_new] = seen.try_emplace(hasher.Finish(), place);
      if (is_new) {
        const auto close = done + row < near.most_rows() ? near.Add(place) : std::nullopt;
        if (!close) continue;
        ++(close->split == s ? split.near_duplicates : split.near_in_earlier_splits);
        if (profile.near_examples.size() < 20) profile.near_examples.push_back(pair(*close, place));
        continue;
      }
      const RowPlace first = at->second;
      ++(first.split == s ? split.duplicates : split.in_earlier_splits);
      if (label && version.Class(first.split, *label, first.row) != version.Class(s, *label, row))
        ++split.contradictions;
      if (profile.examples.size() < 20) profile.examples.push_back(pair(first, place));
    }
    done += split.rows;
    profile.splits.push_back(std::move(split));
  }
  if (progress) progress(all_rows, all_rows);
  return profile;
}

}  // namespace sinter
