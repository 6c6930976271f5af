#include "server/cli/system_metrics.h"

namespace sinter {

Status SystemMetrics::Metrics(std::span<const TrainMetric> points) {
  for (const TrainMetric& point : points)
    if (point.name == "train.waiting_share") waiting_share_ = point.value;
  return run_.Metrics(points);
}

Status SystemMetrics::Progress(int64_t step, int64_t steps) {
  if (meter_.SinceSample() >= kEvery || step == steps) {
    if (const auto sample = meter_.Sample()) {
      const PoolUsage pool = PoolUsageNow();
      const TrainMetric points[] = {
          {"system/cores", step, sample->cores},
          {"system/memory_bytes", step, static_cast<double>(sample->memory_bytes)},
          {"system/data_starvation", step, waiting_share_},
          {"system/pool_utilisation", step, PoolUtilisation(pool_, pool, threads_)}};
      pool_ = pool;
      TRY_STATUS(run_.Metrics(points));
      run_.NoteCpuSeconds(meter_.cpu_seconds());
    }
  }
  return run_.Progress(step, steps);
}

}  // namespace sinter
