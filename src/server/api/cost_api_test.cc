#include "server/api/cost_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "server/api/service_meter.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;

TEST(Cost, OfAttempts) {
  JobInfo job;
  job.id = "j1";
  job.spec.owner = "ann";
  const JobAttempt ended{.number = 2, .started_ms = 1000, .ended_ms = 5000, .cpu_seconds = 3};
  const auto plain = CostOfJobAttempt(job, ended, 0);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->id, "job j1.2");
  EXPECT_EQ(plain->at_ms, 5000);
  EXPECT_EQ(plain->core_seconds, 3);
  job.spec.run = "cnn-1";
  EXPECT_EQ(CostOfJobAttempt(job, ended, 4)->id, "run cnn-1.4");
  EXPECT_FALSE(CostOfJobAttempt(job, {.number = 1, .cpu_seconds = 3}, 1)) << "it lasts";
  EXPECT_FALSE(CostOfJobAttempt(job, {.number = 1, .ended_ms = 5}, 1)) << "nothing is known";
  RunInfo run;
  run.id = "cnn-1";
  run.created_by = "bob";
  EXPECT_EQ(CostOfRunAttempt(run, {.number = 4, .ended_ms = 7, .cpu_seconds = 2})->id, "run cnn-1.4");
  EXPECT_FALSE(CostOfRunAttempt(run, {.number = 4}));
}

TEST(Cost, ServicesShareThePoolByTheTimeOfTheirRuns) {
  const std::vector<ServiceRunTime> services{{"a", false, 3}, {"b", false, 1}, {"c", true, 2}};
  EXPECT_THAT(ShareServiceTime(services, 2, 4), ElementsAre(1.5, 0.5, 8.0));
  EXPECT_THAT(ShareServiceTime(services, 1000, 4), ElementsAre(12.0, 4.0, 8.0))
      << "never more than all threads";
  EXPECT_THAT(ShareServiceTime(std::vector<ServiceRunTime>{{"c", true, 1}}, 5, 1), ElementsAre(1.0));
  const std::vector<ServiceRunTime> narrow{{"a", false, 3, 1}, {"c", true, 2, 2}};
  EXPECT_THAT(ShareServiceTime(narrow, 1000, 4), ElementsAre(3.0, 4.0));
}

TEST(Cost, MoneyIsShownOnceAPriceIsSet) {
  const TemporaryFolder folder;
  const auto platform = *Platform::Open(folder.path() / "home");
  ASSERT_TRUE(platform->costs().Add({"job j.1", 1, "ann", "", "", 7200}));
  Json cost = *ShowCost(*platform, CostBy::kOwner, 0);
  EXPECT_EQ(cost["items"][0]["core_hours"], 2.0);
  EXPECT_EQ(cost["items"][0]["gpu_hours"], 0.0);
  EXPECT_TRUE(cost["items"][0]["cost"].is_null());
  ASSERT_TRUE(platform->costs().SetPrice({0.5, 0, "EUR"}));
  cost = *ShowCost(*platform, CostBy::kOwner, 0);
  EXPECT_EQ(cost["items"][0]["cost"], 1.0);
  EXPECT_EQ(cost["price"]["currency"], "EUR");
}

}  // namespace
}  // namespace sinter
