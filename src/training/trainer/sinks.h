// Where a training's progress and checkpoints go: a folder, or the server's API.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/tensor/tensor.h"

namespace sinter {

struct TrainMetric {
  std::string name;
  int64_t step = 0;
  double value = 0;
};

// Called by the training's own thread. An error ends the training: a run that nobody follows any more, or
// that another attempt has taken over, must not go on.
class RunSink {
 public:
  virtual ~RunSink() = default;
  virtual Status Metrics(std::span<const TrainMetric> points) = 0;  // may be kept back for a moment
  virtual Status Progress(int64_t step, int64_t steps) = 0;
  virtual Status Flush() = 0;  // everything given so far is kept when this returns
};

struct Checkpoint {
  int64_t step = 0;  // done; 0: before the first
  std::map<std::string, Tensor, std::less<>> states;
};

// Content-addressed and crash-safe: a checkpoint is there whole or not at all. Save is called by a thread of
// its own, one at a time; Latest before it.
class CheckpointSink {
 public:
  virtual ~CheckpointSink() = default;
  virtual Status Save(const Checkpoint& checkpoint) = 0;
  virtual Result<std::optional<Checkpoint>> Latest() = 0;
};

}  // namespace sinter
