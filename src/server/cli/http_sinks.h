// The trainer's sinks over the server's API, by the run's token.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/hub/manifest.h"
#include "server/cli/api_client.h"
#include "server/cli/transfer.h"
#include "training/trainer/sinks.h"

namespace sinter {

// Metrics are sent together, about once a second.
class HttpRun final : public RunSink {
 public:
  HttpRun(ApiClient& client, const std::string& run)
      : client_(client), path_("/runs/" + EscapeSegment(run)) {}
  Status Metrics(std::span<const TrainMetric> points) override;
  Status Progress(int64_t step, int64_t steps) override;
  Status Flush() override;
  // What the attempt has taken so far; told with the next progress.
  void NoteCpuSeconds(double seconds) { cpu_seconds_ = seconds; }

 private:
  struct Kept {
    TrainMetric point;
    int64_t wall_ms;
  };
  ApiClient& client_;
  std::string path_;
  std::vector<Kept> kept_;
  double cpu_seconds_ = 0;
  std::chrono::steady_clock::time_point sent_ = std::chrono::steady_clock::now();
};

// A checkpoint's files: checkpoint.json, and states/NAME for each state; those that the server has already
// are not sent again.
class HttpCheckpoints final : public CheckpointSink {
 public:
  // `resume_from`: the manifest to resume from; empty: none.
  HttpCheckpoints(ApiClient& client, const std::string& run, std::string resume_from)
      : client_(client), path_("/runs/" + EscapeSegment(run)), resume_from_(std::move(resume_from)) {}
  Status Save(const Checkpoint& checkpoint) override;
  Result<std::optional<Checkpoint>> Latest() override;

 private:
  Status Put(const std::string& sha256, std::string_view bytes);
  ApiClient& client_;
  std::string path_, resume_from_;
};

}  // namespace sinter
