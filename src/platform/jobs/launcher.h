// Where attempts run. One interface: this machine now, a cluster's own scheduler later.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "platform/jobs/launch.h"

namespace sinter {

// What became of an attempt.
struct AttemptReport {
  enum class Kind {
    kRunning,
    kEnded,  // `exit` says how
    kLost,   // its keeper is gone and left no word: it was killed, or the machine went down
  };
  Kind kind = Kind::kRunning;
  JobExit exit;
  ProcessIdentity keeper;  // of kRunning
};

// One thread.
class Launcher {
 public:
  virtual ~Launcher() = default;
  // Starts it, once whatever happens: an attempt of that folder that was started or given up is not started
  // again (kAlreadyExists).
  virtual Result<ProcessIdentity> Start(const JobLaunch& launch, const Path& folder) = 0;
  // Asks it to end (SIGTERM to the command), or ends it.
  virtual void Ask(const ProcessIdentity& keeper) = 0;
  virtual void Kill(const ProcessIdentity& keeper) = 0;
  // Errors: kCorrupt where what the keeper wrote cannot be read.
  virtual Result<AttemptReport> Look(const ProcessIdentity& keeper, const Path& folder) = 0;
  // For one whose keeper is not known, since the server ended between writing the attempt down and starting
  // it: gives it up, so that it can never start, or finds who runs it.
  virtual Result<AttemptReport> Adopt(const Path& folder) = 0;
  // A descriptor that is readable when it has ended; -1: it has.
  virtual int Watch(const ProcessIdentity& keeper) = 0;
  // How commands are kept apart and limited, for people: "bubblewrap; cgroup v2". Any thread.
  virtual std::string Isolation() = 0;
};

struct LocalLauncherOptions {
  // The keeper's program and its first words; the folder follows.
  std::vector<std::string> keeper;
  // Runs commands without a sandbox. Only for who trusts every command.
  bool without_isolation = false;
};

// Processes of this machine, each with a keeper that outlives this one.
std::unique_ptr<Launcher> MakeLocalLauncher(LocalLauncherOptions options);

}  // namespace sinter
