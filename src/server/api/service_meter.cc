#include "server/api/service_meter.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/thread_pool.h"

namespace sinter {
namespace {

constexpr std::chrono::seconds kEvery(10);
constexpr int64_t kHourMs = int64_t{3600} * 1000;

}  // namespace

std::vector<double> ShareServiceTime(std::span<const ServiceRunTime> services, double pool_core_seconds,
                                     int threads) {
  double in_process = 0;
  for (const ServiceRunTime& service : services) in_process += service.process ? 0 : service.run_seconds;
  std::vector<double> shares;
  shares.reserve(services.size());
  for (const ServiceRunTime& service : services) {
    const double most =
        service.run_seconds * (service.threads == 0 ? threads : std::min(service.threads, threads));
    if (service.process)
      shares.push_back(most);
    else
      shares.push_back(in_process > 0 ? std::min(most, pool_core_seconds * service.run_seconds / in_process)
                                      : 0);
  }
  return shares;
}

ServiceMeter::ServiceMeter(Services& services, CostLedger& costs, const Clock& clock)
    : services_(services), costs_(costs), clock_(clock), pool_(PoolUsageNow()), looked_(clock.Now()) {
  writing_.emplace(kEvery, [this] {
    if (const Status written = Write(); !written)
      fmt::print(stderr, "costs: {}\n", written.error().ToString());
  });
}

ServiceMeter::~ServiceMeter() {
  writing_.reset();
  (void)Write();
}

Status ServiceMeter::Write() {
  const int threads = ThreadPool::Shared().threads();
  const PoolUsage pool = PoolUsageNow();
  const Nanoseconds now = clock_.Now();
  const double seconds = std::chrono::duration<double>(now - looked_).count();
  const double pool_core_seconds = PoolUtilisation(pool_, pool, threads) * threads * seconds;
  pool_ = pool;
  looked_ = now;
  std::vector<ServiceRunTime> taken;
  for (const ServiceStats& stats : services_.Stats()) {
    double& seen = seen_[stats.service];
    const double run = stats.total.run_seconds;
    // A service of that name that was deleted and made again counts from nothing.
    const double since = run >= seen ? run - seen : run;
    seen = run;
    if (since > 0) taken.push_back({stats.service, false, since, stats.threads});
  }
  if (taken.empty()) return {};
  std::vector<std::string> owners;
  for (ServiceRunTime& service : taken) {
    const auto info = services_.Show(service.name);
    owners.push_back(info ? info->created_by : "");
    service.process = info && info->limits.process;
  }
  const std::vector<double> shares = ShareServiceTime(taken, pool_core_seconds, threads);
  const int64_t hour = clock_.UnixMillis() / kHourMs * kHourMs;
  for (size_t i = 0; i < taken.size(); ++i) {
    CostEntry entry;
    entry.id = fmt::format("service {} {}", taken[i].name, hour);
    entry.at_ms = hour;
    entry.owner = owners[i];
    entry.service = taken[i].name;
    entry.core_seconds = shares[i];
    TRY_STATUS(costs_.Add(entry));
  }
  return {};
}

}  // namespace sinter
