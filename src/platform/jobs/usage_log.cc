#include "platform/jobs/usage_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/jobs/launch.h"

namespace sinter {
namespace {

constexpr std::chrono::seconds kFirst(1), kEvery(5);
constexpr int64_t kHalveAfter = 1000;

Result<AttemptUsage> ParseLine(std::string_view line) {
  TRY(const Json json, ParseJson(line));
  JsonReader reader(json, std::string(kUsageFile));
  AttemptUsage usage;
  usage.at_ms = reader.Int("at_ms");
  usage.cores = reader.Number("cores");
  usage.memory_bytes = static_cast<uint64_t>(std::max<int64_t>(0, reader.Int("memory_bytes")));
  usage.processes = reader.Int("processes");
  TRY_STATUS(reader.Finish());
  return usage;
}

}  // namespace

UsageLog::UsageLog(const Path& folder, int64_t pid, const Clock& clock)
    : clock_(clock),
      meter_(pid, clock),
      fd_(open((folder / kUsageFile).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
      due_(clock.Now() + kFirst),
      every_(kEvery) {}

UsageLog::~UsageLog() {
  if (fd_ >= 0) close(fd_);
}

void UsageLog::SampleIfDue() {
  if (clock_.Now() < due_ || fd_ < 0) return;
  due_ = clock_.Now() + every_;
  const auto sample = meter_.Sample();
  if (!sample) return;
  if (++samples_ % kHalveAfter == 0) every_ *= 2;
  const std::string line = Json{{"at_ms", clock_.UnixMillis()},
                                {"cores", sample->cores},
                                {"memory_bytes", sample->memory_bytes},
                                {"processes", sample->processes}}
                               .dump() +
                           "\n";
  if (write(fd_, line.data(), line.size()) < 0) return;
}

Result<std::vector<AttemptUsage>> UsageInFolder(const Path& folder, size_t most) {
  const auto text = ReadFile(folder / kUsageFile, 16 << 20);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::vector<AttemptUsage>();
  if (!text) return text.error();
  std::vector<std::string_view> lines;
  for (size_t at = 0, end = 0; (end = text->find('\n', at)) != std::string::npos; at = end + 1)
    lines.push_back(std::string_view(*text).substr(at, end - at));
  const size_t count = std::min(most, lines.size());
  std::vector<AttemptUsage> all;
  all.reserve(count);
  // The last of each of `count` even parts: the newest sample is always among them.
  for (size_t i = 0; i < count; ++i) {
    auto usage = ParseLine(lines[((i + 1) * lines.size()) / count - 1]);
    if (!usage) return std::move(usage).error().In((folder / kUsageFile).string());
    all.push_back(*usage);
  }
  return all;
}

}  // namespace sinter
