#include "server/api/traffic_routes.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/api/case_dataset.h"
#include "server/api/case_files.h"
#include "server/api/case_loops.h"

namespace sinter {
namespace {

constexpr int64_t kMostNumbers = 1 << 20;  // of one answer

Result<std::shared_ptr<Service>> Need(Platform& platform, std::string_view name) {
  auto service = platform.services().Find(name);
  if (service == nullptr) return NotFound("there is no such service", "sinter service list");
  return service;
}

// A row of one input: numbers, or the class's name; null where it is missing.
Json ValuesOf(const CaseInput& input, const ModelInterface* model) {
  Json values = Json::array();
  const int at = model == nullptr ? -1 : model->FindInput(input.name);
  if (at >= 0 && !model->inputs[static_cast<size_t>(at)].categories.empty())
    return Json::array({input.category.empty() ? Json(nullptr) : Json(input.category)});
  for (int64_t i = 0; i < input.row.elements(); ++i) {
    const double value = input.row.AsDouble(i);
    if (!std::isfinite(value))
      values.push_back(nullptr);
    else if (value == std::floor(value) && std::abs(value) < 1e15)
      values.push_back(static_cast<int64_t>(value));
    else
      values.push_back(value);
  }
  return values;
}

}  // namespace

Json DriftJson(const DriftReport& report) {
  Json measures = Json::array();
  for (const DriftMeasure& measure : report.measures) {
    Json json = {{"name", measure.name},
                 {"drifted", measure.drifted},
                 {"stability_index", measure.stability.value},
                 {"by_chance", measure.stability.by_chance},
                 {"bins", measure.stability.bins},
                 {"reference_missing", measure.reference_missing},
                 {"live_missing", measure.live_missing}};
    if (measure.test.first > 0) {
      json["ks_distance"] = measure.test.distance;
      json["ks_p_value"] = measure.test.p_value;
      json["reference_mean"] = measure.reference_mean;
      json["live_mean"] = measure.live_mean;
    }
    measures.push_back(std::move(json));
  }
  return {{"verdict", report.verdict},     {"drifted", report.verdict == "drift"},
          {"live_sample", report.live},    {"reference_sample", report.reference},
          {"minimum", report.minimum},     {"reference_minimum", report.reference_minimum},
          {"dataset", report.dataset},     {"answered", report.answered},
          {"unwatched", report.unwatched}, {"measures", std::move(measures)}};
}

Result<Json> ListCases(Platform& platform, std::string_view name, int64_t limit) {
  TRY(const auto service, Need(platform, name));
  const auto info = service->Info();
  TRY(const KeptCases kept, ReadKeptCases(platform, name));
  const std::vector<HardCase>& cases = kept.cases;
  Json items = Json::array();
  int64_t numbers = 0;
  for (const HardCase& one : cases) {
    Json inputs = Json::array();
    for (const CaseInput& input : one.inputs) {
      numbers += input.row.elements();
      inputs.push_back({{"name", input.name},
                        {"shape", input.row.dims()},
                        {"data", ValuesOf(input, info == nullptr ? nullptr : &info->interface)}});
    }
    if (static_cast<int64_t>(items.size()) == limit || numbers > kMostNumbers) break;
    items.push_back({{"number", one.number},
                     {"at_ms", one.at_ms},
                     {"revision", one.revision},
                     {"why", one.why},
                     {"class", one.index},
                     {"class_name", one.class_name},
                     {"confidence", one.confidence},
                     {"inputs", std::move(inputs)}});
  }
  const auto loop = FindCaseLoop(platform, name);
  if (!loop && loop.error().code != ErrorCode::kNotFound) return loop.error();
  return Json{{"kept", cases.size()},
              {"consent", service->cases().enabled()},
              {"loop", loop ? CaseLoopJson(*loop) : Json(nullptr)},
              {"items", std::move(items)}};
}

std::vector<Route> TrafficRoutes(Platform& platform, bool loopback) {
  std::vector<Route> routes;
  Platform* p = &platform;
  auto add = [&](std::string_view method, std::string_view more, Access access, std::string_view summary,
                 auto answer) {
    routes.push_back({.method = std::string(method),
                      .pattern = fmt::format("/sinter/v1/services/{{name}}{}", more),
                      .access = access,
                      .summary = std::string(summary),
                      .kind = Route::Kind::kBlocking,
                      .answer = [answer](HttpRequest& request) -> Result<HttpResponse> {
                        TRY(const Json json, answer(request));
                        return JsonResponse(json);
                      }});
  };
  add("GET", "/drift", loopback ? Access::kOpen : Access::kRead, "Live traffic against the golden set",
      [p](HttpRequest& r) -> Result<Json> {
        TRY(const DriftReport report, p->services().Drift(r.Parameter("name")));
        return DriftJson(report);
      });
  add("GET", "/cases", Access::kRead, "Hard and unusual requests, kept for labelling",
      [p](HttpRequest& r) -> Result<Json> {
        TRY(const int64_t limit, r.QueryInt("limit", 20, 1, 1000));
        return ListCases(*p, r.Parameter("name"), limit);
      });
  add("POST", "/cases/export", Access::kWrite, "The kept requests as a version of a data set",
      [p](HttpRequest& r) -> Result<Json> {
        TRY(const Json body, r.JsonBody());
        JsonReader reader(body, "export");
        const std::string dataset = reader.String("dataset");
        TRY_STATUS(reader.Finish());
        return ExportCases(*p, r.Parameter("name"), dataset, r.principal.name);
      });
  for (Route& route : CaseLoopRoutes(platform)) routes.push_back(std::move(route));
  return routes;
}

}  // namespace sinter
