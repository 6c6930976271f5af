#include "base/process.h"

#include <gtest/gtest.h>

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sinter {
namespace {

TEST(Process, IsItselfAndNoOther) {
  const auto self = IdentifyProcess(getpid());
  ASSERT_TRUE(self);
  EXPECT_TRUE(IsAlive(*self));
  ProcessIdentity other = *self;
  ++other.start_ticks;
  EXPECT_FALSE(IsAlive(other));
  EXPECT_FALSE(SignalProcess(other, 0));
  other = *self;
  other.boot = "another";
  EXPECT_FALSE(IsAlive(other));
  EXPECT_FALSE(IsAlive({}));
  EXPECT_FALSE(IdentifyProcess(0));
}

TEST(Process, EndsOnceAndForAll) {
  const pid_t pid = fork();
  if (pid == 0) {
    pause();
    _exit(0);
  }
  const auto child = IdentifyProcess(pid);
  ASSERT_TRUE(child);
  const int fd = OpenProcess(*child);
  ASSERT_GE(fd, 0);
  EXPECT_TRUE(SignalProcess(*child, SIGTERM));
  pollfd ended{fd, POLLIN, 0};
  EXPECT_EQ(poll(&ended, 1, 10'000), 1);
  EXPECT_FALSE(IsAlive(*child));  // a zombie yet
  waitpid(pid, nullptr, 0);
  EXPECT_FALSE(IsAlive(*child));
  EXPECT_EQ(OpenProcess(*child), -1);
  close(fd);
}

}  // namespace
}  // namespace sinter
