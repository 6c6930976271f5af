// For tests that a list reads its page and not everything: counts the records and changes that are read.
#pragma once

#include <atomic>
#include <cstdint>

#include "platform/records/records.h"

namespace sinter {

// Another Records, which outlives it.
class CountingRecords final : public Records {
 public:
  explicit CountingRecords(Records& records) : records_(records) {}
  // Since it was asked last.
  int64_t TakeRead() { return read_.exchange(0); }

  Result<Record> Get(std::string_view kind, std::string_view name) override;
  Result<RecordPage> List(const RecordQuery& query) override;
  Result<std::vector<Change>> History(const ChangeQuery& query) override;

  Result<std::vector<Record>> Apply(std::span<const RecordWrite> writes, std::string_view who) override {
    return records_.Apply(writes, who);
  }
  Result<int64_t> LastSequence() override { return records_.LastSequence(); }
  Result<std::vector<std::string>> Kinds() override { return records_.Kinds(); }
  Status CheckIntegrity() override { return records_.CheckIntegrity(); }
  Status Backup(const Path& folder) override { return records_.Backup(folder); }
  Status BeginEpoch() override { return records_.BeginEpoch(); }
  Result<LeaseRow> GetLease(std::string_view name) override { return records_.GetLease(name); }
  Result<LeaseRow> SwapLease(LeaseRow next, int64_t version) override {
    return records_.SwapLease(std::move(next), version);
  }
  std::chrono::milliseconds PollInterval() const override { return records_.PollInterval(); }

 private:
  Records& records_;
  std::atomic<int64_t> read_{0};
};

}  // namespace sinter
