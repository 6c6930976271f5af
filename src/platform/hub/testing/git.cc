#include "platform/hub/testing/git.h"

#include <utility>

#include "base/subprocess.h"

namespace sinter {

GitRun RunGit(const Path& home, std::vector<std::string> words) {
  const Path config = home / "gitconfig";
  std::error_code ignored;
  if (!std::filesystem::exists(config, ignored)) {
    const auto written = WriteFileAtomically(
        config,
        "[user]\n\tname = tester\n\temail = tester@sinter.invalid\n[init]\n\tdefaultBranch = main\n"
        "[safe]\n\tdirectory = *\n[filter \"lfs\"]\n\tclean = git-lfs clean -- %f\n"
        "\tsmudge = git-lfs smudge -- %f\n\tprocess = git-lfs filter-process\n\trequired = true\n");
    if (!written) return {-1, written.error().ToString()};
  }
  SubprocessOptions options;
  options.arguments = std::move(words);
  options.arguments.insert(options.arguments.begin(), "git");
  options.environment = {{"GIT_CONFIG_GLOBAL", config.string()},
                         {"GIT_CONFIG_NOSYSTEM", "1"},
                         {"HOME", home.string()},
                         {"GIT_TERMINAL_PROMPT", "0"},
                         {"GIT_AUTHOR_DATE", "1700000000 +0000"},
                         {"GIT_COMMITTER_DATE", "1700000000 +0000"},
                         {"LC_ALL", "C"}};
  auto done = RunProgram(std::move(options), std::chrono::seconds(60), size_t{64} << 20);
  if (!done) return {-1, done.error().ToString()};
  return {done->status.Ok() ? 0 : 1, std::move(done->text)};
}

}  // namespace sinter
