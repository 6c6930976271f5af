#include "platform/records/record_index.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "platform/records/testing/backends.h"
#include "platform/records/testing/counting_records.h"

namespace sinter {
namespace {

using Names = std::vector<std::string>;

// Heads are the numbers in the specs.
Result<int64_t> ReadNumber(const Record& record) {
  if (record.spec.find("bad") != std::string::npos) return Corrupt("no number");
  return std::stoll(record.spec.substr(record.spec.find(':') + 1));
}
std::string Spec(int64_t number) { return fmt::format(R"({{"n":{}}})", number); }

class RecordIndexTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto backend = MakeRecordsBackend(GetParam());
    ASSERT_TRUE(backend) << backend.error().ToString();
    backend_ = *std::move(backend);
    records_ = *backend_->Open();
    others_ = *backend_->Open();  // of another server
    counting_ = std::make_unique<CountingRecords>(*records_);
    index_ = std::make_unique<RecordIndex<int64_t>>(*counting_, "thing", ReadNumber);
  }
  void Make(const std::string& name, int64_t number) {
    ASSERT_TRUE(others_->Create("thing", name, Spec(number), "{}", "ann"));
  }
  // Even ones, the greatest first.
  Names First(size_t count) {
    return *index_->First(count, [](int64_t n) { return n % 2 == 0; }, std::greater<>());
  }
  std::unique_ptr<RecordsBackend> backend_;
  std::unique_ptr<Records> records_, others_;
  std::unique_ptr<CountingRecords> counting_;
  std::unique_ptr<RecordIndex<int64_t>> index_;
};

TEST_P(RecordIndexTest, FollowsWhatChanges) {
  EXPECT_EQ(First(9), Names{});
  Make("a", 2);
  Make("b", 8);
  Make("c", 5);
  Make("d", 8);
  EXPECT_EQ(First(9), (Names{"b", "d", "a"}));  // equal ones by name
  EXPECT_EQ(First(1), Names{"b"});
  const Record b = *others_->Get("thing", "b");
  ASSERT_TRUE(others_->Update("thing", "a", "bob", [](Record& record) -> Status {
    record.spec = Spec(10);
    return {};
  }));
  ASSERT_TRUE(others_->Delete(b, "bob"));
  EXPECT_EQ(First(9), (Names{"a", "d"}));
  Make("b", 4);  // again
  ASSERT_TRUE(others_->Create("other", "x", Spec(100), "{}", "ann"));
  EXPECT_EQ(First(9), (Names{"a", "d", "b"}));
}

TEST_P(RecordIndexTest, ReadsChangesAlone) {
  for (int i = 0; i < 40; ++i) Make(fmt::format("{:02}", i), i);
  EXPECT_EQ(First(2), (Names{"38", "36"}));
  EXPECT_EQ(counting_->TakeRead(), 40);
  EXPECT_EQ(First(40).size(), 20u);
  EXPECT_EQ(counting_->TakeRead(), 0);
  Make("new", 100);
  EXPECT_EQ(First(1), Names{"new"});
  EXPECT_EQ(counting_->TakeRead(), 1);
}

TEST_P(RecordIndexTest, MoreChangesThanRecordsAreNotAllRead) {
  Make("a", 0);
  EXPECT_EQ(First(1), Names{"a"});
  counting_->TakeRead();
  for (int round = 0; round < 3; ++round) {
    std::vector<RecordWrite> made, gone;
    for (int i = 0; i < 1000; ++i)
      made.push_back(RecordWrite::Create("thing", fmt::format("t{}-{}", round, i), Spec(i)));
    const auto records = *others_->Apply(made, "ann");
    for (const Record& record : records) gone.push_back(RecordWrite::Delete(record));
    ASSERT_TRUE(others_->Apply(gone, "ann"));
  }
  Make("b", 2);
  EXPECT_EQ(First(9), (Names{"b", "a"}));
  EXPECT_LT(counting_->TakeRead(), 3000);  // of 6,001
}

TEST_P(RecordIndexTest, AfterAnErrorAllIsReadAnew) {
  Make("a", 2);
  EXPECT_EQ(First(1), Names{"a"});
  const Record bad = *others_->Create("thing", "b", R"({"bad":1})", "{}", "ann");
  for (int i = 0; i < 2; ++i) {
    const auto first = index_->First(1, [](int64_t) { return true; }, std::greater<>());
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().code, ErrorCode::kCorrupt);
  }
  ASSERT_TRUE(others_->Delete(bad, "ann"));
  EXPECT_EQ(First(1), Names{"a"});
}

TEST_P(RecordIndexTest, NamedRecordsThatAreGoneAreLeftOut) {
  Make("a", 1);
  Make("b", 2);
  Names seen;
  ASSERT_TRUE(ForEachNamed(*records_, "thing", {"b", "gone", "a"}, [&](const Record& record) -> Status {
    seen.push_back(record.name);
    return {};
  }));
  EXPECT_EQ(seen, (Names{"b", "a"}));
}

INSTANTIATE_TEST_SUITE_P(All, RecordIndexTest, ::testing::ValuesIn(RecordsBackends()),
                         [](const auto& chosen) { return chosen.param; });

}  // namespace
}  // namespace sinter
