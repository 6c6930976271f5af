#include "base/subprocess.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <thread>

#include <fmt/format.h>

#include "base/scratch_folder.h"

namespace sinter {
namespace {

ExitStatus Decode(int status) {
  if (WIFSIGNALED(status)) return {0, WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

// The file that a shell would run; empty: none.
std::string FindProgram(const std::string& name) {
  if (name.find('/') != std::string::npos) return access(name.c_str(), X_OK) == 0 ? name : "";
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "/usr/bin:/bin" : path;
  while (!rest.empty()) {
    const size_t end = rest.find(':');
    const std::string candidate = fmt::format("{}/{}", rest.substr(0, end), name);
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return "";
}

}  // namespace

std::string ExitStatus::ToString() const {
  return signal != 0 ? fmt::format("killed by signal {}", signal) : fmt::format("exit code {}", code);
}

Result<Subprocess> Subprocess::Start(const SubprocessOptions& options) {
  SINTER_CHECK(!options.arguments.empty());
  const std::string program = FindProgram(options.arguments[0]);
  if (program.empty()) return NotFound(fmt::format("there is no program '{}'", options.arguments[0]));
  // Everything that the child needs is made before the fork: after it, it may not allocate.
  std::vector<char*> arguments, environment;
  for (const std::string& argument : options.arguments)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  std::vector<std::string> variables;
  for (char** e = environ; *e != nullptr; ++e) {
    const std::string_view entry = *e;
    bool replaced = false;
    for (const auto& [name, value] : options.environment)
      replaced = replaced || (entry.starts_with(name) && entry.substr(name.size()).starts_with('='));
    if (!replaced) variables.emplace_back(entry);
  }
  for (const auto& [name, value] : options.environment)
    variables.push_back(fmt::format("{}={}", name, value));
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  int output = -1;
  if (options.output) {
    output = open(options.output->c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (output < 0) return SystemError(errno, "cannot open", *options.output);
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    if (options.own_group) setpgid(0, 0);
    if (options.dies_with_us) {
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      if (getppid() != parent) _exit(127);
    }
    if (output >= 0) {
      dup2(output, 1);
      dup2(output, 2);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execve(program.c_str(), arguments.data(), environment.data());
    _exit(127);
  }
  const int error = errno;
  if (output >= 0) close(output);
  if (pid < 0) return SystemError(error, "cannot start", program);
  if (options.own_group) setpgid(pid, pid);  // whichever of us is first
  return Subprocess(pid, options.own_group);
}

Subprocess& Subprocess::operator=(Subprocess&& other) noexcept {
  if (pid_ > 0) Stop(std::chrono::milliseconds(0));
  pid_ = std::exchange(other.pid_, -1);
  own_group_ = other.own_group_;
  return *this;
}

Subprocess::~Subprocess() {
  if (pid_ > 0) Stop(std::chrono::milliseconds(0));
}

ExitStatus Subprocess::Wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return Decode(status);
}

std::optional<ExitStatus> Subprocess::WaitFor(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return Decode(status);
    }
    if (std::chrono::steady_clock::now() >= until) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void Subprocess::Signal(int signal) {
  if (pid_ > 0) kill(own_group_ ? -pid_ : pid_, signal);
}

ExitStatus Subprocess::Stop(std::chrono::milliseconds patience) {
  if (pid_ <= 0) return {};
  if (patience.count() > 0) {
    Signal(SIGTERM);
    Signal(SIGCONT);  // a stopped process acts on nothing else
    if (const auto ended = WaitFor(patience)) return *ended;
  }
  Signal(SIGKILL);
  return Wait();
}

Result<ProgramOutput> RunProgram(SubprocessOptions options, std::chrono::milliseconds patience,
                                 size_t limit) {
  TRY(const auto folder, ScratchFolder::Create());
  options.output = folder->path() / "output";
  const std::string name = options.arguments.at(0);
  TRY(Subprocess process, Subprocess::Start(options));
  const auto status = process.WaitFor(patience);
  if (!status) {
    process.Stop(std::chrono::milliseconds(200));
    return Error{ErrorCode::kDeadlineExceeded,
                 fmt::format("'{}' took longer than {} ms", name, patience.count()), ""};
  }
  TRY(std::string text, ReadFile(*options.output, limit));
  return ProgramOutput{*status, std::move(text)};
}

}  // namespace sinter
