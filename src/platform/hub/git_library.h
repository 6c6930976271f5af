// libgit2 with our errors and with owners for what it hands out. For .cc files of this room alone.
#pragma once

#include <git2.h>

#include <memory>
#include <string_view>

#include "base/file.h"
#include "base/result.h"
#include "platform/hub/git_id.h"

namespace sinter {

template <auto kFree>
struct GitFree {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
template <class T, auto kFree>
using GitOwner = std::unique_ptr<T, GitFree<kFree>>;

using GitRepository = GitOwner<git_repository, &git_repository_free>;
using GitOdb = GitOwner<git_odb, &git_odb_free>;
using GitOdbObject = GitOwner<git_odb_object, &git_odb_object_free>;
using GitTree = GitOwner<git_tree, &git_tree_free>;
using GitTreeBuilder = GitOwner<git_treebuilder, &git_treebuilder_free>;
using GitCommit = GitOwner<git_commit, &git_commit_free>;
using GitSignature = GitOwner<git_signature, &git_signature_free>;
using GitRevwalk = GitOwner<git_revwalk, &git_revwalk_free>;
using GitPackbuilder = GitOwner<git_packbuilder, &git_packbuilder_free>;
using GitIndexer = GitOwner<git_indexer, &git_indexer_free>;
using GitPatch = GitOwner<git_patch, &git_patch_free>;

// Once before anything else: settings of the user or the system must not change what we write or read.
void StartGitLibrary();

// What a call gave: kCorrupt where the repository lacks or garbles something, which is then rebuilt from the
// store; kResourceExhausted where memory is out. `what` is what was tried.
Status GitDone(int code, std::string_view what);

git_oid OidOf(const GitId& id);
GitId IdOf(const git_oid& oid);

// A bare repository; one thread, and closed before long: whoever rebuilds the cache expects no other.
Result<GitRepository> OpenGitRepository(const Path& path);

}  // namespace sinter
