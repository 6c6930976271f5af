#include "server/api/service_api.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "server/api/oip/oip.h"
#include "server/api/rollout_json.h"
#include "server/api/rollout_routes.h"
#include "server/api/traffic_routes.h"

namespace sinter {
namespace {

Json SpecsJson(const std::vector<TensorSpec>& specs) {
  Json list = Json::array();
  for (const TensorSpec& spec : specs) {
    Json shape = Json::array();
    for (const Dim& dim : spec.shape) shape.push_back(dim.Constant().value_or(-1));
    list.push_back({{"name", spec.name},
                    {"datatype", OipDatatype(spec.dtype)},
                    {"shape", std::move(shape)},
                    {"type", spec.ToString()}});
  }
  return list;
}

Json TimesJson(const HistogramSnapshot& seconds) {
  Json bounds = Json::array();
  for (const double bound : seconds.bounds) bounds.push_back(1e3 * bound);
  // With the buckets a reader can take the difference of two readings, and quantiles of that.
  return {{"count", seconds.count},
          {"bounds_ms", std::move(bounds)},
          {"buckets", seconds.buckets},
          {"mean_ms", 1e3 * seconds.Mean()},
          {"p50_ms", 1e3 * seconds.Quantile(0.5)},
          {"p90_ms", 1e3 * seconds.Quantile(0.9)},
          {"p99_ms", 1e3 * seconds.Quantile(0.99)}};
}

Json TrafficJson(const TrafficStats& stats) {
  return {{"revision", stats.revision},
          {"succeeded", stats.succeeded},
          {"failed", stats.failed},
          {"refused", stats.refused},
          {"invalid", stats.invalid},
          {"cancelled", stats.cancelled},
          {"queued", stats.queued},
          {"running", stats.running},
          {"latency", TimesJson(stats.latency)},
          {"queue_time", TimesJson(stats.queue_time)},
          {"batches", {{"count", stats.batch_rows.count}, {"mean_rows", stats.batch_rows.Mean()}}}};
}

BatchLimits ReadLimits(const Json& json, Status& status) {
  BatchLimits limits;
  JsonReader reader(json, "service: batching");
  limits.max_rows = reader.Int("max_rows", limits.max_rows);
  limits.budget = std::chrono::microseconds(reader.Int("budget_us", limits.budget.count()));
  const int64_t queue = reader.Int("queue", static_cast<int64_t>(limits.queue));
  const int64_t workers = reader.Int("workers", limits.workers);
  limits.queue = static_cast<size_t>(std::max<int64_t>(0, queue));
  limits.workers = static_cast<int>(std::clamp<int64_t>(workers, 0, 1000));
  status = reader.Finish();
  return limits;
}

}  // namespace

Json ServiceJson(const ServiceInfo& service) {
  Json history = Json::array();
  for (const RolloutEntry& entry : service.history) {
    Json figures = Json::object();
    for (const auto& [name, value] : entry.decision.figures) figures[name] = value;
    history.push_back({{"at_ms", entry.at_ms},
                       {"by", entry.by},
                       {"what", entry.what},
                       {"from", RevisionJson(entry.from)},
                       {"to", RevisionJson(entry.to)},
                       {"decision", RolloutActionName(entry.decision.action)},
                       {"reason", entry.decision.reason},
                       {"figures", std::move(figures)}});
  }
  return {{"name", service.name},
          {"model", service.model},
          {"open", service.open},
          {"batching",
           {{"max_rows", service.limits.max_rows},
            {"budget_us", service.limits.budget.count()},
            {"queue", service.limits.queue},
            {"workers", service.limits.workers}}},
          {"gates", GatesJson(service.gates)},
          {"replica", ReplicaKindName(service.limits.process)},
          {"scaling", ScalingJson(service.scaling)},
          {"workers", service.workers},
          {"threads", service.threads},
          {"current", RevisionJson(service.current)},
          {"previous", service.previous ? RevisionJson(*service.previous) : Json(nullptr)},
          {"rollout", service.rollout.empty() ? Json(nullptr) : Json(service.rollout)},
          {"ready", service.ready},
          {"problem", service.problem},
          {"history", std::move(history)},
          {"created_ms", service.created_ms},
          {"created_by", service.created_by}};
}

Json ServiceStatsJson(const ServiceStats& stats) {
  Json revisions = Json::array();
  for (const TrafficStats& revision : stats.revisions) revisions.push_back(TrafficJson(revision));
  Json total = TrafficJson(stats.total);
  total.erase("revision");
  return {{"name", stats.service},
          {"ready", stats.ready},
          {"current", stats.current},
          {"previous", stats.previous.empty() ? Json(nullptr) : Json(stats.previous)},
          {"model", stats.model},
          {"workers", stats.workers},
          {"threads", stats.threads},
          {"total", std::move(total)},
          {"revisions", std::move(revisions)}};
}

Result<Json> ListServices(Platform& platform, std::string_view after, int limit) {
  TRY(const Services::Page page, platform.services().List(after, limit));
  Json items = Json::array();
  for (const ServiceInfo& service : page.services) {
    Json json = ServiceJson(service);
    json.erase("history");
    items.push_back(std::move(json));
  }
  return Json{{"items", std::move(items)}, {"next", page.next}};
}

Result<Json> ShowService(Platform& platform, std::string_view name) {
  TRY(const ServiceInfo info, platform.services().Show(name));
  Json json = ServiceJson(info);
  const auto service = platform.services().Find(name);
  const auto revision = service == nullptr ? nullptr : service->Info();
  if (revision == nullptr) return json;
  json["inputs"] = SpecsJson(revision->interface.inputs);
  json["outputs"] = SpecsJson(revision->interface.outputs);
  json["applied_max_rows"] = revision->limits.max_rows;
  Json signature = Json::parse(revision->signature, nullptr, false);
  json["signature"] = signature.is_discarded() ? Json(nullptr) : std::move(signature);
  return json;
}

Result<Json> DeployService(Platform& platform, const Json& body, std::string_view who) {
  JsonReader reader(body, "service");
  NewService wanted;
  wanted.name = reader.String("name");
  wanted.model = reader.String("model");
  wanted.open = reader.Bool("open", true);
  TRY(wanted.gates, ReadGates(reader.OptionalObject("gates"), "service: gates"));
  TRY(wanted.scaling, ReadScaling(reader.OptionalObject("scaling"), "service: scaling"));
  Status limits;
  wanted.limits = ReadLimits(reader.OptionalObject("batching"), limits);
  const std::string replica = reader.String("replica", ReplicaKindName(false));
  TRY_STATUS(reader.Finish());
  TRY_STATUS(limits);
  TRY(wanted.limits.process, ReadReplicaKind(replica));
  TRY_STATUS(CheckGolden(platform, wanted.gates, "service: gates"));
  TRY(const ServiceInfo info, platform.services().Deploy(wanted, who));
  return ServiceJson(info);
}

Status CheckGolden(Platform& platform, const Gates& gates, std::string_view where) {
  if (!gates.golden) return {};
  Repositories& datasets = platform.repositories(RepositoryKind::kDataset);
  const auto found = datasets.Find(gates.golden->dataset);
  if (found) return {};
  Error error = found.error();
  if (error.code == ErrorCode::kNotFound) {
    TRY(const RepositoryPage page, datasets.List("", 20));
    std::vector<std::string> names;
    names.reserve(page.repositories.size());
    for (const RepositoryInfo& one : page.repositories) names.push_back(one.name);
    error.hint = names.empty() ? "there are no data sets yet: sinter data add NAME FILES"
                               : fmt::format("there are {}", fmt::join(names, ", "));
  }
  return std::move(error).In(fmt::format("{}: golden", where));
}

std::vector<Route> ServiceRoutes(Platform& platform, bool loopback) {
  const Access look = loopback ? Access::kOpen : Access::kRead;
  std::vector<Route> routes;
  auto add = [&](std::string_view method, std::string_view pattern, Access access, std::string_view summary,
                 auto answer, int status = 200) {
    routes.push_back({.method = std::string(method),
                      .pattern = std::string(pattern),
                      .access = access,
                      .summary = std::string(summary),
                      .kind = Route::Kind::kBlocking,
                      .answer = [answer, status](HttpRequest& request) -> Result<HttpResponse> {
                        TRY(const Json json, answer(request));
                        return JsonResponse(json, status);
                      }});
  };
  constexpr std::string_view kAll = "/sinter/v1/services", kOne = "/sinter/v1/services/{name}";
  const auto one = [&](std::string_view more) { return std::string(kOne) + std::string(more); };
  Platform* p = &platform;
  add("GET", kAll, look, "The services, by name", [p](HttpRequest& r) -> Result<Json> {
    TRY(const int64_t limit, r.QueryInt("limit", 1000, 1, 1000));
    return ListServices(*p, r.Query("after"), static_cast<int>(limit));
  });
  add(
      "POST", kAll, Access::kWrite, "Deploy a model as a service",
      [p](HttpRequest& r) -> Result<Json> {
        TRY(const Json body, r.JsonBody());
        return DeployService(*p, body, r.principal.name);
      },
      201);
  add("GET", kOne, look, "A service, what it takes and gives, and its history",
      [p](HttpRequest& r) { return ShowService(*p, r.Parameter("name")); });
  add("DELETE", kOne, Access::kWrite, "End a service", [p](HttpRequest& r) -> Result<Json> {
    TRY_STATUS(p->services().Delete(r.Parameter("name"), r.principal.name));
    return Json::object();
  });
  add("POST", one("/scaling"), Access::kWrite, "How a service follows its load",
      [p](HttpRequest& r) -> Result<Json> {
        TRY(const Json body, r.JsonBody());
        TRY(const Scaling scaling, ReadScaling(body, "scaling"));
        TRY(const ServiceInfo info, p->services().SetScaling(r.Parameter("name"), scaling, r.principal.name));
        return ServiceJson(info);
      });
  add("POST", one("/unload"), Access::kWrite, "Let go of a service's models until the next request",
      [p](HttpRequest& r) -> Result<Json> {
        TRY(const ServiceInfo info, p->services().Unload(r.Parameter("name")));
        return ServiceJson(info);
      });
  add("POST", one("/rollback"), Access::kWrite, "Switch back to the revision before, at once",
      [p](HttpRequest& r) -> Result<Json> {
        TRY(const ServiceInfo info, p->services().Rollback(r.Parameter("name"), r.principal.name));
        return ServiceJson(info);
      });
  add("GET", one("/stats"), look, "A service's traffic", [p](HttpRequest& r) -> Result<Json> {
    const auto service = p->services().Find(r.Parameter("name"));
    if (service == nullptr) return NotFound("there is no such service", "sinter service list");
    return ServiceStatsJson(service->Stats());
  });
  add("GET", one("/samples"), look, "Rows of the data set that the service's model knows",
      [p](HttpRequest& r) -> Result<Json> {
        SampleQuery query{r.Query("dataset"), r.Query("split"), 0, 0};
        TRY(query.count, r.QueryInt("count", 10, 1, 100));
        TRY(query.seed, r.QueryInt("seed", 1, 0, INT64_MAX));
        return SampleService(*p, r.Parameter("name"), query);
      });
  for (Route& route : RolloutRoutes(platform, loopback)) routes.push_back(std::move(route));
  for (Route& route : TrafficRoutes(platform, loopback)) routes.push_back(std::move(route));
  return routes;
}

}  // namespace sinter
