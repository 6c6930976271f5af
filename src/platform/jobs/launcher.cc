#include "platform/jobs/launcher.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include <fmt/format.h>

#include "base/sandbox.h"

namespace sinter {
namespace {

class LocalLauncher final : public Launcher {
 public:
  explicit LocalLauncher(LocalLauncherOptions options) : options_(std::move(options)) {}

  Result<ProcessIdentity> Start(const JobLaunch& launch, const Path& folder) override {
    TRY_STATUS(Sandbox());
    TRY_STATUS(MakeFolders(folder));
    JobLaunch kept = launch;
    kept.isolated = !options_.without_isolation;
    const mode_t before = umask(0077);
    const Status written = WriteFileAtomically(folder / kLaunchFile, JobLaunchText(kept));
    umask(before);
    TRY_STATUS(written);
    return StartKeeper(folder);
  }

  void Ask(const ProcessIdentity& keeper) override { SignalProcess(keeper, SIGTERM); }

  void Kill(const ProcessIdentity& keeper) override { SignalProcess(keeper, SIGINT); }

  Result<AttemptReport> Look(const ProcessIdentity& keeper, const Path& folder) override {
    // Asked before the file is looked for: a keeper that ends in between has written it.
    const bool alive = IsAlive(keeper);
    if (keeper.pid > 0) waitpid(static_cast<pid_t>(keeper.pid), nullptr, WNOHANG);  // where it was our child
    const auto text = ReadFile(folder / kExitFile, 1 << 16);
    if (text) {
      TRY(JobExit exit, ParseJobExit(*text));
      return AttemptReport{AttemptReport::Kind::kEnded, std::move(exit), {}};
    }
    if (text.error().code != ErrorCode::kNotFound) return text.error();
    return AttemptReport{alive ? AttemptReport::Kind::kRunning : AttemptReport::Kind::kLost, {}, keeper};
  }

  Result<AttemptReport> Adopt(const Path& folder) override {
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error))
      return AttemptReport{AttemptReport::Kind::kLost, {}, {}};
    TRY([[maybe_unused]] const bool given_up, GiveUpAttempt(folder));
    TRY(const auto claim, ReadClaim(folder));
    return Look(claim.value_or(ProcessIdentity{}), folder);
  }

  int Watch(const ProcessIdentity& keeper) override { return OpenProcess(keeper); }

  std::string Isolation() override {
    const Status& sandbox = Sandbox();
    return fmt::format("{}; {}",
                       options_.without_isolation ? "none"
                       : sandbox                  ? "bubblewrap"
                                                  : sandbox.error().ToString(),
                       LimitMethodName(limits_));
  }

 private:
  Result<ProcessIdentity> StartKeeper(const Path& folder) {
    std::vector<std::string> words = options_.keeper;
    words.push_back(folder.string());
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const Path log = folder / "keeper.log";
    // vfork would be quicker; a keeper costs milliseconds anyway.
    const pid_t pid = fork();
    if (pid < 0) return SystemError(errno, "starting the keeper of", folder);
    if (pid == 0) {
      setsid();
      const int null = open("/dev/null", O_RDONLY);
      const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      dup2(null, STDIN_FILENO);
      dup2(out, STDOUT_FILENO);
      dup2(out, STDERR_FILENO);
      close_range(3, ~0U, 0);  // the server's locks and sockets are not its own
      sigset_t none;
      sigemptyset(&none);
      sigprocmask(SIG_SETMASK, &none, nullptr);
      execv(arguments[0], arguments.data());
      _exit(127);
    }
    auto identity = IdentifyProcess(pid);
    if (!identity) return Internal(fmt::format("the keeper of {} cannot be seen", folder.string()));
    return *std::move(identity);
  }

  // Tried when it is first needed: a server without jobs starts quicker.
  const Status& Sandbox() {
    std::call_once(tried_, [this] {
      if (!options_.without_isolation) sandbox_ = CheckSandbox();
      const auto limits =
          ResourceLimits::Create(fmt::format("sinter-probe.{}", getpid()), {1, int64_t{64} << 20});
      if (limits) limits_ = (*limits)->method();
    });
    return sandbox_;
  }

  LocalLauncherOptions options_;
  std::once_flag tried_;
  Status sandbox_;
  LimitMethod limits_ = LimitMethod::kRlimits;
};

}  // namespace

std::unique_ptr<Launcher> MakeLocalLauncher(LocalLauncherOptions options) {
  return std::make_unique<LocalLauncher>(std::move(options));
}

}  // namespace sinter
