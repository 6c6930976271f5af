#include "base/resource_limits.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <span>
#include <vector>

#include <fmt/format.h>

namespace sinter {
namespace {

using namespace std::string_view_literals;

constexpr uint64_t kMostText = 1 << 20;
constexpr int64_t kPeriodMicroseconds =
    100'000;  // over which core time is shared out; the kernel's own default

Status WriteValue(const Path& path, std::string_view value) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return SystemError(errno, "opening", path);
  const ssize_t written = write(fd, value.data(), value.size());
  const int error = errno;
  close(fd);
  if (written == static_cast<ssize_t>(value.size())) return {};
  return SystemError(error, "writing", path);
}

// The number after `key` in a file of "key value" lines; with an empty key, the first word of the file.
std::optional<int64_t> ReadNumber(const Path& path, std::string_view key) {
  const auto text = ReadFile(path, kMostText);
  if (!text) return std::nullopt;
  for (size_t at = 0; at < text->size();) {
    const size_t end = std::min(text->find('\n', at), text->size());
    std::string_view line = std::string_view(*text).substr(at, end - at);
    at = end + 1;
    if (!key.empty()) {
      if (!line.starts_with(key) || line.substr(key.size(), 1) != " ") continue;
      line.remove_prefix(key.size() + 1);
    }
    int64_t value = 0;
    const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    if (error == std::errc()) return value;
  }
  return std::nullopt;
}

// Where this process stands: the path after "ID:CONTROLLERS:" in /proc/self/cgroup. v2 has no controllers
// there.
std::optional<std::string> OwnCgroup(std::string_view controller) {
  const auto text = ReadFile("/proc/self/cgroup", kMostText);
  if (!text) return std::nullopt;
  for (size_t at = 0; at < text->size();) {
    const size_t end = std::min(text->find('\n', at), text->size());
    const std::string_view line = std::string_view(*text).substr(at, end - at);
    at = end + 1;
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    std::string_view names = line.substr(first + 1, second - first - 1);
    bool found = names == controller;
    while (!found && !names.empty()) {
      const size_t comma = std::min(names.find(','), names.size());
      found = !controller.empty() && names.substr(0, comma) == controller;
      names.remove_prefix(std::min(comma + 1, names.size()));
    }
    if (found) return std::string(line.substr(second + 1));
  }
  return std::nullopt;
}

// A folder of the cgroup file system, removed once nothing runs in it.
class CgroupFolder {
 public:
  static std::optional<CgroupFolder> Make(Path path) {
    std::error_code error;
    if (!std::filesystem::create_directory(path, error) || error) return std::nullopt;
    return CgroupFolder(std::move(path));
  }
  CgroupFolder(CgroupFolder&& other) noexcept
      : path_(std::exchange(other.path_, {})), procs_(path_ / "cgroup.procs") {}
  CgroupFolder& operator=(CgroupFolder&&) = delete;
  ~CgroupFolder() {
    if (!path_.empty()) rmdir(path_.c_str());
  }
  const Path& path() const { return path_; }
  bool Enter() const {
    const int fd = open(procs_.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool entered = write(fd, "0", 1) == 1;
    close(fd);
    return entered;
  }

 private:
  explicit CgroupFolder(Path path) : path_(std::move(path)), procs_(path_ / "cgroup.procs") {}
  Path path_, procs_;
};

// Without its controllers a group is only a name.
bool HasAll(const Path& group, std::span<const std::string_view> files) {
  return std::ranges::all_of(
      files, [&](std::string_view file) { return access((group / file).c_str(), W_OK) == 0; });
}

// Tries to make `name` in this process's own group, then in those above it.
std::optional<CgroupFolder> MakeNear(const Path& root, std::string_view own, const std::string& name,
                                     std::span<const std::string_view> needed_files) {
  Path at = root / Path(own).relative_path();
  for (;;) {
    if (auto folder = CgroupFolder::Make(at / name)) {
      // In v2 a group's children have the controllers that it hands down, which one with processes of its own
      // must not do (the root may): then the next above may.
      if (!HasAll(folder->path(), needed_files))
        (void)WriteValue(at / "cgroup.subtree_control", "+memory +cpu");
      if (HasAll(folder->path(), needed_files)) return folder;
    }
    if (at == root || at.empty() || at == at.parent_path()) return std::nullopt;
    at = at.parent_path();
  }
}

class Cgroup2Limits final : public ResourceLimits {
 public:
  static Result<std::unique_ptr<ResourceLimits>> Make(const std::string& name, const ResourceAmount& amount) {
    const auto own = OwnCgroup("");
    if (!own || !std::filesystem::exists("/sys/fs/cgroup/cgroup.controllers"))
      return Unsupported("cgroup v2 is not mounted");
    auto folder = MakeNear("/sys/fs/cgroup", *own, name, std::array{"memory.max"sv, "cpu.max"sv});
    if (!folder) return Unsupported("no cgroup v2 with memory and cpu may be made here");
    if (amount.memory_bytes > 0) {
      TRY_STATUS(WriteValue(folder->path() / "memory.max", std::to_string(amount.memory_bytes)));
      (void)WriteValue(folder->path() / "memory.swap.max", "0");  // absent where there is no swap
    }
    if (amount.cpus > 0)
      TRY_STATUS(WriteValue(folder->path() / "cpu.max",
                            fmt::format("{} {}", amount.cpus * kPeriodMicroseconds, kPeriodMicroseconds)));
    return std::unique_ptr<ResourceLimits>(new Cgroup2Limits(*std::move(folder)));
  }
  LimitMethod method() const override { return LimitMethod::kCgroup2; }
  bool EnterInChild() const override { return folder_.Enter(); }
  std::optional<bool> RanOutOfMemory() const override {
    const auto kills = ReadNumber(folder_.path() / "memory.events", "oom_kill");
    return kills ? std::optional(*kills > 0) : std::nullopt;
  }
  std::optional<double> CpuSeconds() const override {
    const auto used = ReadNumber(folder_.path() / "cpu.stat", "usage_usec");
    return used ? std::optional(static_cast<double>(*used) * 1e-6) : std::nullopt;
  }

 private:
  explicit Cgroup2Limits(CgroupFolder folder) : folder_(std::move(folder)) {}
  CgroupFolder folder_;
};

// v1 has a tree for each controller.
class Cgroup1Limits final : public ResourceLimits {
 public:
  static Result<std::unique_ptr<ResourceLimits>> Make(const std::string& name, const ResourceAmount& amount) {
    TRY(CgroupFolder memory, MakeIn("memory", "memory.limit_in_bytes", name));
    TRY(CgroupFolder cpu, MakeIn("cpu", "cpu.cfs_quota_us", name));
    if (amount.memory_bytes > 0)
      TRY_STATUS(WriteValue(memory.path() / "memory.limit_in_bytes", std::to_string(amount.memory_bytes)));
    if (amount.cpus > 0) {
      TRY_STATUS(WriteValue(cpu.path() / "cpu.cfs_period_us", std::to_string(kPeriodMicroseconds)));
      TRY_STATUS(
          WriteValue(cpu.path() / "cpu.cfs_quota_us", std::to_string(amount.cpus * kPeriodMicroseconds)));
    }
    // Only counts; a machine without it limits all the same.
    auto used = MakeIn("cpuacct", "cpuacct.usage", name);
    std::optional<CgroupFolder> account;
    if (used) account.emplace(*std::move(used));
    return std::unique_ptr<ResourceLimits>(
        new Cgroup1Limits(std::move(memory), std::move(cpu), std::move(account)));
  }
  LimitMethod method() const override { return LimitMethod::kCgroup1; }
  bool EnterInChild() const override {
    return memory_.Enter() && cpu_.Enter() && (!account_ || account_->Enter());
  }
  std::optional<bool> RanOutOfMemory() const override {
    if (const auto kills = ReadNumber(memory_.path() / "memory.oom_control", "oom_kill")) return *kills > 0;
    const auto refused = ReadNumber(memory_.path() / "memory.failcnt", "");
    return refused ? std::optional(*refused > 0) : std::nullopt;
  }
  std::optional<double> CpuSeconds() const override {
    const auto used = account_ ? ReadNumber(account_->path() / "cpuacct.usage", "") : std::nullopt;
    return used ? std::optional(static_cast<double>(*used) * 1e-9) : std::nullopt;
  }

 private:
  Cgroup1Limits(CgroupFolder memory, CgroupFolder cpu, std::optional<CgroupFolder> account)
      : memory_(std::move(memory)), cpu_(std::move(cpu)), account_(std::move(account)) {}
  static Result<CgroupFolder> MakeIn(std::string_view controller, std::string_view file,
                                     const std::string& name) {
    const auto own = OwnCgroup(controller);
    const Path root = Path("/sys/fs/cgroup") / controller;
    if (!own || !std::filesystem::exists(root))
      return Unsupported(fmt::format("cgroup v1 has no {} here", controller));
    auto folder = MakeNear(root, *own, name, {&file, 1});
    if (!folder) return Unsupported(fmt::format("no cgroup v1 of {} may be made here", controller));
    return *std::move(folder);
  }
  CgroupFolder memory_, cpu_;
  std::optional<CgroupFolder> account_;
};

// Each process on its own, and cores by number: what is left without cgroups.
class RlimitLimits final : public ResourceLimits {
 public:
  explicit RlimitLimits(const ResourceAmount& amount) : amount_(amount) {
    CPU_ZERO(&cores_);
    cpu_set_t allowed;
    if (amount.cpus <= 0 || sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return;
    std::vector<int> numbers;
    for (int i = 0; i < CPU_SETSIZE; ++i)
      if (CPU_ISSET(i, &allowed)) numbers.push_back(i);
    if (static_cast<size_t>(amount.cpus) >= numbers.size()) return;
    // Each command has a process that limits it: its number spreads them over the cores.
    auto first = static_cast<size_t>(getpid());
    for (int64_t i = 0; i < amount.cpus; ++i) CPU_SET(numbers[first++ % numbers.size()], &cores_);
    pinned_ = true;
  }
  LimitMethod method() const override { return LimitMethod::kRlimits; }
  bool EnterInChild() const override {
    if (amount_.memory_bytes > 0) {
      const auto bytes = static_cast<rlim_t>(amount_.memory_bytes);
      const rlimit limit{bytes, bytes};
      if (setrlimit(RLIMIT_DATA, &limit) != 0) return false;
    }
    return !pinned_ || sched_setaffinity(0, sizeof(cores_), &cores_) == 0;
  }
  std::optional<bool> RanOutOfMemory() const override { return std::nullopt; }
  std::optional<double> CpuSeconds() const override { return std::nullopt; }

 private:
  ResourceAmount amount_;
  cpu_set_t cores_;
  bool pinned_ = false;
};

}  // namespace

std::string_view LimitMethodName(LimitMethod method) {
  switch (method) {
    case LimitMethod::kCgroup2:
      return "cgroup v2";
    case LimitMethod::kCgroup1:
      return "cgroup v1";
    case LimitMethod::kRlimits:
      break;
  }
  return "rlimits and affinity";
}

Result<std::unique_ptr<ResourceLimits>> ResourceLimits::CreateWith(LimitMethod method,
                                                                   const std::string& name,
                                                                   const ResourceAmount& amount) {
  switch (method) {
    case LimitMethod::kCgroup2:
      return Cgroup2Limits::Make(name, amount);
    case LimitMethod::kCgroup1:
      return Cgroup1Limits::Make(name, amount);
    case LimitMethod::kRlimits:
      break;
  }
  return std::make_unique<RlimitLimits>(amount);
}

Result<std::unique_ptr<ResourceLimits>> ResourceLimits::Create(const std::string& name,
                                                               const ResourceAmount& amount) {
  for (const LimitMethod method : {LimitMethod::kCgroup2, LimitMethod::kCgroup1}) {
    auto limits = CreateWith(method, name, amount);
    if (limits) return limits;
  }
  return CreateWith(LimitMethod::kRlimits, name, amount);
}

}  // namespace sinter
