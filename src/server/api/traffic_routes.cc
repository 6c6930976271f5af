#include "server/api/traffic_routes.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/data/dataset.h"
#include "server/api/case_files.h"
#include "server/api/case_loops.h"

namespace sinter {
namespace {

constexpr std::string_view kSplit = "cases";
constexpr std::string_view kLabel = "label", kSaid = "said";
constexpr int64_t kMostNumbers = 1 << 20;  // of one answer

Result<std::shared_ptr<Service>> Need(Platform& platform, std::string_view name) {
  auto service = platform.services().Find(name);
  if (service == nullptr) return NotFound("there is no such service", "sinter service list");
  return service;
}

std::string ClassName(const RevisionInfo* info, int64_t index) {
  if (info == nullptr || index < 0 || index >= static_cast<int64_t>(info->answers.classes.size())) return "";
  return info->answers.classes[static_cast<size_t>(index)];
}

Json Numbers(const Tensor& tensor) {
  Json numbers = Json::array();
  for (int64_t i = 0; i < tensor.elements(); ++i) {
    const double value = tensor.AsDouble(i);
    if (value == std::floor(value) && std::abs(value) < 1e15)
      numbers.push_back(static_cast<int64_t>(value));
    else
      numbers.push_back(value);
  }
  return numbers;
}

// One row's shape, without the rows dimension.
std::vector<int64_t> RowShape(const RevisionInfo& info, const Tensor& row) {
  std::vector<int64_t> shape = row.dims();
  if (info.interface.rows_first && !shape.empty()) shape.erase(shape.begin());
  return shape;
}

}  // namespace

Json DriftJson(const DriftReport& report) {
  Json measures = Json::array();
  for (const DriftMeasure& measure : report.measures) {
    Json json = {{"name", measure.name},
                 {"drifted", measure.drifted},
                 {"stability_index", measure.stability.value},
                 {"by_chance", measure.stability.by_chance},
                 {"bins", measure.stability.bins}};
    if (measure.test.first > 0) {
      json["ks_distance"] = measure.test.distance;
      json["ks_p_value"] = measure.test.p_value;
      json["reference_mean"] = measure.reference_mean;
      json["live_mean"] = measure.live_mean;
    }
    measures.push_back(std::move(json));
  }
  return {{"verdict", report.verdict},      {"drifted", report.verdict == "drift"},
          {"live_sample", report.live},     {"reference_sample", report.reference},
          {"minimum", report.minimum},      {"dataset", report.dataset},
          {"measures", std::move(measures)}};
}

Result<Json> ListCases(Platform& platform, std::string_view name, int64_t limit) {
  TRY(const auto service, Need(platform, name));
  const auto info = service->Info();
  TRY(const KeptCases kept, ReadKeptCases(platform, name));
  const std::vector<HardCase>& cases = kept.cases;
  Json items = Json::array();
  int64_t numbers = 0;
  for (const HardCase& one : cases) {
    numbers += one.input.elements();
    if (static_cast<int64_t>(items.size()) == limit || numbers > kMostNumbers) break;
    items.push_back({{"number", one.number},
                     {"at_ms", one.at_ms},
                     {"revision", one.revision},
                     {"why", one.why},
                     {"class", one.index},
                     {"class_name", ClassName(info.get(), one.index)},
                     {"confidence", one.confidence},
                     {"shape", one.input.dims()},
                     {"data", Numbers(one.input)}});
  }
  const auto loop = FindCaseLoop(platform, name);
  if (!loop && loop.error().code != ErrorCode::kNotFound) return loop.error();
  return Json{{"kept", cases.size()},
              {"consent", service->cases().enabled()},
              {"loop", loop ? CaseLoopJson(*loop) : Json(nullptr)},
              {"items", std::move(items)}};
}

Result<Json> ExportCases(Platform& platform, std::string_view name, std::string_view dataset,
                         std::string_view who, bool to_label) {
  TRY(const KeptCases kept, ReadKeptCases(platform, name));
  TRY(Json made, WriteCases(platform, name, kept.cases, dataset, who, to_label));
  ForgetCases(platform, name, kept);
  return made;
}

Result<Json> WriteCases(Platform& platform, std::string_view name, std::span<const HardCase> cases,
                        std::string_view dataset, std::string_view who, bool to_label) {
  TRY(const auto service, Need(platform, name));
  const auto info = service->Info();
  const Error none{ErrorCode::kConflict, fmt::format("service {} has kept no cases", name),
                   "its gates say whether it may: sinter service gates NAME --keep-cases"};
  if (cases.empty() || info == nullptr) return none;
  // A service keeps its inputs over rollouts; rows of other sizes, where sizes are free, cannot share a
  // column.
  const Tensor& first = cases.front().input;
  DatasetColumn inputs;
  inputs.name = info->interface.inputs[0].name;
  inputs.dtype = first.dtype();
  inputs.shape = RowShape(*info, first);
  const size_t rank = inputs.shape.size();
  const bool picture = first.dtype() == DType::kU8 && (rank == 2 || (rank == 3 && inputs.shape[2] <= 4));
  inputs.kind = picture ? ColumnKind::kPicture : ColumnKind::kVector;
  DatasetColumn labels{std::string(kLabel), ColumnKind::kClass, DType::kU8, {}, info->answers.classes};
  const bool with_labels = info->answers.classifies() && labels.classes.size() <= 256 &&
                           inputs.name != kLabel && inputs.name != kSaid;
  std::string rows, said;
  int64_t count = 0;
  for (const HardCase& one : cases) {
    if (one.input.dtype() != first.dtype() || one.input.dims() != first.dims()) continue;
    if (with_labels && one.index < 0) continue;
    rows.append(reinterpret_cast<const char*>(one.input.raw()), one.input.bytes());
    said.push_back(static_cast<char>(one.index));
    ++count;
  }
  if (count == 0) return none;
  DatasetInfo description{{inputs}, {{std::string(kSplit), count}}};
  if (with_labels && to_label) {
    DatasetColumn model = labels;
    model.name = kSaid;
    labels.missing = true;
    description.label = labels.name;
    description.columns.insert(description.columns.end(), {labels, model});
  } else if (with_labels) {
    description.columns.push_back(labels);
  }
  NameFiles(description.columns);
  std::vector<ManifestFile> files;
  const auto put = [&](std::string path, std::string_view bytes) -> Status {
    TRY(const BlobInfo blob, platform.store().Put(bytes));
    files.push_back({std::move(path), blob.size, blob.digest});
    return {};
  };
  TRY_STATUS(put(std::string(kDatasetFile), DatasetText(description)));
  TRY_STATUS(put(ColumnPath(kSplit, description.columns[0]), rows));
  if (with_labels) TRY_STATUS(put(ColumnPath(kSplit, description.columns.back()), said));
  if (with_labels && to_label) {
    const auto rows_of = static_cast<size_t>(count);
    TRY_STATUS(put(ColumnPath(kSplit, description.columns[1]), std::string(rows_of, '\0')));
    TRY_STATUS(put(MissingPath(kSplit, description.columns[1]), std::string(rows_of, '\1')));
  }
  TRY(const Manifest manifest, Manifest::Make(std::move(files)));
  const Json details = {{"service", name},
                        {"labels", to_label ? "none yet; 'said' is what the model said"
                                            : "what the model said; not checked by anybody"}};
  TRY(const RepositoryVersion version,
      platform.repositories(RepositoryKind::kDataset).Add(dataset, manifest, details.dump(), who));
  return Json{{"dataset", version.Ref()}, {"split", kSplit}, {"rows", count}};
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
