#include "platform/data/retention.h"

#include <algorithm>

#include "platform/hub/repository_records.h"

namespace sinter {
namespace {

constexpr int64_t kDayMs = int64_t{24} * 3600 * 1000;

}  // namespace

Retention::Retention(Records& records, Repositories& datasets)
    : records_(records),
      datasets_(datasets),
      days_(records, std::string(kGovernanceKind),
            [](const Record& record) -> Result<int64_t> {
              TRY(const Governance governance, ReadGovernance(record));
              return governance.retention_days;
            }),
      commits_(records, CommitKind(RepositoryKind::kDataset), [](const Record& record) -> Result<Kept> {
        TRY(const RepositoryVersion version, ReadCommit(record));
        return Kept{version.created_ms, !version.removed.empty()};
      }) {}

Status Retention::AddDue(std::string_view name, int64_t now_ms, std::vector<DueVersion>& due) {
  TRY(Governance governance, GovernanceOf(records_, name));
  if (governance.retention_days == 0) return {};
  auto versions = datasets_.Versions(name);
  if (!versions) return versions.error().code == ErrorCode::kNotFound ? Status() : versions.error();
  for (RepositoryVersion& version : *versions) {
    const int64_t due_ms = version.created_ms + governance.retention_days * kDayMs;
    if (!version.removed.empty() || due_ms > now_ms) continue;
    due.push_back({std::move(version), governance, due_ms});
  }
  return {};
}

Result<std::vector<DueVersion>> Retention::Due(int64_t now_ms, std::string_view name) {
  std::vector<std::pair<std::string, int64_t>> limited;
  if (!name.empty()) {
    limited.emplace_back(name, 0);
  } else {
    TRY_STATUS(days_.Look([&](const auto& days) {
      for (const auto& [dataset, kept_days] : days)
        if (kept_days != 0) limited.emplace_back(dataset, kept_days);
    }));
    TRY_STATUS(commits_.Look([&](const auto& commits) {
      std::erase_if(limited, [&](const auto& one) {
        const std::string prefix = PartName(one.first, "");
        for (auto at = commits.lower_bound(prefix); at != commits.end() && at->first.starts_with(prefix);
             ++at)
          if (!at->second.removed && at->second.created_ms + one.second * kDayMs <= now_ms) return false;
        return true;
      });
    }));
  }
  std::vector<DueVersion> due;
  for (const auto& [dataset, days] : limited) TRY_STATUS(AddDue(dataset, now_ms, due));
  std::ranges::stable_sort(due, {}, &DueVersion::due_ms);
  return due;
}

}  // namespace sinter
