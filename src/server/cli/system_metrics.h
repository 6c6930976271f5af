// What a training takes of the machine, beside the figures that it reports itself.
#pragma once

#include <chrono>

#include "base/pool_usage.h"
#include "base/process_usage.h"
#include "server/cli/http_sinks.h"

namespace sinter {

// Passes everything on, and every two seconds, and with the last step, adds by step and time
//   system/cores             core-seconds a second, of all ranks on this machine with all that they started
//   system/memory_bytes      resident, of the same processes
//   system/data_starvation   the share of the time that training waited for data (the trainer's own figure)
//   system/pool_utilisation  the share of this rank's threads' time that was the engine's work
// One thread.
class SystemMetrics final : public RunSink {
 public:
  // `root`: the process whose tree is looked at. `threads`: of the engine's pool.
  SystemMetrics(HttpRun& run, int64_t root, int threads) : run_(run), meter_(root), threads_(threads) {}
  Status Metrics(std::span<const TrainMetric> points) override;
  Status Progress(int64_t step, int64_t steps) override;
  Status Flush() override { return run_.Flush(); }

 private:
  static constexpr std::chrono::milliseconds kEvery{2000};
  HttpRun& run_;
  UsageMeter meter_;
  const int threads_;
  PoolUsage pool_ = PoolUsageNow();
  double waiting_share_ = 0;
};

}  // namespace sinter
