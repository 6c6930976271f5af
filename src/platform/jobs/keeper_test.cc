#include "platform/jobs/keeper.h"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/sandbox.h"
#include "platform/jobs/launcher.h"

namespace sinter {
namespace {

using std::chrono::milliseconds;

class KeeperTest : public testing::Test {
 protected:
  KeeperTest() : launcher_(MakeLocalLauncher({.keeper = {SINTER_TEST_KEEPER}})) {}

  JobLaunch Shell(const std::string& script) const {
    JobLaunch launch;
    launch.name = "test." + std::to_string(getpid());
    launch.command = {"/bin/sh", "-c", script};
    launch.amount = {1, int64_t{256} << 20};
    launch.work = home_.path() / "work";
    return launch;
  }
  Path Attempt(int n = 1) const { return home_.path() / std::to_string(n); }

  JobExit Finish(const ProcessIdentity& keeper, const Path& folder) {
    for (int i = 0; i < 600; ++i) {
      const auto report = launcher_->Look(keeper, folder);
      EXPECT_TRUE(report) << report.error().ToString();
      if (report->kind == AttemptReport::Kind::kEnded) return report->exit;
      if (report->kind == AttemptReport::Kind::kLost) break;
      std::this_thread::sleep_for(milliseconds(50));
    }
    ADD_FAILURE() << "it did not end; its keeper says: " << ReadFile(folder / "keeper.log").value_or("");
    return {};
  }
  JobExit Run(const JobLaunch& launch, const Path& folder) {
    const auto keeper = launcher_->Start(launch, folder);
    EXPECT_TRUE(keeper) << keeper.error().ToString();
    return keeper ? Finish(*keeper, folder) : JobExit{};
  }
  std::string Log(int n = 1) const { return ReadFile(Attempt(n) / kLogFile).value_or("(no log)"); }
  void WaitForLog(const std::string& text) const {
    for (int i = 0; i < 400 && Log().find(text) == std::string::npos; ++i)
      std::this_thread::sleep_for(milliseconds(25));
    ASSERT_NE(Log().find(text), std::string::npos) << Log();
  }

  TemporaryFolder home_;
  std::unique_ptr<Launcher> launcher_;
};

TEST_F(KeeperTest, OutputAndExitCodeAreKept) {
  const JobExit exit = Run(Shell("echo out; echo err >&2; echo $SINTER_THREADS; exit 3"), Attempt());
  EXPECT_EQ(exit.code, 3);
  EXPECT_EQ(exit.signal, 0);
  EXPECT_EQ(exit.problem, "");
  EXPECT_GT(exit.ended_ms, 0);
  EXPECT_EQ(Log(), "out\nerr\n\n");
  EXPECT_NE(exit.limits, "");
}

TEST_F(KeeperTest, TheSandboxShowsTheSystemAndOneFolder) {
  const Path secret = home_.path() / "token";
  ASSERT_TRUE(WriteFileAtomically(secret, "hf_secret"));
  setenv("SINTER_TEST_SECRET", "seen", 1);
  JobLaunch launch =
      Shell("cat " + secret.string() +
            "; ls /; echo \"[$SINTER_TEST_SECRET]\"; pwd; echo kept > note; "
            "touch /usr/x || echo read-only; kill -0 " +
            std::to_string(getpid()) +
            " || echo no-such-process; ls /sys/class/net 2>/dev/null; grep CapEff /proc/self/status");
  const JobExit exit = Run(launch, Attempt());
  EXPECT_EQ(exit.code, 0);
  const std::string log = Log();
  EXPECT_EQ(log.find("hf_secret"), std::string::npos);
  EXPECT_EQ(log.find("home"), std::string::npos);
  EXPECT_NE(log.find("[]\n/job\n"), std::string::npos) << log;
  EXPECT_NE(log.find("read-only"), std::string::npos);
  EXPECT_NE(log.find("no-such-process"), std::string::npos);
  EXPECT_NE(log.find("CapEff:\t0000000000000000"), std::string::npos) << log;
  EXPECT_EQ(ReadFile(launch.work / "note").value(), "kept\n");
}

TEST_F(KeeperTest, WithoutNetworkThereIsNoneAndWithItThereIs) {
  JobLaunch launch = Shell("cat /proc/net/dev | tail -n +3 | wc -l");
  Run(launch, Attempt(1));
  EXPECT_EQ(Log(1), "1\n");  // its own loopback
  launch.network = true;
  Run(launch, Attempt(2));
  std::string here;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/class/net"))
    here += entry.path().filename();
  if (here != "lo") {
    EXPECT_NE(Log(2), "1\n");
  }
}

TEST_F(KeeperTest, TooMuchMemoryEndsTheCommand) {
  JobLaunch launch = Shell("exec tail /dev/zero");  // keeps all of a line that never ends
  launch.amount.memory_bytes = int64_t{64} << 20;
  const JobExit exit = Run(launch, Attempt());
  EXPECT_TRUE(exit.code != 0 || exit.signal != 0);
  EXPECT_EQ(exit.out_of_memory, exit.limits != "rlimits and affinity");
}

TEST_F(KeeperTest, AskedToEndTheCommandHasTimeForACheckpoint) {
  const auto keeper = launcher_->Start(
      Shell("trap 'echo saved > checkpoint; exit 7' TERM; echo ready; while :; do sleep 0.05; done"),
      Attempt());
  ASSERT_TRUE(keeper);
  WaitForLog("ready");
  launcher_->Ask(*keeper);
  EXPECT_EQ(Finish(*keeper, Attempt()).code, 7);
  EXPECT_EQ(ReadFile(home_.path() / "work" / "checkpoint").value(), "saved\n");
}

TEST_F(KeeperTest, WhoDoesNotListenIsKilled) {
  const auto keeper =
      launcher_->Start(Shell("trap '' TERM; echo ready; while :; do sleep 0.05; done"), Attempt());
  ASSERT_TRUE(keeper);
  WaitForLog("ready");
  launcher_->Ask(*keeper);
  launcher_->Kill(*keeper);
  const JobExit exit = Finish(*keeper, Attempt());
  EXPECT_TRUE(exit.signal == SIGKILL || exit.code == 128 + SIGKILL) << exit.code << " " << exit.signal;
}

TEST_F(KeeperTest, TheCommandDoesNotOutliveItsKeeper) {
  JobLaunch launch = Shell("echo ready; while :; do date +%s%N > beat; sleep 0.02; done");
  const auto keeper = launcher_->Start(launch, Attempt());
  ASSERT_TRUE(keeper);
  WaitForLog("ready");
  ASSERT_TRUE(SignalProcess(*keeper, SIGKILL));
  const auto report = [&] { return launcher_->Look(*keeper, Attempt())->kind; };
  for (int i = 0; i < 200 && report() == AttemptReport::Kind::kRunning; ++i)
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(report(), AttemptReport::Kind::kLost);
  std::this_thread::sleep_for(milliseconds(300));  // the kernel ends the sandbox
  const std::string beat = ReadFile(launch.work / "beat").value();
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_EQ(ReadFile(launch.work / "beat").value(), beat);
}

TEST_F(KeeperTest, AnAttemptRunsOnceAtMost) {
  const auto first = launcher_->Start(Shell("echo ran >> count"), Attempt());
  ASSERT_TRUE(first);
  Finish(*first, Attempt());
  const auto second = launcher_->Start(Shell("echo ran >> count"), Attempt());
  ASSERT_TRUE(second);  // its keeper starts, and sees that it came too late
  for (int i = 0; i < 200 && IsAlive(*second); ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(ReadFile(home_.path() / "work" / "count").value(), "ran\n");
}

TEST_F(KeeperTest, WhatWasGivenUpNeverStarts) {
  ASSERT_TRUE(MakeFolders(Attempt()));
  EXPECT_EQ(launcher_->Adopt(Attempt())->kind, AttemptReport::Kind::kLost);
  const auto late = launcher_->Start(Shell("echo ran > count"), Attempt());
  ASSERT_TRUE(late);
  for (int i = 0; i < 200 && IsAlive(*late); ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_FALSE(ReadFile(home_.path() / "work" / "count"));
}

TEST_F(KeeperTest, WhatRunsIsTakenUpAgain) {
  const auto keeper = launcher_->Start(Shell("echo ready; sleep 0.3"), Attempt());
  ASSERT_TRUE(keeper);
  WaitForLog("ready");
  const auto found = launcher_->Adopt(Attempt());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kind, AttemptReport::Kind::kRunning);
  EXPECT_EQ(found->keeper, *keeper);
  EXPECT_EQ(Finish(found->keeper, Attempt()).code, 0);
}

TEST_F(KeeperTest, ACommandThatIsNotThereIsSaid) {
  JobLaunch launch = Shell("");
  launch.command = {"no-such-program"};
  EXPECT_NE(Run(launch, Attempt()).code, 0);
  EXPECT_NE(Log().find("no-such-program"), std::string::npos);
}

}  // namespace
}  // namespace sinter
