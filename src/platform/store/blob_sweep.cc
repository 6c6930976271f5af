#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "platform/store/blob_store.h"

namespace sinter {
namespace {

// Touching every file of a large version at each commit would write as many inodes; a sweep's grace is far
// longer than this.
constexpr int64_t kFreshEnoughSeconds = 60;

int64_t ModifiedMs(const struct stat& info) {
  return int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000;
}

}  // namespace

Result<uint64_t> BlobStore::Use(const Sha256Digest& digest) const {
  const Path path = PathOf(digest);
  uint64_t size = 0;
  int error = 0;
  const bool used = guard_->Use(digest, [&] {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) {
      error = errno;
      return false;
    }
    size = static_cast<uint64_t>(info.st_size);
    struct timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const int64_t age = int64_t{now.tv_sec} - info.st_mtim.tv_sec;
    // Of a read-only disk nothing is removed either.
    if (age >= kFreshEnoughSeconds || age < 0) (void)::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
    return true;
  });
  if (used) return size;
  if (error != ENOENT) return SystemError(error, "cannot look at", path);
  return Size(digest);  // its error
}

BlobSweep::BlobSweep(const BlobStore& store) : store_(store) { store_.guard_->Begin(); }
BlobSweep::~BlobSweep() { store_.guard_->End(); }

Result<BlobSweep::Outcome> BlobSweep::Remove(const Sha256Digest& digest, int64_t since_ms, bool dry) {
  const Path path = store_.PathOf(digest);
  Outcome outcome = Outcome::kYoung;
  int error = 0;
  store_.guard_->Unused(digest, [&] {
    struct stat info{};
    const bool there = ::stat(path.c_str(), &info) == 0;
    if (there && ModifiedMs(info) >= since_ms) return;
    outcome = Outcome::kRemoved;
    if (!there || (!dry && ::unlink(path.c_str()) != 0)) error = errno;
  });
  if (error == ENOENT) return Outcome::kGone;
  if (error != 0) return SystemError(error, "cannot remove", path);
  return outcome;
}

}  // namespace sinter
