// Repositories as they are kept, for the files of this room. Names of records, of a repository NAME:
//   KIND          NAME            status {"latest": 3}
//   KIND_ref      NAME@refs/...   spec {"target": COMMIT}
//   KIND_version  NAME@000000003  spec {"commit": COMMIT}: what main was when it moved for the third time
//   KIND_commit   NAME@COMMIT     what the version holds and what was said about it
//   KIND_pack     NAME@PACK       where its objects lie
#pragma once

#include <string>
#include <string_view>

#include "platform/hub/git_cache.h"
#include "platform/hub/repositories.h"

namespace sinter {

inline constexpr std::string_view kBranches = "refs/heads/";
inline constexpr std::string_view kTags = "refs/tags/";

std::string RefKind(RepositoryKind kind);
std::string VersionKind(RepositoryKind kind);
std::string CommitKind(RepositoryKind kind);
std::string PackKind(RepositoryKind kind);

std::string PartName(std::string_view repository, std::string_view part);    // "NAME@part"
std::string_view PartOf(std::string_view repository, const Record& record);  // the part again
// Numbers are padded, so that versions list in their order.
std::string VersionName(std::string_view repository, int64_t number);
struct VersionRef {
  std::string repository;
  int64_t number = 0;
};
Result<VersionRef> ReadVersionName(std::string_view name);  // of a record

// `removing`: why all of it is going; empty: it stays.
std::string RepositoryStatusText(int64_t latest, std::string_view removing = {});
Result<RepositoryInfo> ReadRepository(const Record& record);

std::string CommitSpecText(const RepositoryVersion& version);
std::string CommitStatusText(int64_t number, std::string_view removed = {});
Result<RepositoryVersion> ReadCommit(const Record& record);

std::string TargetSpecText(std::string_view field, const GitId& commit);
Result<GitId> ReadTarget(const Record& record, std::string_view field);

std::string PackSpecText(const GitPack& pack);
Result<GitPack> ReadPack(std::string_view repository, const Record& record);

// All records of a kind whose names begin with "NAME@prefix".
Result<std::vector<Record>> ListParts(Records& records, const std::string& kind, std::string_view repository,
                                      std::string_view prefix = {});

}  // namespace sinter
