#include "platform/jobs/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json.h"
#include "base/sandbox.h"
#include "platform/jobs/launch.h"
#include "platform/jobs/usage_log.h"

namespace sinter {
namespace {

struct Descriptor {
  explicit Descriptor(int fd = -1) : fd(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd, other.fd);
    return *this;
  }
  ~Descriptor() { Close(); }
  void Close() {
    if (fd >= 0) close(std::exchange(fd, -1));
  }
  int fd;
};

struct Started {
  pid_t pid = -1;
  Descriptor info;  // bubblewrap's; -1 where there is none
};

// What a child says before it can run the command.
constexpr int kCannotStart = 127;

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}
double Seconds(const rusage& used) { return Seconds(used.ru_utime) + Seconds(used.ru_stime); }

class Keeper {
 public:
  explicit Keeper(Path folder) : folder_(std::move(folder)) {}

  Status Run() {
    TRY_STATUS(ClaimAttempt(folder_));
    // Before the command is there, so that no signal is lost.
    sigset_t watched;
    sigemptyset(&watched);
    for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&watched, signal);
    sigprocmask(SIG_BLOCK, &watched, &before_);
    signals_ = Descriptor(signalfd(-1, &watched, SFD_CLOEXEC));
    JobExit exit;
    if (Status kept = Keep(exit); !kept) exit.problem = kept.error().ToString();
    exit.ended_ms = Clock::Real().UnixMillis();
    return WriteFileAtomically(folder_ / kExitFile, JobExitText(exit));
  }

 private:
  Status Keep(JobExit& exit) {
    TRY(const std::string text, ReadFile(folder_ / kLaunchFile, 4 << 20));
    TRY(const JobLaunch launch, ParseJobLaunch(text));
    TRY_STATUS(MakeFolders(launch.work));
    TRY(const auto limits, ResourceLimits::Create("sinter-" + launch.name, launch.amount));
    exit.limits = LimitMethodName(limits->method());
    TRY(const Started started, Start(launch, *limits));
    UsageLog usage(folder_, started.pid);
    double waited_seconds = 0;
    const int status = Wait(started, usage, waited_seconds);
    if (WIFSIGNALED(status))
      exit.signal = WTERMSIG(status);
    else
      exit.code = WEXITSTATUS(status);
    exit.out_of_memory = limits->RanOutOfMemory().value_or(false);
    exit.cpu_seconds = limits->CpuSeconds().value_or(waited_seconds);
    return {};
  }

  Result<Started> Start(const JobLaunch& launch, const ResourceLimits& limits) {
    Descriptor log(open((folder_ / kLogFile).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (log.fd < 0) return SystemError(errno, "opening", folder_ / kLogFile);
    int pipe_ends[2] = {-1, -1};
    if (launch.isolated && pipe(pipe_ends) != 0) return SystemError(errno, "making a pipe for", folder_);
    Descriptor info_read(pipe_ends[0]), info_write(pipe_ends[1]);
    if (info_read.fd >= 0) fcntl(info_read.fd, F_SETFD, FD_CLOEXEC);
    SandboxOptions sandbox{launch.command,  launch.environment, launch.work,
                           launch.readable, launch.network,     info_write.fd};
    // All that the child needs is made before the fork: after it, it may not allocate.
    std::vector<std::string> words = launch.isolated ? SandboxCommand(sandbox) : launch.command;
    std::vector<std::string> variables;
    if (!launch.isolated)
      for (const auto& [name, value] : launch.environment)
        variables.push_back(fmt::format("{}={}", name, value));
    std::vector<char*> arguments, environment;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    for (char** e = environ; *e != nullptr; ++e) environment.push_back(*e);
    for (std::string& variable : variables) environment.push_back(variable.data());
    environment.push_back(nullptr);
    prctl(PR_SET_CHILD_SUBREAPER, 1);  // SecondsOfOrphans
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) return SystemError(errno, "starting the command of", folder_);
    if (pid == 0) {
      setsid();
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(kCannotStart);
      sigprocmask(SIG_SETMASK, &before_, nullptr);
      dup2(log.fd, STDOUT_FILENO);
      dup2(log.fd, STDERR_FILENO);
      const auto fail = [](const char* what) {
        dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(errno));
        _exit(kCannotStart);
      };
      if (!limits.EnterInChild()) fail("the limits cannot be set");
      if (!launch.isolated && chdir(launch.work.c_str()) != 0) fail("its folder cannot be entered");
      execvpe(arguments[0], arguments.data(), environment.data());
      fail(arguments[0]);
    }
    return Started{pid, std::move(info_read)};
  }

  // Until the command has ended; passes on the wish that it end.
  int Wait(const Started& started, UsageLog& usage, double& cpu_seconds) {
    for (;;) {
      int status = 0;
      rusage used{};
      const pid_t ended = wait4(started.pid, &status, WNOHANG, &used);
      if (ended == started.pid) {
        cpu_seconds = Seconds(used) + SecondsOfOrphans();
        return status;
      }
      usage.SampleIfDue();
      pollfd wait{signals_.fd, POLLIN, 0};
      poll(&wait, 1, 1000);  // a second: signals may run into one
      signalfd_siginfo info{};
      if ((wait.revents & POLLIN) == 0 || read(signals_.fd, &info, sizeof(info)) != sizeof(info)) continue;
      if (info.ssi_signo == SIGTERM) PassOn(started, SIGTERM);
      // The sandbox's first process takes all of it along; without one, its group.
      if (info.ssi_signo == SIGINT && kill(-started.pid, SIGKILL) != 0) kill(started.pid, SIGKILL);
    }
  }

  // bubblewrap does not wait for the first process of the sandbox, which has waited for all others there: it
  // comes to us, a moment later. What a command without a sandbox left running is not waited for.
  static double SecondsOfOrphans() {
    double seconds = 0;
    for (int patience = 50; patience > 0; --patience) {
      int status = 0;
      rusage used{};
      const pid_t ended = wait4(-1, &status, WNOHANG, &used);
      if (ended < 0) break;  // none is left
      if (ended > 0)
        seconds += Seconds(used);
      else
        usleep(10'000);
    }
    return seconds;
  }

  // bubblewrap itself would end at once and take the command with it; the command is the child of its first
  // process, and the first of a group of its own.
  void PassOn(const Started& started, int signal) {
    if (started.info.fd < 0) {
      kill(-started.pid, signal);
      return;
    }
    if (command_ == 0) command_ = CommandIn(started);
    // Not there yet: then nothing is lost by ending all of it.
    if (command_ == 0 || (kill(-command_, signal) != 0 && kill(command_, signal) != 0))
      kill(started.pid, signal);
  }

  static pid_t CommandIn(const Started& started) {
    std::string text(4096, '\0');
    fcntl(started.info.fd, F_SETFL, O_NONBLOCK);
    const ssize_t length = read(started.info.fd, text.data(), text.size());
    if (length <= 0) return 0;
    text.resize(static_cast<size_t>(length));
    const auto info = ParseJson(text);
    if (!info || !info->is_object()) return 0;
    const int64_t first = info->value("child-pid", int64_t{0});
    const auto children = ReadFile(fmt::format("/proc/{0}/task/{0}/children", first), 1 << 16);
    return children ? static_cast<pid_t>(std::atoll(children->c_str())) : 0;
  }

  Path folder_;
  sigset_t before_{};
  Descriptor signals_;
  pid_t command_ = 0;
};

}  // namespace

Status KeepJob(const Path& folder) { return Keeper(folder).Run(); }

}  // namespace sinter
