#include "platform/runs/cost_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace sinter {
namespace {

class CostLedgerTest : public ::testing::Test {
 protected:
  void SetUp() override { Reopen(); }
  void Reopen() {
    ledger_.reset();
    ledger_ = *CostLedger::Open(folder_.path() / "costs.db");
  }
  std::string Sums(CostBy by, int64_t since = 0) {
    const auto sums = *ledger_->Sum(by, since);
    std::string text;
    for (const CostItem& item : sums)
      text += item.name + " " + std::to_string(static_cast<int>(item.core_seconds)) + "s " +
              std::to_string(item.runs) + "/" + std::to_string(item.entries) + ";";
    return text;
  }
  TemporaryFolder folder_;
  std::unique_ptr<CostLedger> ledger_;
};

TEST_F(CostLedgerTest, EntriesAddUpByWhatIsAsked) {
  const std::vector<CostEntry> entries{{"run a.1", 100, "ann", "a", "", 10},
                                       {"run a.2", 200, "ann", "a", "", 5},
                                       {"run b.1", 200, "bob", "b", "", 20},
                                       {"job j.1", 300, "ann", "", "", 7}};
  ASSERT_TRUE(ledger_->Put(entries));
  ASSERT_TRUE(ledger_->Add({"service s 0", 0, "bob", "", "s", 2}));
  ASSERT_TRUE(ledger_->Add({"service s 0", 0, "bob", "", "s", 3}));
  EXPECT_EQ(Sums(CostBy::kOwner), "bob 25s 1/2;ann 22s 1/3;");
  EXPECT_EQ(Sums(CostBy::kRun), "b 20s 1/1;a 15s 1/2;");
  EXPECT_EQ(Sums(CostBy::kService), "s 5s 0/1;");
  EXPECT_EQ(Sums(CostBy::kOwner, 200), "bob 20s 1/1;ann 12s 1/2;");
  EXPECT_EQ(Sums(CostBy::kService, 1), "");
  // The same attempt again: counted once, by its latest figure; a missing one leaves it as it is.
  ASSERT_TRUE(ledger_->Put(std::vector<CostEntry>{{"run a.1", 100, "ann", "a", "", 11}}));
  ASSERT_TRUE(ledger_->PutMissing(
      std::vector<CostEntry>{{"run a.1", 100, "ann", "a", "", 99}, {"run c.1", 100, "cyd", "c", "", 1}}));
  Reopen();
  EXPECT_EQ(Sums(CostBy::kRun), "b 20s 1/1;a 16s 1/2;c 1s 1/1;");
}

TEST_F(CostLedgerTest, OnlyAmountsThatCanBeAdded) {
  const double bad[] = {-1, std::numeric_limits<double>::infinity(),
                        std::numeric_limits<double>::quiet_NaN()};
  for (const double value : bad) {
    EXPECT_FALSE(
        ledger_->Put(std::vector<CostEntry>{{"ok", 1, "a", "", "", 1}, {"x", 1, "a", "", "", value}}));
    EXPECT_FALSE(ledger_->Add({"x", 1, "a", "", "", 0, value}));
    EXPECT_FALSE(ledger_->SetPrice({value, 0, "EUR"}));
  }
  EXPECT_FALSE(ledger_->Add({"", 1, "a"}));
  EXPECT_EQ(Sums(CostBy::kOwner), "") << "all or none";
}

TEST_F(CostLedgerTest, APriceIsKept) {
  EXPECT_EQ(ledger_->Price()->currency, "");
  ASSERT_TRUE(ledger_->SetPrice({0.04, 2, "EUR"}));
  ASSERT_TRUE(ledger_->SetPrice({0.05, 2, "CNY"}));
  Reopen();
  EXPECT_EQ(ledger_->Price()->core_hour, 0.05);
  EXPECT_EQ(ledger_->Price()->currency, "CNY");
  EXPECT_FALSE(ledger_->SetPrice({1, 1, ""}));
}

}  // namespace
}  // namespace sinter
