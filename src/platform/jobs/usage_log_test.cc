#include "platform/jobs/usage_log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "platform/jobs/launch.h"

namespace sinter {
namespace {

TEST(UsageLog, SamplesWhenDueAndIsReadBack) {
  const TemporaryFolder folder;
  ManualClock clock;
  EXPECT_TRUE(UsageInFolder(folder.path(), 10)->empty());
  UsageLog log(folder.path(), getpid(), clock);
  log.SampleIfDue();
  EXPECT_TRUE(UsageInFolder(folder.path(), 10)->empty()) << "no time has passed";
  clock.Advance(std::chrono::seconds(1));
  log.SampleIfDue();
  log.SampleIfDue();
  clock.Advance(std::chrono::seconds(4));
  log.SampleIfDue();
  ASSERT_EQ(UsageInFolder(folder.path(), 10)->size(), 1U) << "after the first, every five seconds";
  clock.Advance(std::chrono::seconds(1));
  log.SampleIfDue();
  const auto all = *UsageInFolder(folder.path(), 10);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].at_ms - all[0].at_ms, 5000);
  EXPECT_GT(all[1].memory_bytes, 1U << 20);
  EXPECT_GE(all[1].processes, 1);
  EXPECT_GE(all[1].cores, 0);
}

TEST(UsageLog, ALongJobIsSampledLessOften) {
  const TemporaryFolder folder;
  ManualClock clock;
  UsageLog log(folder.path(), getpid(), clock);
  for (int i = 0; i < 3000; ++i) {
    clock.Advance(std::chrono::seconds(5));
    log.SampleIfDue();
  }
  const auto all = *UsageInFolder(folder.path(), 100'000);
  EXPECT_EQ(all.size(), 1000U + 1000U);
  EXPECT_EQ(all[1998].at_ms - all[1997].at_ms, 10'000);
  const auto thin = *UsageInFolder(folder.path(), 7);
  ASSERT_EQ(thin.size(), 7U);
  EXPECT_EQ(thin.back().at_ms, all.back().at_ms);
}

TEST(UsageLog, AHalfLineIsLeftOutAndDamageIsTold) {
  const TemporaryFolder folder;
  const std::string good = R"({"at_ms":1,"cores":0.5,"memory_bytes":7,"processes":2})";
  ASSERT_TRUE(WriteFileAtomically(folder.path() / kUsageFile, good + "\n" + good.substr(0, 9)));
  const auto read = UsageInFolder(folder.path(), 5);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ((*read)[0].memory_bytes, 7U);
  ASSERT_TRUE(WriteFileAtomically(folder.path() / kUsageFile, "nothing\n" + good + "\n"));
  EXPECT_FALSE(UsageInFolder(folder.path(), 5));
}

}  // namespace
}  // namespace sinter
