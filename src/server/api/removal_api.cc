#include "server/api/removal_api.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/labels/labelling_record.h"
#include "platform/records/each_record.h"
#include "platform/runs/sweep.h"
#include "server/api/dataset_api.h"

namespace sinter {
namespace {

bool Names(Platform& platform, RepositoryKind kind, std::string_view ref, std::string_view name,
           const RepositoryVersion* version) {
  if (ref.substr(0, ref.find('@')) != name) return false;
  if (version == nullptr) return true;
  const auto found = platform.repositories(kind).Find(ref);
  return found && found->commit == version->commit;
}

// A profile tells of the rows: it goes with them, unless another version has the same ones.
Status RemoveProfile(Platform& platform, const RepositoryVersion& version, std::string_view who) {
  const auto record = platform.records().Get(kProfileKind, ProfileName(version.id));
  if (!record) return record.error().code == ErrorCode::kNotFound ? Status() : record.error();
  const Status gone = platform.records().Delete(*record, who);
  return gone || gone.error().code == ErrorCode::kNotFound ? Status() : gone;
}

}  // namespace

Result<std::vector<std::string>> HoldersOf(Platform& platform, RepositoryKind kind, std::string_view name,
                                           const RepositoryVersion* version) {
  std::vector<std::string> holders;
  if (kind == RepositoryKind::kDataset) {
    TRY_STATUS(ForEachRecord(platform.records(), "run", [&](const Record& record) -> Status {
      TRY(const RunInfo run, ReadRun(record));
      if (!run.done() && Names(platform, kind, run.dataset, name, version))
        holders.push_back(fmt::format("run {}", run.id));
      return {};
    }));
  }
  for (const std::string_view of : {kServiceKind, kRolloutKind, kLabellingKind, kSweepKind}) {
    TRY_STATUS(ForEachRecord(platform.records(), of, [&](const Record& record) -> Status {
      TRY(const RecordNeeds needs, platform.record_rules().Read(record));
      for (const auto& [other, ref] : needs.versions) {
        if (other != kind || !Names(platform, kind, ref, name, version)) continue;
        if (std::ranges::find(holders, needs.label) == holders.end()) holders.push_back(needs.label);
      }
      return {};
    }));
  }
  return holders;
}

Result<Json> RemoveVersions(Platform& platform, RepositoryKind kind, std::string_view ref,
                            std::string_view reason, std::string_view who) {
  if (reason.empty() || reason.size() > 4000)
    return InvalidArgument("why? a reason of 1 to 4,000 bytes is kept with what is removed", "--reason TEXT");
  Repositories& repositories = platform.repositories(kind);
  const std::string_view name = ref.substr(0, ref.find('@'));
  const bool whole = name.size() == ref.size();
  TRY_STATUS(CheckRepositoryName(name));
  std::vector<RepositoryVersion> versions;
  if (whole) {
    TRY(versions, repositories.Versions(name));
  } else {
    TRY(RepositoryVersion version, repositories.Find(ref));
    versions.push_back(std::move(version));
  }
  TRY(const auto holders, HoldersOf(platform, kind, name, whole ? nullptr : versions.data()));
  if (!holders.empty()) {
    return Error{
        ErrorCode::kConflict,
        fmt::format("{} '{}' is in use by {}", RepositoryKindName(kind), ref, fmt::join(holders, ", ")),
        "end that first, or move it to another version"};
  }
  Json removed = Json::array();
  for (const RepositoryVersion& version : versions) {
    if (!version.removed.empty()) continue;
    if (!whole) TRY_STATUS(repositories.RemoveVersion(ref, reason, who));
    if (kind == RepositoryKind::kDataset) TRY_STATUS(RemoveProfile(platform, version, who));
    removed.push_back(version.Ref());
  }
  if (whole) TRY_STATUS(repositories.Remove(name, reason, who));
  return Json{{"removed", std::move(removed)}};
}

Result<Json> RetentionDue(Platform& platform, std::string_view name) {
  TRY(const auto due, platform.retention().Due(platform.home().clock().UnixMillis(), name));
  Json items = Json::array();
  for (const DueVersion& one : due) {
    items.push_back({{"name", one.version.repository},
                     {"ref", one.version.Ref()},
                     {"created_ms", one.version.created_ms},
                     {"due_ms", one.due_ms},
                     {"retention_days", one.governance.retention_days},
                     {"owner", one.governance.owner},
                     {"bytes", one.version.bytes}});
  }
  return Json{{"items", std::move(items)}};
}

}  // namespace sinter
