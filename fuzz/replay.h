// The corpora as tests: every file of a target's folder is run, and what was to be reached must be.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "fuzz/fuzz.h"

namespace sinter {

struct ReplayReport {
  std::map<std::string, int> outcomes;  // "accepted" or an error's name: how many inputs
  int inputs = 0;
  std::vector<std::string> faults;  // what is wrong; empty: the replay passed
};

// Runs all files of `corpus`, by name. Each is named on stderr before it runs, where `say` is set: an abort
// then tells which it was. Faults: no inputs; an outcome of the target that none reached; a file larger than
// the target takes; a folder inside.
ReplayReport ReplayCorpus(const FuzzTarget& target, const Path& corpus, bool say = false);

}  // namespace sinter
