// A version as git has it: written as a pack, read back as a manifest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/hub/git_pack.h"
#include "platform/hub/manifest.h"

namespace sinter {

struct NewGitCommit {
  const Manifest* manifest = nullptr;  // its files are in the store
  std::vector<GitId> parents;          // in the repository
  std::string author;                  // a name; whatever git cannot hold in one becomes '-'
  int64_t at_ms = 0;                   // whole seconds are kept, UTC
  std::string message;
};

struct WrittenGitCommit {
  GitId commit;                 // follows from NewGitCommit alone
  std::optional<GitPack> pack;  // the objects that the repository had not, in the store; none: it had all
};

// What is small and text is an object of git; the rest, and what begins as a pointer does, is a git-lfs
// pointer to its blob, named in a .gitattributes at the root. The repository on the disk is not touched. A
// file that is a pointer is kInvalidArgument: its reader, and git-lfs, would take it for the file that it
// names. kResourceExhausted where the new small files are more than 256 MiB.
Result<WrittenGitCommit> WriteGitCommit(const Path& repository, BlobStore& store, const NewGitCommit& wanted);

// The manifest of a commit's tree, the root's .gitattributes left out: that says how git keeps files, not
// what the version holds. Files that are objects of git are put into the store; a pointer's blob must be
// there (kNotFound), of its size. Lying pointers, symbolic links, submodules and names that are not safe are
// refused (kInvalidArgument).
Result<Manifest> ManifestOfGitCommit(const Path& repository, BlobStore& store, const GitId& commit);

// A commit that comes with the pack of what is not in the repository yet, looked at in quarantine: every new
// commit's tree holds safe names alone, and its own tree is a version's. Nothing is kept of a push that is
// refused, but for files put into the store.
struct PushedCommit {
  Manifest manifest;
  GitPack pack;  // in the store
};
Result<PushedCommit> ReadPush(const Path& repository, BlobStore& store, std::span<const std::byte> pack,
                              const GitId& commit);

struct GitLogEntry {
  GitId commit;
  std::vector<GitId> parents;
  std::string author;
  int64_t at_ms = 0;
  std::string message;
};
// A commit and what came before it, newest first, after `skip` of them.
Result<std::vector<GitLogEntry>> GitLog(const Path& repository, const GitId& commit, size_t skip,
                                        size_t limit);

}  // namespace sinter
