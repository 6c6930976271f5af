// Many writers share one transaction: while one is being made durable, those that come meanwhile gather for
// the next, so that a disk that syncs a hundred times a second takes thousands of them.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "platform/records/records.h"

namespace sinter {

// Any thread. The records outlive it.
class Submissions {
 public:
  explicit Submissions(Records& records) : records_(records) {}
  // Returns once the write is durable, or with the reason why it is not. One bad write fails alone.
  Result<Record> Submit(RecordWrite write, std::string_view who);

 private:
  struct Entry {
    RecordWrite write;
    std::string who;
    std::optional<Result<Record>> result;
  };
  void Lead(std::unique_lock<std::mutex>& lock);
  void Commit(std::vector<Entry*>& batch);
  Records& records_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::deque<Entry*> waiting_;
  bool leading_ = false;  // one of the waiting threads commits for all
};

}  // namespace sinter
