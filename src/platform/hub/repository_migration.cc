// Homes of layout 1 kept a version as a numbered manifest; each becomes a commit on main, in order, by who
// added it and of the time when.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/hub/repository_head.h"
#include "platform/records/each_record.h"

namespace sinter {
namespace {

// Nothing for a version that is a commit already: an earlier migration was cut off after it.
Result<std::optional<RepositoryVersion>> ReadOld(const Record& record) {
  TRY(const Json spec, ParseJson(record.spec));
  JsonReader reader(spec, record.name);
  if (reader.Has("commit")) return std::optional<RepositoryVersion>();
  RepositoryVersion version;
  version.repository = reader.String("repository");
  version.number = reader.Int("number");
  const auto id = ParseSha256(reader.String("id"));
  version.details = reader.Object("details").dump();
  version.bytes = static_cast<uint64_t>(reader.Int("bytes"));
  version.created_ms = record.created_ms;
  version.created_by = record.created_by;
  if (!id) reader.Fail("id", "must be a sha256");
  TRY_STATUS(reader.Finish());
  version.id = *id;
  return std::optional<RepositoryVersion>(std::move(version));
}

}  // namespace

Status Repositories::MigrateVersion(const Record& record, RepositoryVersion version) {
  const SweepHold hold = home_.store().Hold();
  TRY(const Manifest manifest, ReadManifest(home_.store(), version.id));
  TRY(const Head head, ReadHead(version.repository, std::string(kBranches) + "main"));
  NewGitCommit commit{
      &manifest, {}, version.created_by, version.created_ms, fmt::format("Version {}", version.number)};
  if (head.ref) commit.parents.push_back(head.commit);
  TRY(const WrittenGitCommit written, WithGit<WrittenGitCommit>(version.repository, [&](const Path& folder) {
        return WriteGitCommit(folder, home_.store(), commit);
      }));
  version.commit = written.commit;
  Record changed = record;
  changed.spec = TargetSpecText("commit", version.commit);
  std::vector<RecordWrite> writes{RecordWrite::Update(changed)};
  const std::string target = TargetSpecText("target", version.commit);
  if (head.ref) {
    Record ref = *head.ref;
    ref.spec = target;
    writes.push_back(RecordWrite::Update(ref));
  } else {
    writes.push_back(RecordWrite::Create(RefKind(kind_), PartName(head.name, head.ref_name), target));
  }
  writes.push_back(RecordWrite::Create(CommitKind(kind_), PartName(head.name, version.commit.Hex()),
                                       CommitSpecText(version), CommitStatusText(version.number)));
  if (written.pack) {
    writes.push_back(RecordWrite::Create(PackKind(kind_), PartName(head.name, written.pack->name.Hex()),
                                         PackSpecText(*written.pack)));
  }
  TRY_STATUS(home_.records().Apply(writes, "migration"));
  return {};
}

Status Repositories::MigrateFromLayout1() {
  return ForEachRecord(home_.records(), VersionKind(kind_), [&](const Record& record) -> Status {
    TRY(auto version, ReadOld(record));
    if (!version) return {};
    Status done = MigrateVersion(record, *std::move(version));
    if (!done) return std::move(done).error().In(record.name);
    return {};
  });
}

}  // namespace sinter
