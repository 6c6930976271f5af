#include "base/process.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>

#include <fmt/format.h>

#include "base/file.h"

namespace sinter {
namespace {

struct Stat {
  char state = '?';
  int64_t start_ticks = 0;
};

// The fields after the name, which is in brackets and may hold anything, brackets too.
std::optional<Stat> ReadStat(int64_t pid) {
  const auto text = ReadFile(fmt::format("/proc/{}/stat", pid), 1 << 16);
  if (!text) return std::nullopt;
  const size_t end = text->rfind(')');
  if (end == std::string::npos || end + 2 >= text->size()) return std::nullopt;
  std::string_view rest = std::string_view(*text).substr(end + 2);
  Stat stat;
  stat.state = rest.front();
  for (int field = 3; field < 22; ++field) {
    const size_t space = rest.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(space + 1);
  }
  const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), stat.start_ticks);
  return error == std::errc() ? std::optional(stat) : std::nullopt;
}

std::string BootId() {
  auto text = ReadFile("/proc/sys/kernel/random/boot_id", 1 << 10);
  if (!text) return "";
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return *std::move(text);
}

// glibc 2.36 has no wrapper that every header offers.
int PidfdOpen(int64_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0)); }

}  // namespace

std::optional<ProcessIdentity> IdentifyProcess(int64_t pid) {
  const auto stat = ReadStat(pid);
  if (!stat) return std::nullopt;
  return ProcessIdentity{pid, stat->start_ticks, BootId()};
}

bool IsAlive(const ProcessIdentity& process) {
  if (process.pid <= 0 || process.boot != BootId()) return false;
  const auto stat = ReadStat(process.pid);
  return stat && stat->start_ticks == process.start_ticks && stat->state != 'Z' && stat->state != 'X';
}

int OpenProcess(const ProcessIdentity& process) {
  if (process.pid <= 0) return -1;
  const int fd = PidfdOpen(process.pid);
  // Looked at after it was opened: from here on the descriptor stands for what was looked at.
  if (fd >= 0 && IsAlive(process)) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

bool SignalProcess(const ProcessIdentity& process, int signal) {
  const int fd = OpenProcess(process);
  if (fd < 0) return false;
  const bool sent = syscall(SYS_pidfd_send_signal, fd, signal, nullptr, 0) == 0;
  close(fd);
  return sent;
}

}  // namespace sinter
