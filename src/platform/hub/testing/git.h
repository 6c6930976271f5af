// Git itself, as the judge of what we write: with a configuration of its own, whatever the machine has.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"

namespace sinter {

struct GitRun {
  int code = -1;
  std::string text;  // stdout and stderr
};

// Runs `git WORDS...`, with git-lfs' filters set up, as author "tester" at a fixed time. `home` is a folder
// of the test's, for the configuration.
GitRun RunGit(const Path& home, std::vector<std::string> words);

}  // namespace sinter
