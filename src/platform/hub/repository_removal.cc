// Giving versions and whole repositories up.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/hub/repository_head.h"

namespace sinter {

Result<RepositoryVersion> Repositories::RemoveVersion(std::string_view ref, std::string_view reason,
                                                      std::string_view who) {
  TRY(RepositoryVersion version, FindAny(ref));
  if (!version.removed.empty()) return version;
  const std::string removed =
      Json{{"at_ms", home_.clock().UnixMillis()}, {"by", who}, {"reason", reason}}.dump();
  TRY(const Record record,
      home_.records().Update(CommitKind(kind_), PartName(version.repository, version.commit.Hex()), who,
                             [&](Record& r) -> Status {
                               TRY(const RepositoryVersion now, ReadCommit(r));
                               r.status = CommitStatusText(now.number, removed);
                               return {};
                             }));
  TRY(RepositoryVersion after, ReadCommit(record));
  after.number = version.number;
  return after;
}

// Commits and packs go first and the repository's own record last, so that the name is free only when all is
// gone. Its revision, read first, guards against a commit that comes in between.
Status Repositories::Remove(std::string_view name, std::string_view reason, std::string_view who) {
  TRY_STATUS(CheckRepositoryName(name));
  constexpr size_t kMostAtOnce = 900;  // of a transaction's writes
  TRY(Record repository, home_.records().Get(RepositoryKindName(kind_), name));
  TRY(const RepositoryInfo info, ReadRepository(repository));
  repository.status = RepositoryStatusText(info.latest, reason);
  TRY(repository, home_.records().CompareAndSwap(repository, who));
  std::vector<RecordWrite> writes;
  for (const std::string& kind : {CommitKind(kind_), VersionKind(kind_), PackKind(kind_), RefKind(kind_)}) {
    TRY(const auto parts, ListParts(home_.records(), kind, name));
    for (const Record& part : parts) {
      writes.push_back(RecordWrite::Delete(part));
      if (writes.size() < kMostAtOnce) continue;
      TRY_STATUS(home_.records().Apply(writes, who));
      writes.clear();
    }
  }
  writes.push_back(RecordWrite::Delete(repository));
  TRY_STATUS(home_.records().Apply(writes, who));
  cache_.Drop(name);
  return {};
}

}  // namespace sinter
