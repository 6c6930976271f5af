// Which version a name means, and the moving of refs.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/hub/git_names.h"
#include "platform/hub/repository_head.h"

namespace sinter {
namespace {

// "refs/heads/x" or "refs/tags/x"; main is a branch whose name nobody chose.
Status CheckFullRefName(std::string_view ref) {
  for (const std::string_view root : {kBranches, kTags}) {
    if (!ref.starts_with(root)) continue;
    const std::string_view name = ref.substr(root.size());
    return CheckRefName(name);
  }
  return InvalidArgument(fmt::format("'{}' is no ref", ref.substr(0, 100)),
                         "refs/heads/NAME or refs/tags/NAME");
}

bool OnlyHex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Error Stands(const std::string& ref, std::string_view where) {
  return {ErrorCode::kConflict, fmt::format("{} stands at {}", ref, where), "look again, and try again"};
}

}  // namespace

Result<std::optional<Record>> Repositories::GetIfThere(const std::string& kind, std::string_view name) {
  auto record = home_.records().Get(kind, name);
  if (record) return std::optional<Record>(*std::move(record));
  if (record.error().code == ErrorCode::kNotFound) return std::optional<Record>();
  return std::move(record).error();
}

Result<Repositories::Head> Repositories::ReadHead(std::string_view name, std::string_view ref) {
  Head head{std::string(name), std::string(ref), {}, {}, 0, {}};
  // The repository first: a ref that is read is not older than the revision that guards it.
  TRY(head.repository, GetIfThere(std::string(RepositoryKindName(kind_)), name));
  if (head.repository) {
    TRY(const RepositoryInfo info, ReadRepository(*head.repository));
    head.latest = info.latest;
  }
  TRY(head.ref, GetIfThere(RefKind(kind_), PartName(name, ref)));
  if (head.ref) {
    TRY(head.commit, ReadTarget(*head.ref, "target"));
  }
  return head;
}

// Git keeps refs as files: "a" and "a/b" cannot both be.
Status Repositories::CheckNewRef(const Head& head) {
  TRY(const auto refs, Refs(head.name));
  for (const RepositoryRef& other : refs) {
    if (other.name.starts_with(head.ref_name + "/") || head.ref_name.starts_with(other.name + "/"))
      return Error{ErrorCode::kAlreadyExists,
                   fmt::format("{} cannot be beside {}: git keeps refs as files", head.ref_name, other.name),
                   "choose another name"};
  }
  return {};
}

// The repository's record changes with every move of a ref, so that of two at once one loses.
Result<RepositoryVersion> Repositories::Move(const Head& head, RepositoryVersion version,
                                             const std::optional<GitPack>& pack, std::string_view who) {
  const std::string kind(RepositoryKindName(kind_));
  const int64_t number = head.is_main() ? head.latest + 1 : 0;
  std::vector<RecordWrite> writes;
  const std::string status = RepositoryStatusText(std::max(head.latest, number));
  if (head.repository) {
    Record repository = *head.repository;
    repository.status = status;
    writes.push_back(RecordWrite::Update(repository));
  } else {
    writes.push_back(RecordWrite::Create(kind, head.name, "{}", status));
  }
  if (head.ref) {
    Record ref = *head.ref;
    ref.spec = TargetSpecText("target", version.commit);
    writes.push_back(RecordWrite::Update(ref));
  } else {
    writes.push_back(RecordWrite::Create(RefKind(kind_), PartName(head.name, head.ref_name),
                                         TargetSpecText("target", version.commit)));
  }
  if (number > 0) {
    writes.push_back(RecordWrite::Create(VersionKind(kind_), VersionName(head.name, number),
                                         TargetSpecText("commit", version.commit)));
  }
  const std::string commit_name = PartName(head.name, version.commit.Hex());
  TRY(auto known, GetIfThere(CommitKind(kind_), commit_name));
  if (!known) {
    writes.push_back(RecordWrite::Create(CommitKind(kind_), commit_name, CommitSpecText(version),
                                         CommitStatusText(number)));
  } else {
    TRY(const RepositoryVersion before, ReadCommit(*known));
    // One that was removed is there again, with its files.
    if ((before.number == 0 && number > 0) || !before.removed.empty()) {
      known->status = CommitStatusText(before.number == 0 ? number : before.number);
      writes.push_back(RecordWrite::Update(*known));
    }
    version = before;
    version.removed.clear();
  }
  if (pack) {
    writes.push_back(
        RecordWrite::Create(PackKind(kind_), PartName(head.name, pack->name.Hex()), PackSpecText(*pack)));
  }
  TRY_STATUS(home_.records().Apply(writes, who));
  if (number > 0) version.number = number;
  return version;
}

Result<RepositoryVersion> Repositories::GetCommit(std::string_view name, const GitId& commit) {
  TRY(const auto record, GetIfThere(CommitKind(kind_), PartName(name, commit.Hex())));
  if (record) return ReadCommit(*record);
  return NotFound(fmt::format("{} '{}' has no version {}", RepositoryKindName(kind_), name, commit.Hex()));
}

Result<RepositoryVersion> Repositories::GetVersion(std::string_view name, int64_t number) {
  TRY(const auto record, GetIfThere(VersionKind(kind_), VersionName(name, number)));
  if (!record)
    return NotFound(fmt::format("{} '{}' has no version {}", RepositoryKindName(kind_), name, number));
  return VersionOf(*record);
}

Result<RepositoryVersion> Repositories::VersionOf(const Record& record) {
  TRY(const VersionRef ref, ReadVersionName(record.name));
  TRY(const GitId commit, ReadTarget(record, "commit"));
  TRY(RepositoryVersion version, GetCommit(ref.repository, commit));
  version.number = ref.number;
  return version;
}

Result<RepositoryVersion> Repositories::GetByPrefix(std::string_view name, std::string_view prefix) {
  TRY(const RecordPage page,
      home_.records().List(
          {.kind = CommitKind(kind_), .prefix = PartName(name, prefix), .after = {}, .limit = 2}));
  if (page.records.empty())
    return NotFound(fmt::format("{} '{}' has no version {}", RepositoryKindName(kind_), name, prefix));
  if (page.records.size() > 1)
    return InvalidArgument(fmt::format("'{}' begins several commits of {}", prefix, name),
                           "give more digits");
  return ReadCommit(page.records[0]);
}

Result<RepositoryVersion> Repositories::Find(std::string_view ref) {
  TRY(RepositoryVersion version, FindAny(ref));
  if (version.removed.empty()) return version;
  TRY(const Json removed, ParseJson(version.removed));
  JsonReader reader(removed, "removed");
  return NotFound(
      fmt::format("{} '{}' was removed by {} at {}: {}", RepositoryKindName(kind_), version.Ref(),
                  reader.String("by", ""), FormatUtc(reader.Int("at_ms", 0)), reader.String("reason", "")),
      fmt::format("sinter {} show {} lists the versions that are there",
                  kind_ == RepositoryKind::kDataset ? "data" : "model", version.repository));
}

Result<RepositoryVersion> Repositories::FindAny(std::string_view ref) {
  const size_t at = ref.find('@');
  const std::string_view name = ref.substr(0, at);
  const std::string_view which = at == ref.npos ? "latest" : ref.substr(at + 1);
  TRY_STATUS(CheckRepositoryName(name));
  TRY(const Record record, home_.records().Get(RepositoryKindName(kind_), name));
  TRY(const RepositoryInfo info, ReadRepository(record));
  if (which == "latest") return GetVersion(name, info.latest);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(which.data(), which.data() + which.size(), number);
  if (error == std::errc() && end == which.data() + which.size() && which.size() < 8)
    return GetVersion(name, number);
  const bool full = which.starts_with("refs/");
  const bool hex = which.size() >= 7 && which.size() <= 40 && OnlyHex(which);
  if (!hex) TRY_STATUS(full ? CheckFullRefName(which) : CheckRefName(which));
  std::vector<std::string> refs;
  if (full) {
    refs.emplace_back(which);
  } else if (!hex) {
    for (const std::string_view root : {kBranches, kTags})
      refs.push_back(std::string(root) + std::string(which));
  }
  for (const std::string& candidate : refs) {
    TRY(const auto found, GetIfThere(RefKind(kind_), PartName(name, candidate)));
    if (!found) continue;
    if (candidate == std::string(kBranches) + "main") return GetVersion(name, info.latest);
    TRY(const GitId commit, ReadTarget(*found, "target"));
    return GetCommit(name, commit);
  }
  if (hex) return GetByPrefix(name, which);
  return NotFound(fmt::format("{} '{}' has no branch, tag or version '{}'", RepositoryKindName(kind_), name,
                              which.substr(0, 100)));
}

Result<std::vector<RepositoryVersion>> Repositories::Versions(std::string_view name) {
  TRY_STATUS(CheckRepositoryName(name));
  TRY(const Record record, home_.records().Get(RepositoryKindName(kind_), name));
  TRY(const RepositoryInfo info, ReadRepository(record));
  std::vector<RepositoryVersion> versions;
  for (int64_t number = info.latest; number > 0 && versions.size() < 1000; --number) {
    TRY(RepositoryVersion version, GetVersion(name, number));
    versions.push_back(std::move(version));
  }
  return versions;
}

Result<RepositoryPage> Repositories::List(std::string_view after, int limit) {
  TRY(const RecordPage records, home_.records().List({.kind = std::string(RepositoryKindName(kind_)),
                                                      .prefix = {},
                                                      .after = std::string(after),
                                                      .limit = limit}));
  RepositoryPage page{{}, records.next};
  for (const Record& record : records.records) {
    TRY(RepositoryInfo info, ReadRepository(record));
    page.repositories.push_back(std::move(info));
  }
  return page;
}

Result<std::vector<RepositoryRef>> Repositories::Refs(std::string_view name) {
  TRY_STATUS(CheckRepositoryName(name));
  TRY_STATUS(home_.records().Get(RepositoryKindName(kind_), name));
  TRY(const auto records, ListParts(home_.records(), RefKind(kind_), name));
  std::vector<RepositoryRef> refs;
  for (const Record& record : records) {
    TRY(const GitId commit, ReadTarget(record, "target"));
    refs.push_back({std::string(PartOf(name, record)), commit, record.updated_ms, record.updated_by});
  }
  return refs;
}

Result<RepositoryVersion> Repositories::SetRef(std::string_view name, std::string_view ref,
                                               std::string_view revision,
                                               const std::optional<GitId>& expected, std::string_view who) {
  TRY_STATUS(CheckFullRefName(ref));
  TRY(RepositoryVersion target, Find(PartName(name, revision)));
  while (true) {
    TRY(const Head head, ReadHead(name, ref));
    if (head.ref && !expected)
      return Error{ErrorCode::kAlreadyExists, fmt::format("{} has {} already", name, ref),
                   "to move it, say where it stands now"};
    if (expected && !head.ref) return NotFound(fmt::format("{} has no {}", name, ref));
    if (expected && *expected != head.commit) return Stands(head.ref_name, head.commit.Hex());
    if (expected && head.commit == target.commit) return target;
    if (!head.ref) TRY_STATUS(CheckNewRef(head));
    auto moved = Move(head, target, std::nullopt, who);
    const bool lost = !moved && (moved.error().code == ErrorCode::kConflict ||
                                 moved.error().code == ErrorCode::kAlreadyExists);
    if (!lost) return moved;
  }
}

Status Repositories::DeleteRef(std::string_view name, std::string_view ref,
                               const std::optional<GitId>& expected, std::string_view who) {
  TRY_STATUS(CheckRepositoryName(name));
  TRY_STATUS(CheckFullRefName(ref));
  TRY(const auto record, GetIfThere(RefKind(kind_), PartName(name, ref)));
  if (!record) return NotFound(fmt::format("{} has no {}", name, ref));
  TRY(const GitId commit, ReadTarget(*record, "target"));
  if (expected && commit != *expected) return Stands(std::string(ref), commit.Hex());
  if (ref == "refs/heads/main")
    return InvalidArgument("main is what a repository's numbers count; it is not deleted");
  return home_.records().Delete(*record, who);
}

}  // namespace sinter
