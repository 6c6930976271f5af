#include <fmt/format.h>

#include "base/scratch_folder.h"
#include "base/utf8.h"
#include "platform/hub/git_commit.h"
#include "platform/hub/git_library.h"
#include "platform/hub/git_names.h"
#include "platform/hub/lfs_pointer.h"

namespace sinter {
namespace {

constexpr size_t kDeepest = 512;  // folders: a path of 1,024 bytes has no more
// Entries looked at: folders within folders that are one object cost nothing to send and much to walk.
constexpr size_t kMostEntries = 2 * kManifestFiles;

class TreeReader {
 public:
  // Without a store, names alone are looked at.
  TreeReader(git_repository* repository, git_odb* odb, BlobStore* store)
      : repository_(repository), odb_(odb), store_(store) {}

  Status Read(const git_oid& oid, const std::string& folder, size_t depth) {
    if (depth > kDeepest) return InvalidArgument("a git tree with folders deeper than 512");
    git_tree* raw = nullptr;
    TRY_STATUS(GitDone(git_tree_lookup(&raw, repository_, &oid), "read the tree of /" + folder));
    const GitTree tree(raw);
    const size_t count = git_tree_entrycount(tree.get());
    entries_ += count;
    if (entries_ > kMostEntries)
      return Error{ErrorCode::kResourceExhausted,
                   fmt::format("a git tree of more than {} entries", kMostEntries), ""};
    for (size_t i = 0; i < count; ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
      const std::string path = folder + git_tree_entry_name(entry);
      const git_oid& id = *git_tree_entry_id(entry);
      TRY_STATUS(CheckGitPath(path));
      switch (git_tree_entry_filemode(entry)) {
        case GIT_FILEMODE_TREE:
          TRY_STATUS(Read(id, path + "/", depth + 1));
          break;
        case GIT_FILEMODE_BLOB:
        case GIT_FILEMODE_BLOB_EXECUTABLE:
          if (store_ != nullptr && path != kGitAttributes) TRY_STATUS(ReadBlob(id, path));
          break;
        default:
          return InvalidArgument(fmt::format("'{}' is a symbolic link or a submodule", path),
                                 "put the file itself there");
      }
    }
    return {};
  }

  Result<Manifest> Finish() {
    TRY(Manifest manifest, Manifest::Make(std::move(files_)));
    TRY_STATUS(CheckGitTree(manifest.files));
    return manifest;
  }

 private:
  Status ReadBlob(const git_oid& oid, const std::string& path) {
    git_odb_object* raw = nullptr;
    TRY_STATUS(GitDone(git_odb_read(&raw, odb_, &oid), "read " + path));
    const GitOdbObject object(raw);
    if (git_odb_object_type(object.get()) != GIT_OBJECT_BLOB)
      return InvalidArgument(fmt::format("'{}' is no file in git", path));
    const std::string_view bytes(static_cast<const char*>(git_odb_object_data(object.get())),
                                 git_odb_object_size(object.get()));
    auto pointer = ParseLfsPointer(bytes);
    if (!pointer) return InvalidArgument(fmt::format("'{}': {}", path, pointer.error().message));
    ManifestFile file{path, 0, {}};
    if (*pointer) {
      file.size = (*pointer)->size;
      file.sha256 = (*pointer)->oid;
      const auto size = store_->Size(file.sha256);
      if (!size) return Error(size.error()).In(fmt::format("'{}': the blob of its git-lfs pointer", path));
      if (*size != file.size) {
        return Corrupt(
            fmt::format("'{}': its git-lfs pointer says {} bytes, the blob has {}", path, file.size, *size));
      }
    } else {
      TRY(const BlobInfo blob, store_->Put(bytes));
      file.size = blob.size;
      file.sha256 = blob.digest;
    }
    files_.push_back(std::move(file));
    return {};
  }

  git_repository* repository_;
  git_odb* odb_;
  BlobStore* store_;
  std::vector<ManifestFile> files_;
  size_t entries_ = 0;
};

Result<GitCommit> Lookup(git_repository* repository, const GitId& id) {
  const git_oid oid = OidOf(id);
  git_commit* raw = nullptr;
  TRY_STATUS(GitDone(git_commit_lookup(&raw, repository, &oid), "read commit " + id.Short()));
  return GitCommit(raw);
}

std::string Utf8Or(const char* text, std::string_view otherwise) {
  return text != nullptr && IsUtf8(text) ? std::string(text) : std::string(otherwise);
}

Result<Manifest> ReadCommit(git_repository* repository, BlobStore* store, const GitId& commit) {
  git_odb* raw = nullptr;
  TRY_STATUS(GitDone(git_repository_odb(&raw, repository), "open its objects"));
  const GitOdb odb(raw);
  TRY(const GitCommit found, Lookup(repository, commit));
  TreeReader reader(repository, odb.get(), store);
  TRY_STATUS(reader.Read(*git_commit_tree_id(found.get()), "", 0));
  return reader.Finish();
}

constexpr size_t kMostPushed = 1000;  // commits at once

// All commits from `commit` back to what some ref of `known` names, by their objects in that repository.
Status CheckNewCommits(git_repository* quarantine, git_odb* known, const GitId& commit) {
  git_revwalk* raw = nullptr;
  TRY_STATUS(GitDone(git_revwalk_new(&raw, quarantine), "walk the history"));
  const GitRevwalk walk(raw);
  const git_oid first = OidOf(commit);
  TRY_STATUS(GitDone(git_revwalk_push(walk.get(), &first), "walk from " + commit.Short()));
  auto hide = [](const git_oid* oid, void* odb) { return git_odb_exists(static_cast<git_odb*>(odb), oid); };
  TRY_STATUS(GitDone(git_revwalk_add_hide_cb(walk.get(), hide, known), "walk the history"));
  git_oid oid;
  for (size_t seen = 0;; ++seen) {
    const int code = git_revwalk_next(&oid, walk.get());
    if (code == GIT_ITEROVER) return {};
    TRY_STATUS(GitDone(code, "walk the history"));
    if (seen == kMostPushed)
      return Error{ErrorCode::kResourceExhausted, fmt::format("more than {} commits at once", kMostPushed),
                   ""};
    TRY_STATUS(ReadCommit(quarantine, nullptr, IdOf(oid)));
  }
}

}  // namespace

Result<Manifest> ManifestOfGitCommit(const Path& repository, BlobStore& store, const GitId& commit) {
  TRY(const GitRepository opened, OpenGitRepository(repository));
  return ReadCommit(opened.get(), &store, commit);
}

Result<PushedCommit> ReadPush(const Path& repository, BlobStore& store, std::span<const std::byte> pack,
                              const GitId& commit) {
  TRY(const auto scratch, ScratchFolder::Create());
  const Path quarantine = scratch->path() / "quarantine.git";
  for (const char* part : {"objects/pack", "objects/info", "refs/heads"})
    TRY_STATUS(MakeFolders(quarantine / part));
  TRY_STATUS(WriteFileAtomically(quarantine / "HEAD", "ref: refs/heads/main\n"));
  TRY_STATUS(WriteFileAtomically(quarantine / "objects" / "info" / "alternates",
                                 std::filesystem::absolute(repository / "objects").string() + "\n"));
  TRY(const PackFiles files, IndexPack(repository, pack, quarantine / "objects" / "pack"));
  TRY(const GitRepository opened, OpenGitRepository(quarantine));
  git_odb* raw = nullptr;
  TRY_STATUS(GitDone(git_odb_open(&raw, (repository / "objects").c_str()), "open its objects"));
  const GitOdb known(raw);
  const git_oid oid = OidOf(commit);
  git_odb* all = nullptr;
  TRY_STATUS(GitDone(git_repository_odb(&all, opened.get()), "open its objects"));
  if (const GitOdb held(all); git_odb_exists(held.get(), &oid) == 0)
    return InvalidArgument(fmt::format("the pack does not hold the commit {}", commit.Hex()));
  TRY_STATUS(CheckNewCommits(opened.get(), known.get(), commit));
  PushedCommit pushed;
  TRY(pushed.manifest, ReadCommit(opened.get(), &store, commit));
  TRY(pushed.pack, StorePack(store, files));
  return pushed;
}

Result<std::vector<GitLogEntry>> GitLog(const Path& repository, const GitId& commit, size_t skip,
                                        size_t limit) {
  TRY(const GitRepository opened, OpenGitRepository(repository));
  git_revwalk* raw = nullptr;
  TRY_STATUS(GitDone(git_revwalk_new(&raw, opened.get()), "walk the history"));
  const GitRevwalk walk(raw);
  TRY_STATUS(GitDone(git_revwalk_sorting(walk.get(), GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME), "walk"));
  const git_oid first = OidOf(commit);
  TRY_STATUS(GitDone(git_revwalk_push(walk.get(), &first), "walk from " + commit.Short()));
  std::vector<GitLogEntry> log;
  git_oid oid;
  while (log.size() < limit) {
    const int code = git_revwalk_next(&oid, walk.get());
    if (code == GIT_ITEROVER) break;
    TRY_STATUS(GitDone(code, "walk the history"));
    if (skip > 0) {
      --skip;
      continue;
    }
    TRY(const GitCommit found, Lookup(opened.get(), IdOf(oid)));
    const git_signature* author = git_commit_author(found.get());
    GitLogEntry entry{IdOf(oid),
                      {},
                      Utf8Or(author->name, "?"),
                      int64_t{author->when.time} * 1000,
                      Utf8Or(git_commit_message(found.get()), "(not UTF-8)")};
    for (unsigned i = 0; i < git_commit_parentcount(found.get()); ++i)
      entry.parents.push_back(IdOf(*git_commit_parent_id(found.get(), i)));
    log.push_back(std::move(entry));
  }
  return log;
}

}  // namespace sinter
