// What services take, written down every ten seconds.
//
// An estimate. Of services in this process: the engine's pool counts the time that its threads work
// (base/pool_usage.h), and services share it by the time that their runs took, none more than the threads
// that its runs may use for that long. Of services whose replicas are processes: the time that their runs
// took, on those threads too. Requests' HTTP is not in it, and what a kill cuts off is lost: ten seconds at
// most.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/periodic.h"
#include "base/pool_usage.h"
#include "platform/runs/cost_ledger.h"
#include "platform/serving/services.h"

namespace sinter {

struct ServiceRunTime {
  std::string name;
  bool process = false;    // its replicas are processes
  double run_seconds = 0;  // that runs took in the interval
  int threads = 0;         // that a run may use now; 0: all
};
// Core-seconds of each, in the order given. `pool_core_seconds`: that the pool's threads worked meanwhile.
std::vector<double> ShareServiceTime(std::span<const ServiceRunTime> services, double pool_core_seconds,
                                     int threads);

// A thread of its own. What it is given outlives it.
class ServiceMeter {
 public:
  ServiceMeter(Services& services, CostLedger& costs, const Clock& clock = Clock::Real());
  ~ServiceMeter();  // writes what is left
  ServiceMeter(const ServiceMeter&) = delete;
  ServiceMeter& operator=(const ServiceMeter&) = delete;
  // What was taken since the last time.
  Status Write();

 private:
  Services& services_;
  CostLedger& costs_;
  const Clock& clock_;
  std::map<std::string, double> seen_;  // run seconds by service
  PoolUsage pool_;
  Nanoseconds looked_;
  std::optional<Periodic> writing_;  // last: it uses the others
};

}  // namespace sinter
