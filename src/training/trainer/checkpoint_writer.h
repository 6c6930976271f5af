// Checkpoints written while training goes on.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "training/trainer/sinks.h"

namespace sinter {

// At most one is being written: the next waits for it. One thread calls.
class CheckpointWriter {
 public:
  explicit CheckpointWriter(CheckpointSink& sink);
  ~CheckpointWriter();
  // Takes copies of the states. Errors: that of the checkpoint before.
  Status Write(Checkpoint checkpoint);
  Status Finish();  // everything is written, or why not

 private:
  void Loop();
  CheckpointSink& sink_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Checkpoint> waiting_;
  bool busy_ = false, stop_ = false;
  Status status_;
  std::thread thread_;
};

}  // namespace sinter
