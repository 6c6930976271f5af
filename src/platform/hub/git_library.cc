#include "platform/hub/git_library.h"

#include <algorithm>

#include <fmt/format.h>

namespace sinter {

void StartGitLibrary() {
  [[maybe_unused]] static const int started = [] {
    const int code = git_libgit2_init();
    for (const int level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
                            GIT_CONFIG_LEVEL_GLOBAL})
      git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    // The cache is ours whoever owns its files: a home that was copied, or a container with other numbers.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    return code;
  }();
}

Status GitDone(int code, std::string_view what) {
  if (code >= 0) return {};
  const git_error* last = git_error_last();
  const std::string_view message = last == nullptr ? "no reason given" : last->message;
  const bool memory = last != nullptr && last->klass == GIT_ERROR_NOMEMORY;
  return Error{memory ? ErrorCode::kResourceExhausted : ErrorCode::kCorrupt,
               fmt::format("git: {}: {}", what, message), ""};
}

git_oid OidOf(const GitId& id) {
  git_oid oid;
  git_oid_fromraw(&oid, id.bytes.data());
  return oid;
}

GitId IdOf(const git_oid& oid) {
  GitId id;
  std::copy_n(std::begin(oid.id), id.bytes.size(), id.bytes.begin());
  return id;
}

Result<GitRepository> OpenGitRepository(const Path& path) {
  StartGitLibrary();
  git_repository* repository = nullptr;
  TRY_STATUS(GitDone(git_repository_open_bare(&repository, path.c_str()), "open " + path.string()));
  return GitRepository(repository);
}

}  // namespace sinter
