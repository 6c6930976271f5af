#include "server/cli/job_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

namespace sinter {
namespace {

constexpr std::string_view kPrefix = "sinter-job-";
constexpr std::string_view kLock = "lock";
constexpr int kTries = 8;

void RemoveAbandoned(const Path& parent) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(parent, ignored)) {
    struct stat about{};
    // A folder without a lock is one that is just being made.
    if (!entry.path().filename().string().starts_with(kPrefix) ||
        ::lstat(entry.path().c_str(), &about) != 0 || !S_ISDIR(about.st_mode) || about.st_uid != geteuid() ||
        !std::filesystem::exists(entry.path() / kLock, ignored))
      continue;
    if (const auto lock = FileLock::Acquire(entry.path() / kLock))
      std::filesystem::remove_all(entry.path(), ignored);
  }
}

}  // namespace

Result<std::unique_ptr<JobFolder>> JobFolder::Create() {
  std::error_code ignored;
  if (std::filesystem::is_directory("/dev/shm", ignored) && ::access("/dev/shm", W_OK | X_OK) == 0)
    return CreateUnder("/dev/shm");
  std::error_code error;
  const Path temporary = std::filesystem::temp_directory_path(error);
  if (error) return SystemError(error.value(), "cannot use the temporary folder", temporary);
  return CreateUnder(temporary);
}

Result<std::unique_ptr<JobFolder>> JobFolder::CreateUnder(const Path& parent) {
  RemoveAbandoned(parent);
  std::unique_ptr<JobFolder> folder(new JobFolder);
  for (int left = kTries;; --left) {
    std::string name = (parent / kPrefix).string() + "XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) return SystemError(errno, "cannot make a folder in", parent);
    auto lock = FileLock::Acquire(Path(name) / kLock);
    if (lock) {
      folder->path_ = name;
      folder->lock_ = *std::move(lock);
      return folder;
    }
    // Another launcher that tidies up may have come between the two: it removes the folder.
    std::error_code ignored;
    std::filesystem::remove_all(name, ignored);
    if (left == 0) return std::move(lock).error();
  }
}

JobFolder::~JobFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace sinter
