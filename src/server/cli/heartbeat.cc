#include "server/cli/heartbeat.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr auto kBeat = std::chrono::milliseconds(100);

// One cache line a rank. Zeros: it has not begun.
struct alignas(64) Slot {
  std::atomic<uint64_t> beats;
  std::atomic<int64_t> pid;
  std::atomic<uint32_t> done;
};
static_assert(sizeof(Slot) == 64);

Result<void*> Map(const Path& file, size_t bytes, bool create) {
  const int fd = open(file.c_str(), O_RDWR | O_CLOEXEC | (create ? O_CREAT | O_EXCL : 0), 0600);
  if (fd < 0) return SystemError(errno, "cannot open", file);
  if (create && ftruncate(fd, static_cast<off_t>(bytes)) != 0) {
    const int error = errno;
    close(fd);
    return SystemError(error, "cannot size", file);
  }
  void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  const int error = errno;
  close(fd);
  if (mapped == MAP_FAILED) return SystemError(error, "cannot map", file);
  return mapped;
}

Slot& SlotOf(void* mapped, int rank) { return static_cast<Slot*>(mapped)[rank]; }

}  // namespace

Result<std::unique_ptr<Heartbeat>> Heartbeat::Begin(const Path& file, int rank) {
  TRY(const uint64_t size, FileSize(file));
  if (size < (static_cast<uint64_t>(rank) + 1) * sizeof(Slot))
    return InvalidArgument(fmt::format("{} has no place for rank {}", file.string(), rank));
  std::unique_ptr<Heartbeat> heartbeat(new Heartbeat);
  heartbeat->bytes_ = static_cast<size_t>(size);
  heartbeat->rank_ = rank;
  TRY(heartbeat->mapped_, Map(file, heartbeat->bytes_, false));
  SlotOf(heartbeat->mapped_, rank).pid = getpid();
  heartbeat->thread_ = std::thread([h = heartbeat.get()] {
    while (!h->stop_.load()) {
      ++SlotOf(h->mapped_, h->rank_).beats;
      std::this_thread::sleep_for(kBeat);
    }
  });
  return heartbeat;
}

Heartbeat::~Heartbeat() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  if (mapped_ != nullptr) munmap(mapped_, bytes_);
}

void Heartbeat::Done() { SlotOf(mapped_, rank_).done = 1; }

Result<std::unique_ptr<HeartbeatMonitor>> HeartbeatMonitor::Create(const Path& file, int ranks) {
  std::unique_ptr<HeartbeatMonitor> monitor(new HeartbeatMonitor);
  monitor->bytes_ = static_cast<size_t>(ranks) * sizeof(Slot);
  TRY(monitor->mapped_, Map(file, monitor->bytes_, true));
  monitor->seen_.resize(static_cast<size_t>(ranks), {0, std::chrono::steady_clock::now()});
  return monitor;
}

HeartbeatMonitor::~HeartbeatMonitor() {
  if (mapped_ != nullptr) munmap(mapped_, bytes_);
}

pid_t HeartbeatMonitor::PidOf(int rank) const { return static_cast<pid_t>(SlotOf(mapped_, rank).pid.load()); }

std::string HeartbeatMonitor::Check(std::chrono::milliseconds patience) {
  const auto now = std::chrono::steady_clock::now();
  for (size_t r = 0; r < seen_.size(); ++r) {
    Slot& slot = SlotOf(mapped_, static_cast<int>(r));
    const auto pid = static_cast<pid_t>(slot.pid.load());
    if (pid == 0 || slot.done.load() != 0) continue;
    if (kill(pid, 0) != 0 && errno == ESRCH) return fmt::format("rank {} (process {}) is gone", r, pid);
    const uint64_t beats = slot.beats.load();
    if (beats != seen_[r].beats) {
      seen_[r] = {beats, now};
    } else if (now - seen_[r].at > patience) {
      return fmt::format("rank {} (process {}) has stopped: no sign of life for {} s", r, pid,
                         std::chrono::duration_cast<std::chrono::seconds>(now - seen_[r].at).count());
    }
  }
  return "";
}

}  // namespace sinter
