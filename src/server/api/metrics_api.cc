#include "server/api/metrics_api.h"

#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <limits>

#include <prometheus/text_serializer.h>

#include "server/api/routes.h"

namespace sinter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Families {
 public:
  // The family that the next values belong to.
  Families& Family(std::string name, std::string help, MetricType type) {
    all_.push_back({std::move(name), std::move(help), type, {}});
    return *this;
  }
  Families& Value(Labels labels, double value) {
    ClientMetric& metric = all_.back().metric.emplace_back();
    metric.label = std::move(labels);
    (all_.back().type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    return *this;
  }
  Families& Value(Labels labels, const HistogramSnapshot& snapshot) {
    ClientMetric& metric = all_.back().metric.emplace_back();
    metric.label = std::move(labels);
    metric.histogram.sample_count = snapshot.count;
    metric.histogram.sample_sum = snapshot.sum;
    uint64_t below = 0;
    for (size_t i = 0; i < snapshot.buckets.size(); ++i) {
      below += snapshot.buckets[i];
      const double bound =
          i < snapshot.bounds.size() ? snapshot.bounds[i] : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({below, bound});
    }
    return *this;
  }
  std::string Text() const { return prometheus::TextSerializer().Serialize(all_); }

 private:
  std::vector<MetricFamily> all_;
};

double ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long pages = 0, resident = 0;
  const int read = std::fscanf(file, "%lu %lu", &pages, &resident);
  std::fclose(file);
  return read == 2 ? static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) : 0;
}

double ProcessorSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double StartSeconds() {
  static const double start =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return start;
}

void AddProcess(Families& families, uint64_t log_lines_dropped) {
  families.Family("sinter_build_info", "The program's version.", MetricType::Gauge)
      .Value({{"version", std::string(kVersion)}}, 1.0)
      .Family("process_start_time_seconds", "When the server began, since the epoch.", MetricType::Gauge)
      .Value({}, StartSeconds())
      .Family("process_resident_memory_bytes", "Memory that the server holds.", MetricType::Gauge)
      .Value({}, ResidentBytes())
      .Family("process_cpu_seconds_total", "Processor time that the server took.", MetricType::Counter)
      .Value({}, ProcessorSeconds())
      .Family("sinter_access_log_lines_dropped_total", "Lines of the access log lost to a slow disk.",
              MetricType::Counter)
      .Value({}, static_cast<double>(log_lines_dropped));
}

void AddHttp(Families& families, const HttpTraffic& traffic) {
  const auto route_of = [](const HttpTraffic::RouteCounters& route) {
    return Labels{{"method", route.method}, {"route", route.pattern}};
  };
  families.Family("sinter_http_requests_total", "Answered requests by route and status.",
                  MetricType::Counter);
  for (const auto& route : traffic.routes()) {
    for (size_t i = 0; i < HttpTraffic::kStatuses; ++i) {
      const uint64_t count = route->by_status[i].load(std::memory_order_relaxed);
      if (count == 0) continue;
      Labels labels = route_of(*route);
      labels.push_back({"code", std::to_string(100 + i)});
      families.Value(std::move(labels), static_cast<double>(count));
    }
  }
  families.Family("sinter_http_request_duration_seconds",
                  "From a request's last byte to its answer's first, by route.", MetricType::Histogram);
  for (const auto& route : traffic.routes()) {
    const HistogramSnapshot seconds = route->seconds.Read();
    if (seconds.count > 0) families.Value(route_of(*route), seconds);
  }
  families.Family("sinter_http_received_bytes_total", "Bytes of requests' bodies.", MetricType::Counter)
      .Value({}, static_cast<double>(traffic.bytes_in.load()))
      .Family("sinter_http_sent_bytes_total", "Bytes of answers.", MetricType::Counter)
      .Value({}, static_cast<double>(traffic.bytes_out.load()));
}

void AddServices(Families& families, const std::vector<ServiceStats>& services) {
  families.Family("sinter_service_ready", "1 where a service's model is loaded.", MetricType::Gauge);
  for (const ServiceStats& s : services) families.Value({{"service", s.service}}, s.ready ? 1.0 : 0.0);
  const auto now = [&](const char* name, const char* help, int ServiceStats::* figure) {
    families.Family(name, help, MetricType::Gauge);
    for (const ServiceStats& s : services)
      families.Value({{"service", s.service}}, static_cast<double>(s.*figure));
  };
  now("sinter_service_workers", "Runs that may go side by side now; 0: nothing is loaded.",
      &ServiceStats::workers);
  now("sinter_service_threads", "Of the engine's threads, what each of those runs may use.",
      &ServiceStats::threads);
  families.Family("sinter_service_requests_total",
                  "Requests by outcome: refused by a full queue, invalid by their own fault.",
                  MetricType::Counter);
  const auto of = [](const ServiceStats& s, const TrafficStats& r) {
    return Labels{{"service", s.service}, {"revision", r.revision}};
  };
  const auto each = [&](auto use) {
    for (const ServiceStats& s : services) {
      for (const TrafficStats& r : s.revisions) use(s, r);
    }
  };
  each([&](const ServiceStats& s, const TrafficStats& r) {
    const std::pair<const char*, uint64_t> outcomes[] = {{"succeeded", r.succeeded},
                                                         {"failed", r.failed},
                                                         {"refused", r.refused},
                                                         {"invalid", r.invalid},
                                                         {"cancelled", r.cancelled}};
    for (const auto& [outcome, count] : outcomes) {
      Labels labels = of(s, r);
      labels.push_back({"outcome", outcome});
      families.Value(std::move(labels), static_cast<double>(count));
    }
  });
  families.Family("sinter_service_queued", "Requests that wait now.", MetricType::Gauge);
  each([&](const auto& s, const auto& r) { families.Value(of(s, r), static_cast<double>(r.queued)); });
  families.Family("sinter_service_running", "Requests in a batch that runs now.", MetricType::Gauge);
  each([&](const auto& s, const auto& r) { families.Value(of(s, r), static_cast<double>(r.running)); });
  families.Family("sinter_service_latency_seconds", "From the queue to the answer, of those that succeeded.",
                  MetricType::Histogram);
  each([&](const auto& s, const auto& r) { families.Value(of(s, r), r.latency); });
  families.Family("sinter_service_queue_seconds", "Of that, in the queue.", MetricType::Histogram);
  each([&](const auto& s, const auto& r) { families.Value(of(s, r), r.queue_time); });
  families.Family("sinter_service_batch_rows", "Rows of each batch.", MetricType::Histogram);
  each([&](const auto& s, const auto& r) { families.Value(of(s, r), r.batch_rows); });
}

void AddRollouts(Families& families, const std::vector<RolloutStats>& services) {
  families.Family("sinter_rollout_state",
                  "1 for the state of a service's latest rollout since the server began, 0 for the others.",
                  MetricType::Gauge);
  for (const RolloutStats& s : services) {
    for (auto state = RolloutState::kLoading; s.state && state <= RolloutState::kRolledBack;
         state = static_cast<RolloutState>(static_cast<int>(state) + 1)) {
      families.Value({{"service", s.service}, {"state", std::string(RolloutStateName(state))}},
                     *s.state == state ? 1.0 : 0.0);
    }
  }
  families.Family(
      "sinter_rollout_share_percent",
      "Percent of the live requests that the new model answers: a canary's share, 100 once it has "
      "taken over.",
      MetricType::Gauge);
  for (const RolloutStats& s : services) {
    if (s.state) families.Value({{"service", s.service}}, s.share);
  }
  families.Family("sinter_rollout_decisions_total",
                  "Decisions of rollouts: by the gate that made them or a person, and by what came of them.",
                  MetricType::Counter);
  for (const RolloutStats& s : services) {
    for (const RolloutDecisionCount& d : s.decisions) {
      families.Value(
          {{"service", s.service}, {"gate", std::string(d.gate)}, {"outcome", std::string(d.outcome)}},
          static_cast<double>(d.count));
    }
  }
}

}  // namespace

void HttpTraffic::Describe(std::span<const Route> routes) {
  StartSeconds();
  for (const Route& route : routes) {
    auto& counters = routes_.emplace_back(std::make_unique<RouteCounters>());
    counters->method = route.method;
    counters->pattern = route.pattern;
  }
  routes_.emplace_back(std::make_unique<RouteCounters>());
}

void HttpTraffic::Note(const AccessEntry& entry) {
  RouteCounters& route = *routes_[std::min(entry.route, routes_.size() - 1)];
  const size_t status = static_cast<size_t>(std::clamp(entry.status, 100, 599)) - 100;
  route.by_status[status].fetch_add(1, std::memory_order_relaxed);
  route.seconds.Add(std::chrono::duration<double>(entry.took).count());
  bytes_in.fetch_add(entry.bytes_in, std::memory_order_relaxed);
  bytes_out.fetch_add(entry.bytes_out, std::memory_order_relaxed);
}

std::string MetricsText(const Services& services, const HttpTraffic& traffic, uint64_t log_lines_dropped) {
  Families families;
  AddProcess(families, log_lines_dropped);
  AddHttp(families, traffic);
  AddServices(families, services.Stats());
  AddRollouts(families, services.StatsOfRollouts());
  return families.Text();
}

Route MetricsRoute(Platform& platform, std::shared_ptr<const HttpTraffic> traffic,
                   std::function<uint64_t()> log_lines_dropped, Access access) {
  Route route;
  route.method = "GET";
  route.pattern = "/metrics";
  route.access = access;
  route.summary = "What Prometheus collects: traffic, services, the process.";
  route.answer = [&platform, traffic = std::move(traffic),
                  dropped = std::move(log_lines_dropped)](HttpRequest&) -> Result<HttpResponse> {
    return TextResponse(MetricsText(platform.services(), *traffic, dropped()),
                        "text/plain; version=0.0.4; charset=utf-8");
  };
  return route;
}

}  // namespace sinter
