#include "server/cli/home_holder.h"

#include <algorithm>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr std::string_view kLockFile = "lock";

// Whether the lock itself is taken: a start also conflicts over a port, or over where the records are.
bool IsLocked(const Path& home) {
  const auto lock = FileLock::Acquire(home / kLockFile);
  return !lock && lock.error().code == ErrorCode::kConflict;
}

Error HeldError(const Path& home) {
  const HomeHolder holder = FindHomeHolder(home);
  const std::string process = holder.pid.empty() ? "another process" : "process " + holder.pid;
  const auto held = [&](std::string_view what, std::string hint) {
    return Error{ErrorCode::kConflict, fmt::format("home {}: {} ({})", home.string(), what, process),
                 std::move(hint)};
  };
  if (holder.Serves()) {
    const auto address = ReadFile(home / kAddressFile, 4096);
    if (!address)
      return held("a server is starting or stopping on this home",
                  "wait for its line 'ready', or stop that process");
    return held(fmt::format("a server has it open, at {}", address->substr(0, address->find('\n'))),
                "stop that process, or use another home");
  }
  if (holder.verb == "train")
    return held(
        "a training runs here",
        "wait for its end; beside a server: start the server first, and submit it as a job (sinter job "
        "submit)");
  if (holder.verb.empty()) return held("it is open elsewhere", "stop that process, or use another home");
  return held(fmt::format("'sinter {}' has it open", holder.verb), "wait for its end, or stop that process");
}

}  // namespace

HomeHolder FindHomeHolder(const Path& home) {
  HomeHolder holder;
  const auto pid = ReadFile(home / kLockFile, 64);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!pid || pid->empty() || !std::ranges::all_of(*pid, is_digit)) return holder;
  // Words that end with a zero byte; the program's own name is the first.
  const auto words = ReadFile(Path("/proc") / *pid / "cmdline", 1 << 20);
  if (!words || words->empty()) return holder;
  holder.pid = *pid;
  const size_t begin = words->find('\0');
  if (begin == std::string::npos) return holder;
  const std::string verb = words->substr(begin + 1, words->find('\0', begin + 1) - begin - 1);
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
  if (verb.size() <= 16 && std::ranges::all_of(verb, is_letter)) holder.verb = verb;
  return holder;
}

Result<std::unique_ptr<ServerInstance>> StartWhenFree(const ServeOptions& options,
                                                      const std::function<bool()>& pause) {
  for (bool was_free = false;;) {
    auto started = ServerInstance::Start(options);
    if (started || started.error().code != ErrorCode::kConflict) return started;
    if (IsLocked(options.home)) {
      was_free = false;
      if (!pause()) return HeldError(options.home);
      continue;
    }
    // Given back in between, or the conflict is another one: then it is there again.
    if (was_free) return started;
    was_free = true;
  }
}

}  // namespace sinter
