// Ranks as threads of one process: for tests of collectives, and for programs that need no other machine.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/graph/communicator.h"

namespace sinter {

// Owns the meeting place; must outlive its communicators' users. Each rank's communicator is for one thread.
// A rank that will not come any more says so by Leave(); whoever waits for it then gets an error with its
// name, instead of waiting for ever.
class ThreadGroup {
 public:
  explicit ThreadGroup(int ranks);
  ~ThreadGroup();
  ThreadGroup(const ThreadGroup&) = delete;
  ThreadGroup& operator=(const ThreadGroup&) = delete;

  int size() const { return static_cast<int>(communicators_.size()); }
  Communicator& rank(int rank) { return *communicators_[static_cast<size_t>(rank)]; }
  // Any thread. Final: the group is of no use afterwards.
  void Leave(int rank, std::string reason);

 private:
  class Rank;
  // What a rank brings to a meeting. The tensors stay the rank's own; others read them between two meetings.
  struct Offer {
    std::string what;  // must be the same on all ranks: kind, dtype, dims, reduction, root
    const Tensor* tensor = nullptr;
  };
  // Waits until all ranks are here. Errors: a rank that left, unless all are sure to come.
  Status Meet(bool sure);

  std::mutex mutex_;
  std::condition_variable all_here_;
  int waiting_ = 0;
  uint64_t meeting_ = 0;
  std::string left_;  // why the group is broken; empty: it is whole
  std::vector<Offer> offers_;
  std::vector<std::unique_ptr<Communicator>> communicators_;
};

}  // namespace sinter
