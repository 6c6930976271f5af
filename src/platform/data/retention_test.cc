#include "platform/data/retention.h"

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/hub/home.h"
#include "platform/records/testing/counting_records.h"

namespace sinter {
namespace {

constexpr auto kDay = std::chrono::hours(24);

class RetentionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    home_ = *Home::Open(folder_.path() / "home", clock_);
    data_ = std::make_unique<Repositories>(RepositoryKind::kDataset, *home_);
    counting_ = std::make_unique<CountingRecords>(home_->records());
    retention_ = std::make_unique<Retention>(*counting_, *data_);
  }
  void Add(const std::string& name, const std::string& text) {
    const BlobInfo blob = *home_->store().Put(text);
    const auto added =
        data_->Add(name, *Manifest::Make({{"dataset.json", blob.size, blob.digest}}), "{}", "ann");
    ASSERT_TRUE(added) << added.error().ToString();
  }
  void Keep(const std::string& name, int64_t days) {
    ASSERT_TRUE(SetGovernance(home_->records(), name, {{"retention_days", days}}, "ann"));
  }
  std::vector<std::string> Due(std::string_view name = {}) {
    std::vector<std::string> refs;
    const auto due = *retention_->Due(clock_.UnixMillis(), name);
    refs.reserve(due.size());
    for (const DueVersion& one : due) refs.push_back(one.version.Ref());
    return refs;
  }
  using Refs = std::vector<std::string>;
  TemporaryFolder folder_;
  ManualClock clock_;
  std::unique_ptr<Home> home_;
  std::unique_ptr<Repositories> data_;
  std::unique_ptr<CountingRecords> counting_;
  std::unique_ptr<Retention> retention_;
};

TEST_F(RetentionTest, WhatIsOldIsDueTheLongestFirst) {
  Add("a", "1");
  Add("a-b", "1");  // its records lie beside those of "a"
  Keep("a", 30);
  clock_.Advance(kDay);
  Add("b", "1");
  Keep("b", 10);
  Add("c", "1");
  Keep("gone", 1);
  clock_.Advance(10 * kDay);
  EXPECT_EQ(Due(), Refs{"b@1"});
  Add("a", "2");
  clock_.Advance(20 * kDay);
  EXPECT_EQ(Due(), (Refs{"b@1", "a@1"}));
  EXPECT_EQ(Due("a"), Refs{"a@1"});
  EXPECT_EQ(Due("c"), Refs{});
  ASSERT_TRUE(data_->RemoveVersion("b@1", "old", "ann"));
  EXPECT_EQ(Due(), Refs{"a@1"});
  Keep("a", 0);
  EXPECT_EQ(Due(), Refs{});
  Keep("a-b", 1);
  EXPECT_EQ(Due(), Refs{"a-b@1"});
}

TEST_F(RetentionTest, DataSetsOfWhichNothingIsDueAreNotRead) {
  for (int i = 0; i < 20; ++i) {
    Add(fmt::format("d{}", i), "1");
    Keep(fmt::format("d{}", i), i == 7 ? 1 : 100);
  }
  clock_.Advance(2 * kDay);
  EXPECT_EQ(Due(), Refs{"d7@1"});
  counting_->TakeRead();
  EXPECT_EQ(Due(), Refs{"d7@1"});
  EXPECT_EQ(counting_->TakeRead(), 1);  // its governance
}

}  // namespace
}  // namespace sinter
