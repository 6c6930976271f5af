// Sinks that keep everything in a folder: for tests, and for training without a server.
#pragma once

#include "base/file.h"
#include "training/trainer/sinks.h"

namespace sinter {

// FOLDER/blobs/SHA256, FOLDER/checkpoints/STEP.json; the two latest checkpoints are kept.
class FolderCheckpoints final : public CheckpointSink {
 public:
  explicit FolderCheckpoints(Path folder) : folder_(std::move(folder)) {}
  Status Save(const Checkpoint& checkpoint) override;
  // The latest that verifies: one whose bytes are damaged is passed over for the one before.
  Result<std::optional<Checkpoint>> Latest() override;

 private:
  std::vector<int64_t> Steps() const;  // ascending
  void RemoveOld();
  Path folder_;
};

// FOLDER/metrics.jsonl: one line a point.
class FolderRun final : public RunSink {
 public:
  explicit FolderRun(const Path& folder) : path_(folder / "metrics.jsonl") {}
  Status Metrics(std::span<const TrainMetric> points) override;
  Status Progress(int64_t, int64_t) override { return {}; }
  Status Flush() override { return {}; }

 private:
  Path path_;
};

}  // namespace sinter
