#include "base/subprocess.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace sinter {
namespace {

using std::chrono::milliseconds;

TEST(Subprocess, GivesOutputAndCode) {
  auto ran = RunProgram({.arguments = {"sh", "-c", "echo $GREETING; echo wrong >&2; exit 3"},
                         .environment = {{"GREETING", "hello"}}},
                        milliseconds(10000));
  ASSERT_TRUE(ran) << ran.error().ToString();
  EXPECT_EQ(ran->text, "hello\nwrong\n");
  EXPECT_EQ(ran->status.code, 3);
  EXPECT_EQ(ran->status.ToString(), "exit code 3");
}

TEST(Subprocess, WhatIsNotThereIsNamed) {
  auto ran = RunProgram({.arguments = {"no-such-program"}}, milliseconds(1000));
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(ran.error().message, "there is no program 'no-such-program'");
}

TEST(Subprocess, TakesNoLongerThanAllowed) {
  auto ran = RunProgram({.arguments = {"sleep", "100"}}, milliseconds(50));
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, ErrorCode::kDeadlineExceeded);
  auto loud = RunProgram({.arguments = {"sh", "-c", "head -c 100000 /dev/zero"}}, milliseconds(10000), 1000);
  EXPECT_FALSE(loud);
}

TEST(Subprocess, TheWholeGroupIsKilled) {
  const TemporaryFolder folder;
  auto process = Subprocess::Start({.arguments = {"sh", "-c", "trap '' TERM; sleep 100 & wait; sleep 100"},
                                    .environment = {{"PWD", folder.path()}},
                                    .output = folder.path() / "log"});
  ASSERT_TRUE(process);
  EXPECT_FALSE(process->WaitFor(milliseconds(20)));
  const ExitStatus status = process->Stop(milliseconds(20));
  EXPECT_EQ(status.signal, SIGKILL);
  EXPECT_EQ(status.ToString(), "killed by signal 9");
}

}  // namespace
}  // namespace sinter
