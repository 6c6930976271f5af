// Backup and restore of records, on every implementation.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "platform/records/postgres_records.h"
#include "platform/records/sqlite_records.h"
#include "platform/records/testing/backends.h"

namespace sinter {
namespace {

class BackupTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto backend = MakeRecordsBackend(GetParam());
    ASSERT_TRUE(backend) << backend.error().ToString();
    backend_ = *std::move(backend);
    records_ = backend_->Open().value();
  }
  std::unique_ptr<RecordsBackend> backend_;
  std::unique_ptr<Records> records_;
  TemporaryFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(All, BackupTest, testing::ValuesIn(RecordsBackends()),
                         [](const auto& chosen) { return chosen.param; });

TEST_P(BackupTest, KindsAreListed) {
  EXPECT_TRUE(records_->Kinds()->empty());
  for (const char* kind : {"run", "dataset", "model_ref", "model"})
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(records_->Create(kind, fmt::format("{}", i), "{}", "{}", "ann"));
  EXPECT_EQ(*records_->Kinds(), (std::vector<std::string>{"dataset", "model", "model_ref", "run"}));
  ASSERT_TRUE(records_->CheckIntegrity());
}

// While one writes pairs: both of a pair, or neither, and none that was acknowledged before is lacking.
TEST_P(BackupTest, IsOfOneMomentWhileOthersWrite) {
  std::atomic<bool> stop{false};
  std::atomic<int> acknowledged{0};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const RecordWrite pair[] = {RecordWrite::Create("left", fmt::format("{:06}", i), "{}"),
                                  RecordWrite::Create("right", fmt::format("{:06}", i), "{}")};
      if (!records_->Apply(pair, "ann")) break;
      acknowledged = i + 1;
    }
  });
  while (acknowledged < 20) std::this_thread::yield();
  const int before = acknowledged;
  const Status done = records_->Backup(folder_.path());
  stop = true;
  writer.join();
  ASSERT_TRUE(done) << done.error().ToString();
  const int64_t last = records_->LastSequence().value();

  auto other = MakeRecordsBackend(GetParam()).value();
  const Status restored = other->Restore(folder_.path());
  ASSERT_TRUE(restored) << restored.error().ToString();
  auto records = other->Open().value();
  const auto left = records->List({.kind = "left", .prefix = {}, .after = {}, .limit = 1000}).value(),
             right = records->List({.kind = "right", .prefix = {}, .after = {}, .limit = 1000}).value();
  EXPECT_GE(left.records.size(), static_cast<size_t>(before));
  ASSERT_EQ(left.records.size(), right.records.size());
  EXPECT_EQ(records->LastSequence().value(), static_cast<int64_t>(2 * left.records.size()));

  // Who followed the first ones up to its last change, which these may never have had.
  ASSERT_TRUE(records->BeginEpoch());
  ASSERT_TRUE(records->Create("home", "restored", "{}", "{}", "restore"));
  for (int64_t i = 0; i < 2000; ++i)
    ASSERT_TRUE(records->Create("more", fmt::format("{:06}", i), "{}", "{}", "ann"));
  const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds(10);
  const auto told = records->WaitForChanges({.after = last + 1}, soon);
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, ErrorCode::kConflict);
  EXPECT_GT(records->LastSequence().value(), last + Records::kEpoch / 2);
  const int64_t now = records->LastSequence().value();
  EXPECT_TRUE(records->WaitForChanges({.after = now}, soon));
}

TEST_P(BackupTest, IsNotPutOverRecordsThatAreThere) {
  ASSERT_TRUE(records_->Create("k", "n", "{}", "{}", "ann"));
  ASSERT_TRUE(records_->Backup(folder_.path()));
  EXPECT_FALSE(backend_->Restore(folder_.path()));
  EXPECT_TRUE(records_->Get("k", "n"));
}

}  // namespace
}  // namespace sinter
