#include "base/process_usage.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/file.h"

namespace sinter {
namespace {

constexpr size_t kMostProcesses = 4096;

// The fields of /proc/PID/stat from the third on: the name before them may hold anything, brackets too.
// utime, stime, cutime and cstime are 14 to 17, the resident pages 24 (proc(5)).
std::optional<ProcessUsage> UsageOf(int64_t pid) {
  const auto text = ReadFile(fmt::format("/proc/{}/stat", pid), 1 << 16);
  if (!text) return std::nullopt;
  const size_t end = text->rfind(')');
  if (end == std::string::npos || end + 2 >= text->size()) return std::nullopt;
  std::string_view rest = std::string_view(*text).substr(end + 2);
  std::array<int64_t, 22> fields{};  // 3 to 24
  for (int64_t& field : fields) {
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), field);
    if (error != std::errc()) field = 0;  // the state is a letter
    const size_t space = rest.find(' ');
    rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
  }
  const auto at = [&](size_t number) { return static_cast<double>(fields[number - 3]); };
  ProcessUsage usage;
  usage.cpu_seconds = (at(14) + at(15) + at(16) + at(17)) / static_cast<double>(sysconf(_SC_CLK_TCK));
  usage.memory_bytes = static_cast<uint64_t>(std::max<int64_t>(0, fields[24 - 3])) *
                       static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  usage.processes = 1;
  return usage;
}

// Each thread's children: whichever started one has it.
void AddChildren(int64_t pid, std::vector<int64_t>& all) {
  std::error_code ignored;
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), ignored)) {
    const auto text = ReadFile(thread.path() / "children", 1 << 20);
    if (!text) continue;
    const char* at = text->data();
    const char* end = at + text->size();
    while (at < end && all.size() < kMostProcesses) {
      int64_t child = 0;
      const auto [stop, error] = std::from_chars(at, end, child);
      if (error != std::errc()) break;
      all.push_back(child);
      at = stop + 1;
    }
  }
}

}  // namespace

std::optional<ProcessUsage> UsageOfTree(int64_t pid) {
  auto total = UsageOf(pid);
  if (!total) return std::nullopt;
  std::vector<int64_t> all{pid};
  for (size_t i = 0; i < all.size(); ++i) {
    AddChildren(all[i], all);
    if (i == 0) continue;
    const auto usage = UsageOf(all[i]);
    if (!usage) continue;  // it ended meanwhile
    total->cpu_seconds += usage->cpu_seconds;
    total->memory_bytes += usage->memory_bytes;
    ++total->processes;
  }
  return total;
}

UsageMeter::UsageMeter(int64_t pid, const Clock& clock) : pid_(pid), clock_(clock), sampled_(clock.Now()) {
  if (const auto usage = UsageOfTree(pid)) first_cpu_ = last_cpu_ = usage->cpu_seconds;
}

std::optional<UsageSample> UsageMeter::Sample() {
  const Nanoseconds now = clock_.Now();
  const double seconds = std::chrono::duration<double>(now - sampled_).count();
  const auto usage = UsageOfTree(pid_);
  if (!usage || seconds <= 0) return std::nullopt;
  UsageSample sample;
  // What a child took is seen twice or not at all for a moment when it ends: never less than nothing.
  sample.cores = std::max(0.0, usage->cpu_seconds - last_cpu_) / seconds;
  sample.memory_bytes = usage->memory_bytes;
  sample.processes = usage->processes;
  last_cpu_ = std::max(last_cpu_, usage->cpu_seconds);
  sampled_ = now;
  return sample;
}

}  // namespace sinter
