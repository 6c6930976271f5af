// What attempts leave in their folders, for whoever asks.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "platform/jobs/jobs.h"

namespace sinter {

Result<int64_t> Jobs::FindAttempt(const JobInfo& job, int64_t attempt) const {
  TRY_STATUS(CheckOwn(job));
  const int64_t number = attempt == 0 ? job.attempt() : attempt;
  if (attempt >= 0 && number <= job.attempt()) return number;
  return NotFound(fmt::format("job {} has no attempt {}; there were {}", job.id, attempt, job.attempt()));
}

Result<JobLog> Jobs::Log(std::string_view id, int64_t attempt, uint64_t from, size_t most) {
  TRY(const JobInfo job, Get(id));
  TRY(const int64_t number, FindAttempt(job, attempt));
  JobLog log;
  log.next = from;
  // Seen before the bytes: what is written between the two is still read by the next call.
  log.ended = IsOver(job.state) || number < job.attempt();
  if (number == 0) return log;
  const Path path = FolderOf(job, number) / kLogFile;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return log;
  if (fd < 0) return SystemError(errno, "opening", path);
  log.text.resize(most);
  const ssize_t got = pread(fd, log.text.data(), most, static_cast<off_t>(from));
  const int error = errno;
  close(fd);
  if (got < 0) return SystemError(error, "reading", path);
  log.text.resize(static_cast<size_t>(got));
  log.next = from + static_cast<uint64_t>(got);
  log.ended = log.ended && static_cast<size_t>(got) < most;
  return log;
}

Result<std::vector<AttemptUsage>> Jobs::Usage(std::string_view id, int64_t attempt, size_t most) {
  TRY(const JobInfo job, Get(id));
  TRY(const int64_t number, FindAttempt(job, attempt));
  if (number == 0) return std::vector<AttemptUsage>();
  return UsageInFolder(FolderOf(job, number), most);
}

}  // namespace sinter
