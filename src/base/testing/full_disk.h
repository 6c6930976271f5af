// For tests: a disk that is full for real. A small tmpfs in a mount namespace of a child's own (as root, or
// in a user namespace where the system allows them), or, everywhere, the kernel's limit on the size of a
// file.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <string>

#include "base/file.h"

namespace sinter {

// In the child, where GoogleTest's macros do not reach the parent.
#define SINTER_EXIT_UNLESS(condition)                                                         \
  do {                                                                                        \
    if (condition) break;                                                                     \
    std::fprintf(stderr, "%s:%d: not so in the child: %s\n", __FILE__, __LINE__, #condition); \
    ::_exit(1);                                                                               \
  } while (false)

inline constexpr int kInChildPassed = 0;
inline constexpr int kInChildCannotMount = 77;

// Runs `body` in a forked child; its exit status, 128 + N for a signal N.
inline int InChild(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(kInChildPassed);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// In the child: mounts a tmpfs of that size on `folder`, for this process alone.
inline bool MountSmallDisk(const Path& folder, size_t bytes) {
  const auto write_small = [](const char* path, const std::string& text) {
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    const bool ok = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::close(fd);
    return ok;
  };
  const std::string uid = std::to_string(::getuid()), gid = std::to_string(::getgid());
  if (::unshare(CLONE_NEWNS) != 0 &&
      (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 || !write_small("/proc/self/setgroups", "deny") ||
       !write_small("/proc/self/uid_map", "0 " + uid + " 1") ||
       !write_small("/proc/self/gid_map", "0 " + gid + " 1"))) {
    return false;
  }
  const std::string size = "size=" + std::to_string(bytes);
  return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", folder.c_str(), "tmpfs", 0, size.c_str()) == 0;
}

// `body` in a child, on a disk of that size: kInChildCannotMount where none may be mounted here.
inline int OnSmallDisk(const Path& folder, size_t bytes, const std::function<void()>& body) {
  return InChild([&] {
    if (!MountSmallDisk(folder, bytes)) ::_exit(kInChildCannotMount);
    body();
  });
}

// `body` in a child in which no file grows beyond `bytes`: write() fails with EFBIG.
inline int WithFileLimit(size_t bytes, const std::function<void()>& body) {
  return InChild([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, bytes};
    SINTER_EXIT_UNLESS(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    body();
  });
}

inline size_t FilesUnder(const Path& folder) {
  size_t n = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    n += entry.is_regular_file();
  return n;
}

}  // namespace sinter
