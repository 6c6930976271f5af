// What Prometheus asks for: GET /metrics in its text format.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "platform/serving/histogram.h"
#include "server/api/platform.h"
#include "server/http/router.h"
#include "server/http/server.h"

namespace sinter {

// Counts answered requests by route and status. Any thread; no locks, no allocation once described.
class HttpTraffic {
 public:
  // Once, before the first Note: the table that AccessEntry::route points into.
  void Describe(std::span<const Route> routes);
  void Note(const AccessEntry& entry);

  static constexpr size_t kStatuses = 500;  // 100 to 599
  struct RouteCounters {
    std::string method, pattern;  // empty: requests that matched no route
    std::array<std::atomic<uint64_t>, kStatuses> by_status{};
    Histogram seconds{LatencyBounds()};
  };
  const std::vector<std::unique_ptr<RouteCounters>>& routes() const { return routes_; }
  std::atomic<uint64_t> bytes_in{0}, bytes_out{0};

 private:
  std::vector<std::unique_ptr<RouteCounters>>
      routes_;  // one more than the table has: the last is for no route
};

// All figures at this moment, as text (version 0.0.4 of the format).
std::string MetricsText(const Services& services, const HttpTraffic& traffic, uint64_t log_lines_dropped);

Route MetricsRoute(Platform& platform, std::shared_ptr<const HttpTraffic> traffic,
                   std::function<uint64_t()> log_lines_dropped, Access access);

}  // namespace sinter
