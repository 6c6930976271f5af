// Named git repositories with numbered, immutable versions: data sets and models alike.
#pragma once

#include <optional>

#include "base/clock.h"
#include "platform/hub/git_cache.h"
#include "platform/hub/git_commit.h"
#include "platform/hub/home.h"
#include "platform/hub/manifest.h"
#include "platform/records/records.h"

namespace sinter {

enum class RepositoryKind { kDataset, kModel };
std::string_view RepositoryKindName(RepositoryKind kind);  // "dataset", "model"

// A commit, and what is known of it besides.
struct RepositoryVersion {
  std::string repository;
  int64_t number = 0;  // from 1: which of main's; 0: main never was there
  GitId commit;
  Sha256Digest id;      // of the manifest, which follows from the commit
  std::string details;  // a JSON object: what the one who added it said about it (run, metrics ...)
  uint64_t bytes = 0;   // of all files
  int64_t created_ms = 0;
  std::string created_by;
  // {"at_ms","by","reason"} of a version whose files were removed; empty: they are there.
  std::string removed;
  std::string Ref() const;  // "name@3", or "name@0123456789ab" without a number
};

struct RepositoryInfo {
  std::string name;
  int64_t latest = 0;  // how often main moved: the newest number
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
  std::string created_by;
};

struct RepositoryPage {
  std::vector<RepositoryInfo> repositories;
  std::string next;
};

// A branch or a tag.
struct RepositoryRef {
  std::string name;  // "refs/heads/main", "refs/tags/good"
  GitId commit;
  int64_t updated_ms = 0;
  std::string updated_by;
};

struct NewVersion {
  Manifest manifest;  // its files are in the store; a .gitattributes at the root is left out, the hub's own
  std::string details = "{}";
  std::string message;          // of the commit; empty: "Version N"
  std::string branch = "main";  // which is there, but for main
  std::optional<GitId> parent;  // kConflict where the branch stands elsewhere
  bool even_if_same = false;    // a version of its own also where no file changed
};

// {"source":"..."}: in a model's version whose bytes are elsewhere, or that is no model as MLflow packs it.
inline constexpr std::string_view kModelSourceFile = "mlflow-source.json";

// "fashion" or "owner/fashion": parts of letters, digits, '-', '_' and '.', at most 96 each, starting with a
// letter or digit, not ending in ".git".
Status CheckRepositoryName(std::string_view name);

// Any thread. The home outlives it. Whatever changes a branch does so in one transaction with the version and
// the pack that it brings.
class Repositories {
 public:
  // `admit` may refuse a new version, before anything of it is written down.
  using Admit = std::function<Status(std::string_view name, const Manifest& manifest)>;
  Repositories(RepositoryKind kind, Home& home, Admit admit = {});

  // Makes the manifest the next commit of a branch, and the repository where it is new. The files that the
  // kind asks for must be among it: dataset.json, or signature.json and a model, or MLflow's MLmodel. A
  // manifest that is the branch's already is that version: nothing is added.
  Result<RepositoryVersion> Commit(std::string_view name, const NewVersion& version, std::string_view who);
  Result<RepositoryVersion> Add(std::string_view name, const Manifest& manifest, std::string_view details,
                                std::string_view who);
  // A commit that was made elsewhere, with the pack that brings what of it is not here, becomes a branch's
  // head; the branch stood at `parent` (none: it is made). Its tree is held to the rules of any version.
  Result<RepositoryVersion> Accept(std::string_view name, std::span<const std::byte> pack,
                                   const GitId& commit, std::string_view branch,
                                   const std::optional<GitId>& parent, std::string_view who);

  // "name" or "name@latest" (main), "name@3", "name@BRANCH", "name@TAG", "name@refs/...", "name@" and 7 or
  // more digits of a commit that was a branch's head. kNotFound, with who and why, for one that was removed.
  Result<RepositoryVersion> Find(std::string_view ref);
  // Newest first, 1,000 at most; removed ones too.
  Result<std::vector<RepositoryVersion>> Versions(std::string_view name);
  // The one that a record of VersionKind() stands for, removed or not.
  Result<RepositoryVersion> VersionOf(const Record& record);
  Result<RepositoryPage> List(std::string_view after = {}, int limit = 100);
  Result<Manifest> ManifestOf(const RepositoryVersion& version) {
    return ReadManifest(home_.store(), version.id);
  }
  // A version's commit and those before it, newest first.
  Result<std::vector<GitLogEntry>> Log(const RepositoryVersion& version, size_t skip, size_t limit);

  // Branches and tags by their full names, "refs/heads/..." and "refs/tags/...".
  Result<std::vector<RepositoryRef>> Refs(std::string_view name);
  // Makes it, or moves it from `expected` (kAlreadyExists, kConflict), to the commit of `revision`: whatever
  // stands after '@' in Find. main moves by getting a new number, forward or back.
  Result<RepositoryVersion> SetRef(std::string_view name, std::string_view ref, std::string_view revision,
                                   const std::optional<GitId>& expected, std::string_view who);
  // Its commits stay, and can be named. main is not deleted.
  Status DeleteRef(std::string_view name, std::string_view ref, const std::optional<GitId>& expected,
                   std::string_view who);

  // A version's files are given up: they are not found any more, and the next collection of garbage frees
  // those that no other version holds. Its commit stays in the history, with the small texts that git itself
  // keeps. Twice the same does nothing.
  Result<RepositoryVersion> RemoveVersion(std::string_view ref, std::string_view reason,
                                          std::string_view who);
  // The repository with all its versions and its history. Cut off in the middle, it is there still, with
  // fewer versions: removed again, it goes. Its record in the history says why. kConflict where somebody goes
  // on writing to it.
  Status Remove(std::string_view name, std::string_view reason, std::string_view who);

  // The bare repository on this disk, as of now; a cache.
  Result<Path> GitFolder(std::string_view name);
  // Each commit brings a pack of its own; all of them become one. Done by itself when there are kMostPacks.
  Status Repack(std::string_view name);
  static constexpr size_t kMostPacks = 64;
  // Reads every object of every pack, and every version's tree, which must be the one that is recorded. What
  // is wrong, each with what it is wrong of: "model fashion@2".
  struct GitProblem {
    std::string of, message;
  };
  Result<std::vector<GitProblem>> CheckGit(std::string_view name);
  // What the records keep of a home of layout 1 becomes commits. Twice the same does nothing.
  Status MigrateFromLayout1();

 private:
  struct Head;  // a ref and its repository as they were read
  Status CheckFiles(const Manifest& manifest) const;
  Result<std::optional<Record>> GetIfThere(const std::string& kind, std::string_view name);
  Result<RepositoryVersion> FindAny(std::string_view ref);  // removed ones too
  Result<RepositoryVersion> GetCommit(std::string_view name, const GitId& commit);
  Result<RepositoryVersion> GetVersion(std::string_view name, int64_t number);
  Result<RepositoryVersion> GetByPrefix(std::string_view name, std::string_view prefix);
  Result<Head> ReadHead(std::string_view name, std::string_view ref);
  Status CheckNewRef(const Head& head);
  // Moves the head to a version in one transaction; kConflict or kAlreadyExists where somebody was faster.
  Result<RepositoryVersion> Move(const Head& head, RepositoryVersion version,
                                 const std::optional<GitPack>& pack, std::string_view who);
  Status MigrateVersion(const Record& record, RepositoryVersion version);
  void RepackIfMany(std::string_view name);
  Result<GitState> State(std::string_view name);
  template <class T>
  Result<T> WithGit(std::string_view name, const std::function<Result<T>(const Path&)>& use) {
    return cache_.With<T>(name, [this, name] { return State(name); }, use);
  }
  RepositoryKind kind_;
  Home& home_;
  Admit admit_;
  GitCache cache_;
};

}  // namespace sinter
