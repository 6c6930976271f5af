// Other programs: started with their own process group, waited for within a time, their output bounded.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/file.h"
#include "base/result.h"

namespace sinter {

struct SubprocessOptions {
  std::vector<std::string> arguments;  // the program first; sought in PATH unless it has a '/'
  std::vector<std::pair<std::string, std::string>> environment;  // beside this process's own
  std::optional<Path> output;  // where stdout and stderr go; absent: this process's
  bool own_group = true;       // so that it and its children can be killed together
  bool dies_with_us = true;    // SIGTERM when the thread that started it ends
};

struct ExitStatus {
  int code = 0;    // of exit
  int signal = 0;  // that ended it; 0: it exited
  bool Ok() const { return code == 0 && signal == 0; }
  std::string ToString() const;  // "exit code 3", "killed by signal 9"
};

// One thread. Destroyed while it runs, it is killed.
class Subprocess {
 public:
  // Errors: kNotFound for a program that is not there.
  static Result<Subprocess> Start(const SubprocessOptions& options);
  Subprocess(Subprocess&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), own_group_(other.own_group_) {}
  Subprocess& operator=(Subprocess&& other) noexcept;
  ~Subprocess();
  pid_t pid() const { return pid_; }
  ExitStatus Wait();
  // Empty: it still runs.
  std::optional<ExitStatus> WaitFor(std::chrono::milliseconds patience);
  void Signal(int signal);  // to its whole group
  // SIGTERM, then SIGKILL after `patience`.
  ExitStatus Stop(std::chrono::milliseconds patience = std::chrono::milliseconds(2000));

 private:
  Subprocess(pid_t pid, bool own_group) : pid_(pid), own_group_(own_group) {}
  pid_t pid_ = -1;
  bool own_group_ = true;
};

struct ProgramOutput {
  ExitStatus status;
  std::string text;  // of stdout and stderr together
};
// Runs to the end. Errors: more output than `limit` bytes, longer than `patience` (it is killed).
Result<ProgramOutput> RunProgram(SubprocessOptions options, std::chrono::milliseconds patience,
                                 size_t limit = size_t{1} << 20);

}  // namespace sinter
