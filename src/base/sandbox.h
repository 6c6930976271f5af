// Running what is not trusted: in bubblewrap, where it sees the system's programs, one folder of its own, and
// nothing else of this machine.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace sinter {

struct SandboxOptions {
  std::vector<std::string> command;
  // All that it gets, besides PATH, HOME, LANG and TMPDIR.
  std::vector<std::pair<std::string, std::string>> environment;
  // The one folder that it may write. It sees it as /job, and starts and is at home there.
  Path work;
  std::vector<Path> readable;  // besides /usr and what programs read of /etc; seen under their own names
  bool network = false;        // this machine's, loopback included; else it has none
  // A descriptor that bubblewrap writes {"child-pid": N} to, N being the sandbox's first process as seen from
  // here; -1: none.
  int info_fd = -1;
};

// bubblewrap's command line. The sandbox ends with the process that starts it. No capabilities, own
// namespaces of users, mounts, processes, names and messages; /tmp and /dev/shm are its own, in memory.
std::vector<std::string> SandboxCommand(const SandboxOptions& options);

// Whether bubblewrap is here and may do its work; kUnsupported, with what it said, where not. Runs it once.
Status CheckSandbox();

}  // namespace sinter
