// Whether a repository's packs hold what the records say.
#include <fmt/format.h>

#include "platform/hub/git_library.h"
#include "platform/hub/repository_head.h"

namespace sinter {
namespace {

// libgit2 hashes each object as it reads it, and refuses one that is not what its name says.
int ReadObject(const git_oid* oid, void* odb) {
  git_odb_object* raw = nullptr;
  const int code = git_odb_read(&raw, static_cast<git_odb*>(odb), oid);
  const GitOdbObject object(raw);
  return code;
}

Status ReadAllObjects(const Path& folder) {
  TRY(const GitRepository opened, OpenGitRepository(folder));
  git_odb* raw = nullptr;
  TRY_STATUS(GitDone(git_repository_odb(&raw, opened.get()), "open its objects"));
  const GitOdb odb(raw);
  return GitDone(git_odb_foreach(odb.get(), &ReadObject, odb.get()), "read its objects");
}

}  // namespace

Result<std::vector<Repositories::GitProblem>> Repositories::CheckGit(std::string_view name) {
  const std::string what = fmt::format("{} {}", RepositoryKindName(kind_), name);
  std::vector<GitProblem> problems;
  TRY(const auto commits, ListParts(home_.records(), CommitKind(kind_), name));
  TRY(const auto refs, Refs(name));
  cache_.Drop(name);  // what is laid out may be older than the damage
  const SweepHold hold = home_.store().Hold();
  const auto read = WithGit<bool>(name, [](const Path& folder) -> Result<bool> {
    TRY_STATUS(ReadAllObjects(folder));
    return true;
  });
  if (!read) {
    problems.push_back({what, read.error().message});
    return problems;
  }
  std::vector<std::string> known;
  for (const Record& record : commits) {
    TRY(const RepositoryVersion version, ReadCommit(record));
    known.push_back(version.commit.Hex());
    if (!version.removed.empty()) continue;
    const auto manifest = WithGit<Manifest>(
        name, [&](const Path& folder) { return ManifestOfGitCommit(folder, home_.store(), version.commit); });
    const std::string of = fmt::format("{} {}", RepositoryKindName(kind_), version.Ref());
    if (!manifest) {
      problems.push_back({of, manifest.error().message});
    } else if (VersionId(*manifest) != version.id) {
      problems.push_back({of, fmt::format("its commit {} holds other files than its manifest sha256:{} says",
                                          version.commit.Hex(), version.id.Hex())});
    }
  }
  for (const RepositoryRef& ref : refs) {
    if (std::ranges::find(known, ref.commit.Hex()) != known.end()) continue;
    problems.push_back(
        {what, fmt::format("{} stands at {}, which is none of its commits", ref.name, ref.commit.Hex())});
  }
  return problems;
}

}  // namespace sinter
