#include "platform/hub/work_tree.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/hash.h"
#include "platform/hub/git_library.h"

namespace sinter {
namespace {

using GitDiff = GitOwner<git_diff, &git_diff_free>;

constexpr size_t kMostFiles = 10'000;
constexpr int64_t kLargestFile = int64_t{16} << 20;

// As git itself does: what another user's repository says is not followed.
Status CheckOwner(git_repository* repository) {
  struct stat about{};
  const char* path = git_repository_path(repository);
  if (stat(path, &about) != 0) return SystemError(errno, "looking at", path);
  if (about.st_uid == geteuid() || about.st_uid == 0) return {};
  return Error{ErrorCode::kPermissionDenied, fmt::format("{} belongs to another user", path), ""};
}

Result<GitDiff> DiffToFiles(git_repository* repository, git_tree* tree) {
  git_diff_options options;
  TRY_STATUS(GitDone(git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION), "diff options"));
  options.flags =
      GIT_DIFF_INCLUDE_UNTRACKED | GIT_DIFF_RECURSE_UNTRACKED_DIRS | GIT_DIFF_SHOW_UNTRACKED_CONTENT;
  options.ignore_submodules = GIT_SUBMODULE_IGNORE_ALL;
  options.max_size = kLargestFile;
  options.id_abbrev = GIT_OID_HEXSZ;
  git_diff* diff = nullptr;
  TRY_STATUS(GitDone(git_diff_tree_to_workdir_with_index(&diff, repository, tree, &options),
                     "compare the files with the commit"));
  return GitDiff(diff);
}

Result<std::string> HashOf(git_diff* diff, size_t files) {
  Sha256 hash;
  for (size_t i = 0; i < files; ++i) {
    const git_diff_delta* delta = git_diff_get_delta(diff, i);
    hash.Update(fmt::format("{} {} {}\n", static_cast<int>(delta->status), delta->new_file.path,
                            delta->new_file.size));
  }
  const auto add = [](const git_diff_delta*, const git_diff_hunk*, const git_diff_line* line,
                      void* to) -> int {
    static_cast<Sha256*>(to)->Update({&line->origin, 1});
    static_cast<Sha256*>(to)->Update({line->content, line->content_len});
    return 0;
  };
  TRY_STATUS(GitDone(git_diff_print(diff, GIT_DIFF_FORMAT_PATCH, add, &hash), "read the difference"));
  return hash.Finish().Hex();
}

}  // namespace

Result<std::optional<WorkTreeState>> StateOfWorkTree(const Path& folder) {
  StartGitLibrary();
  git_repository* opened = nullptr;
  const int code = git_repository_open_ext(&opened, folder.c_str(), 0, nullptr);
  if (code == GIT_ENOTFOUND) return std::optional<WorkTreeState>();
  TRY_STATUS(GitDone(code, "open the repository of " + folder.string()));
  const GitRepository repository(opened);
  if (git_repository_is_bare(repository.get()) == 1) return std::optional<WorkTreeState>();
  TRY_STATUS(CheckOwner(repository.get()));
  WorkTreeState state;
  GitTree tree;
  if (git_repository_head_unborn(repository.get()) == 0) {
    git_oid id;
    TRY_STATUS(GitDone(git_reference_name_to_id(&id, repository.get(), "HEAD"), "read HEAD"));
    state.commit = IdOf(id).Hex();
    git_commit* found = nullptr;
    TRY_STATUS(GitDone(git_commit_lookup(&found, repository.get(), &id), "read the commit of HEAD"));
    const GitCommit commit(found);
    git_tree* files = nullptr;
    TRY_STATUS(GitDone(git_commit_tree(&files, commit.get()), "read the tree of HEAD"));
    tree.reset(files);
  }
  TRY(const GitDiff diff, DiffToFiles(repository.get(), tree.get()));
  const size_t files = git_diff_num_deltas(diff.get());
  if (files > kMostFiles)
    return Error{ErrorCode::kResourceExhausted,
                 fmt::format("{} files differ from the commit; at most {} are looked at", files, kMostFiles),
                 ""};
  state.dirty = files != 0;
  if (state.dirty) {
    TRY(state.diff, HashOf(diff.get(), files));
  }
  return std::optional(std::move(state));
}

}  // namespace sinter
