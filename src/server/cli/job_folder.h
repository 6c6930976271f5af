// Where the ranks of one job meet: heartbeats, Open MPI's shared memory and session, the job's own file.
#pragma once

#include <memory>

#include "base/file.h"
#include "base/result.h"

namespace sinter {

// A folder in memory (/dev/shm; the system's temporary folder where there is none), 0700, removed with the
// object. A launcher that was killed leaves its folder behind, but not the lock in it: the next Create
// removes what nobody holds any more. Open MPI's own habit is to leave segments in /dev/shm for ever when
// ranks are killed.
class JobFolder {
 public:
  static Result<std::unique_ptr<JobFolder>> Create();
  // For tests: under a folder of theirs.
  static Result<std::unique_ptr<JobFolder>> CreateUnder(const Path& parent);
  ~JobFolder();
  JobFolder(const JobFolder&) = delete;
  JobFolder& operator=(const JobFolder&) = delete;
  const Path& path() const { return path_; }

 private:
  JobFolder() = default;
  Path path_;
  std::unique_ptr<FileLock> lock_;
};

}  // namespace sinter
