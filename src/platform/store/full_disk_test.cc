// A disk that is full for real: a small tmpfs in a mount namespace of the child's own (root, or a user
// namespace where the system allows them); and everywhere the kernel's file size limit, which stops write()
// in the same place.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "platform/store/blob_store.h"

namespace sinter {
namespace {

size_t FilesUnder(const Path& folder) {
  size_t n = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    n += entry.is_regular_file();
  return n;
}

enum Outcome { kPassed = 0, kCannotMount = 77 };
#define EXIT_UNLESS(condition) \
  if (!(condition)) fprintf(stderr, "line %d: %s\n", __LINE__, #condition), ::_exit(1)

// In a child: `text` does not fit, an older blob stays, nothing half-written does.
void FillUp(const Path& folder, size_t fits, size_t too_much) {
  auto store = BlobStore::Open(folder);
  EXIT_UNLESS(store);
  EXIT_UNLESS((*store)->Put(std::string(fits, 'a')));
  for (int i = 0; i < 3; ++i) {
    const auto info = (*store)->Put(std::string(too_much, 'b'));
    EXIT_UNLESS(!info && info.error().code == ErrorCode::kResourceExhausted);
    EXIT_UNLESS(info.error().message.find(folder.string()) != std::string::npos &&
                !info.error().hint.empty());
    EXIT_UNLESS(FilesUnder(folder) == 1);
  }
  EXIT_UNLESS((*store)->Put(std::string(fits, 'c')));  // what was given up is free again
  EXIT_UNLESS((*store)->Verify(HashText(std::string(fits, 'a'))));
}

bool WriteSmall(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  const bool ok = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return ok;
}

bool OwnMounts() {
  const uid_t uid = ::getuid();
  const gid_t gid = ::getgid();
  if (::unshare(CLONE_NEWNS) != 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    if (!WriteSmall("/proc/self/setgroups", "deny") ||
        !WriteSmall("/proc/self/uid_map", fmt::format("0 {} 1", uid)) ||
        !WriteSmall("/proc/self/gid_map", fmt::format("0 {} 1", gid))) {
      return false;
    }
  }
  return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

template <class F>
int InChild(F&& f) {
  const pid_t child = ::fork();
  if (child == 0) {
    f();
    ::_exit(kPassed);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(FullDisk, OfATmpfs) {
  TemporaryFolder folder;
  const int outcome = InChild([&] {
    if (!OwnMounts() || ::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=1m") != 0)
      ::_exit(kCannotMount);
    FillUp(folder.path(), 100'000, 2'000'000);
  });
  if (outcome == kCannotMount) GTEST_SKIP() << "no tmpfs may be mounted here; FullDisk.OfALimit still runs";
  EXPECT_EQ(outcome, kPassed);
}

TEST(FullDisk, OfALimit) {
  TemporaryFolder folder;
  EXPECT_EQ(InChild([&] {
              ::signal(SIGXFSZ, SIG_IGN);
              const rlimit limit{100'000, 100'000};
              EXIT_UNLESS(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
              FillUp(folder.path(), 50'000, 200'000);
            }),
            kPassed);
}

}  // namespace
}  // namespace sinter
