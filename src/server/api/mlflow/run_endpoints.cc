#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/tracking/search_page.h"
#include "server/api/mlflow/endpoints.h"
#include "server/api/mlflow/request.h"
#include "server/api/mlflow/run_json.h"

namespace sinter {
namespace {

std::string RunIdOf(MlflowRequest& request) { return request.AnyText("run_id", "run_uuid"); }

Result<Json> Create(const MlflowCall& call) {
  MlflowRequest request(call.request);
  NewOutsideRun wanted;
  wanted.experiment = request.Text("experiment_id", kDefaultExperiment);
  wanted.user = request.Text("user_id", "");
  wanted.name = TruncateCharacters(request.Text("run_name", ""), kMlflowTagLength);
  wanted.start_ms = request.Int("start_time", 0);
  if (wanted.experiment.empty()) wanted.experiment = kDefaultExperiment;
  TRY(const TagMap tags, ReadMlflowTags(request, "tags", kMlflowTagLength, true));
  TRY(const TrackedRun run, call.tracking.runs.Create(std::move(wanted), tags, call.who));
  return Json{{"run", MlflowRunJson(run)}};
}

Result<Json> Get(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = RunIdOf(request);
  TRY_STATUS(request.status());
  TRY(const TrackedRun run, call.tracking.runs.Get(id));
  return Json{{"run", MlflowRunJson(run)}};
}

Result<Json> Update(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = RunIdOf(request);
  RunChange change;
  if (request.Has("status")) {
    const std::string status = request.Text("status");
    change.state = ParseMlflowStatus(status);
    if (!change.state) request.Fail(fmt::format("Invalid run status '{}'", status.substr(0, 100)));
  }
  if (request.Has("end_time")) change.end_ms = request.Int("end_time");
  if (request.Has("run_name")) change.name = TruncateCharacters(request.Text("run_name"), kMlflowTagLength);
  TRY_STATUS(request.status());
  TRY(const TrackedRun run, call.tracking.runs.Update(id, change, call.who));
  return Json{{"run_info", MlflowRunJson(run)["info"]}};
}

Result<Json> Delete(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = RunIdOf(request);
  TRY_STATUS(request.status());
  TRY_STATUS(call.tracking.runs.Delete(id, call.who));
  return Json::object();
}

Result<Json> Restore(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = RunIdOf(request);
  TRY_STATUS(request.status());
  TRY_STATUS(call.tracking.runs.Restore(id, call.who));
  return Json::object();
}

// What is said of a logged model by a metric: kept with the model too.
Status AddModelMetrics(const MlflowCall& call, std::string_view run,
                       std::map<std::string, std::vector<ModelMetric>> by_model) {
  for (auto& [model, metrics] : by_model) {
    for (ModelMetric& metric : metrics) metric.run = run;
    TRY_STATUS(call.tracking.logged_models.AddMetrics(model, metrics, call.who));
  }
  return {};
}

Status ReadMetric(MlflowRequest& request, RunBatch& batch,
                  std::map<std::string, std::vector<ModelMetric>>& by_model) {
  TRY(MetricPoint point, ReadMlflowMetric(request));
  const std::string model = request.Text("model_id", "");
  if (!model.empty()) {
    by_model[model].push_back({point.name, "", request.Text("dataset_name", ""),
                               request.Text("dataset_digest", ""), point.value, point.step, point.wall_ms});
  }
  TRY_STATUS(request.status());
  batch.points.push_back(std::move(point));
  return {};
}

Result<Json> LogMetric(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = RunIdOf(request);
  RunBatch batch;
  std::map<std::string, std::vector<ModelMetric>> by_model;
  TRY_STATUS(ReadMetric(request, batch, by_model));
  TRY_STATUS(call.tracking.runs.Write(id, batch, call.who));
  TRY_STATUS(AddModelMetrics(call, id, std::move(by_model)));
  return Json::object();
}

Status ReadNote(MlflowRequest& request, RunNote kind, RunBatch& batch) {
  const bool parameter = kind == RunNote::kParameter;
  std::string key = request.Text("key");
  std::string value =
      TruncateCharacters(request.Text("value", ""), parameter ? kMlflowParamLength : kMlflowTagLength);
  TRY_STATUS(request.status());
  TRY_STATUS(CheckMlflowKey(parameter ? "param" : "tag", key));
  batch.notes.push_back({kind, std::move(key), std::move(value)});
  return {};
}

Result<Json> LogNote(const MlflowCall& call, RunNote kind) {
  MlflowRequest request(call.request);
  const std::string id = RunIdOf(request);
  RunBatch batch;
  TRY_STATUS(ReadNote(request, kind, batch));
  TRY_STATUS(call.tracking.runs.Write(id, batch, call.who));
  return Json::object();
}

Result<Json> LogParam(const MlflowCall& call) { return LogNote(call, RunNote::kParameter); }
Result<Json> SetTag(const MlflowCall& call) { return LogNote(call, RunNote::kTag); }

Result<Json> DeleteTag(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = RunIdOf(request), key = request.Text("key");
  TRY_STATUS(request.status());
  TRY_STATUS(call.tracking.runs.DeleteTag(id, key));
  return Json::object();
}

Status CheckBatchSize(std::string_view what, size_t size, size_t most) {
  if (size <= most) return {};
  return InvalidArgument(
      fmt::format("A batch logging request can contain at most {} {}. Got {} {}. Please split up {} across "
                  "multiple requests and try again.",
                  most, what, size, what, what));
}

Result<Json> LogBatch(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.Text("run_id");
  const Json &metrics = request.List("metrics"), &params = request.List("params"),
             &tags = request.List("tags");
  TRY_STATUS(request.status());
  TRY_STATUS(CheckBatchSize("metrics", metrics.size(), 1000));
  TRY_STATUS(CheckBatchSize("params", params.size(), 100));
  TRY_STATUS(CheckBatchSize("tags", tags.size(), 100));
  TRY_STATUS(CheckBatchSize("metrics, params, and tags", metrics.size() + params.size() + tags.size(), 1000));
  RunBatch batch;
  std::map<std::string, std::vector<ModelMetric>> by_model;
  for (const Json& item : metrics) {
    MlflowRequest one(item, fmt::format("metrics[{}]", batch.points.size()));
    TRY_STATUS(ReadMetric(one, batch, by_model));
  }
  for (const Json& item : params) {
    MlflowRequest one(item, "params");
    TRY_STATUS(ReadNote(one, RunNote::kParameter, batch));
  }
  for (const Json& item : tags) {
    MlflowRequest one(item, "tags");
    TRY_STATUS(ReadNote(one, RunNote::kTag, batch));
  }
  TRY_STATUS(call.tracking.runs.Write(id, batch, call.who));
  TRY_STATUS(AddModelMetrics(call, id, std::move(by_model)));
  return Json::object();
}

// Clients of MLflow 2 tell of the models that they log in a tag.
Result<Json> LogModel(const MlflowCall& call) {
  constexpr std::string_view kTag = "mlflow.log-model.history";
  MlflowRequest request(call.request);
  const std::string id = request.Text("run_id"), text = request.Text("model_json");
  TRY_STATUS(request.status());
  auto model = ParseJson(text);
  if (!model || !model->is_object())
    return InvalidArgument("Malformed model info: 'model_json' must be a JSON object.");
  for (const std::string_view field : {"artifact_path", "flavors", "utc_time_created", "run_id"}) {
    if (!model->contains(field))
      return InvalidArgument(fmt::format("Model json is missing mandatory fields: {}", field));
  }
  TRY(const TrackedRun run, call.tracking.runs.Get(id));
  Json history = Json::array();
  if (const auto tag = run.summary.tags.find(kTag); tag != run.summary.tags.end()) {
    const auto before = ParseJson(tag->second);
    if (before && before->is_array()) history = *before;
  }
  history.push_back(*std::move(model));
  TRY_STATUS(
      call.tracking.runs.Write(id, {{}, {{RunNote::kTag, std::string(kTag), history.dump()}}}, call.who));
  return Json::object();
}

Result<RunNoteValue> ReadDatasetInput(const Json& item) {
  MlflowRequest input(item, "datasets");
  MlflowRequest dataset(input.Object("dataset"), "datasets.dataset");
  Json kept = Json::object();
  const std::string name = dataset.Text("name"), digest = dataset.Text("digest");
  for (const char* field : {"name", "digest", "source_type", "source"}) kept[field] = dataset.Text(field);
  for (const char* field : {"schema", "profile"}) {
    if (dataset.Has(field)) kept[field] = dataset.Text(field);
  }
  Json tags = Json::array();
  for (const Json& one : input.List("tags")) {
    MlflowRequest tag(one, "datasets.tags");
    tags.push_back({{"key", tag.Text("key")}, {"value", tag.Text("value", "")}});
    TRY_STATUS(tag.status());
  }
  TRY_STATUS(input.status());
  TRY_STATUS(dataset.status());
  // One input for each data set, however often it is logged; the newest tags count.
  const std::string key = HashText(fmt::format("{}\n{}", name, digest)).Hex();
  return RunNoteValue{RunNote::kDataset, key,
                      Json{{"dataset", std::move(kept)}, {"tags", std::move(tags)}}.dump()};
}

Result<Json> LogInputs(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.Text("run_id");
  const Json &datasets = request.List("datasets"), &models = request.List("models");
  TRY_STATUS(request.status());
  TRY_STATUS(CheckBatchSize("datasets", datasets.size(), 1000));
  TRY_STATUS(CheckBatchSize("models", models.size(), 1000));
  RunBatch batch;
  for (const Json& item : datasets) {
    TRY(RunNoteValue note, ReadDatasetInput(item));
    batch.notes.push_back(std::move(note));
  }
  for (const Json& item : models) {
    MlflowRequest model(item, "models");
    const std::string model_id = model.Text("model_id");
    TRY_STATUS(model.status());
    batch.notes.push_back({RunNote::kModelInput, model_id, Json{{"model_id", model_id}}.dump()});
  }
  TRY_STATUS(call.tracking.runs.Write(id, batch, call.who));
  return Json::object();
}

Result<Json> LogOutputs(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.Text("run_id");
  const Json& models = request.List("models");
  TRY_STATUS(request.status());
  TRY_STATUS(CheckBatchSize("models", models.size(), 1000));
  RunBatch batch;
  for (const Json& item : models) {
    MlflowRequest model(item, "models");
    const std::string model_id = model.Text("model_id");
    const int64_t step = model.Int("step", 0);
    TRY_STATUS(model.status());
    batch.notes.push_back(
        {RunNote::kModelOutput, model_id, Json{{"model_id", model_id}, {"step", step}}.dump()});
  }
  TRY_STATUS(call.tracking.runs.Write(id, batch, call.who));
  return Json::object();
}

Result<Json> Search(const MlflowCall& call) {
  MlflowRequest request(call.request);
  RunSearch search;
  search.experiments = request.Texts("experiment_ids");
  search.filter = request.Text("filter", "");
  search.order_by = request.Texts("order_by");
  search.at_most = request.Int("max_results", 1000);
  search.page_token = request.Text("page_token", "");
  const std::string view = request.Text("run_view_type", "ACTIVE_ONLY");
  TRY_STATUS(request.status());
  if (view == "ALL" || view == "3") search.view = LifecycleView::kAll;
  if (view == "DELETED_ONLY" || view == "2") search.view = LifecycleView::kDeleted;
  TRY(const RunSearchPage page, call.tracking.runs.Search(search));
  Json runs = Json::array();
  for (const TrackedRun& run : page.runs) runs.push_back(MlflowRunJson(run));
  Json answer = {{"runs", std::move(runs)}};
  if (!page.next_page_token.empty()) answer["next_page_token"] = page.next_page_token;
  return answer;
}

Result<Json> History(const MlflowCall& call) {
  constexpr int64_t kPage = 25'000;
  MlflowRequest request(call.request);
  const std::string id = RunIdOf(request), key = request.Text("metric_key");
  const bool paged = request.Has("max_results");
  const int64_t at_most = request.Int("max_results", 4 * kPage);
  const std::string token = request.Text("page_token", "");
  TRY_STATUS(request.status());
  if (paged && (at_most < 1 || at_most > kPage))
    return InvalidArgument(
        fmt::format("Invalid value for parameter 'max_results' supplied: it must be 1 to {}.", kPage));
  TRY(const size_t begin, ReadPageToken(token));
  TRY_STATUS(call.tracking.runs.Get(id));
  TRY(const MetricHistory history,
      call.tracking.runs.log().History(id, key, static_cast<int64_t>(begin), at_most));
  Json metrics = Json::array();
  for (const MetricPoint& point : history.points) metrics.push_back(MlflowMetric(point));
  Json answer = {{"metrics", std::move(metrics)}};
  if (history.more) answer["next_page_token"] = fmt::format("{}", static_cast<int64_t>(begin) + at_most);
  return answer;
}

// Every so-many-th of the steps, and the first and the last.
std::vector<int64_t> Sampled(const std::vector<int64_t>& steps, size_t most) {
  if (steps.size() <= most) return steps;
  std::vector<int64_t> kept;
  for (size_t i = 0; i + 1 < most; ++i) kept.push_back(steps[i * steps.size() / most]);
  kept.push_back(steps.back());
  return kept;
}

Result<Json> HistoryOfMany(const MlflowCall& call) {
  constexpr int64_t kMost = 2'500;
  constexpr int64_t kMostSteps = 1'000'000;  // of a run, looked at
  MlflowRequest request(call.request);
  const std::vector<std::string> ids = request.Texts("run_ids");
  const std::string key = request.Text("metric_key");
  const bool from = request.Has("start_step"), to = request.Has("end_step");
  const int64_t first = request.Int("start_step", INT64_MIN), last = request.Int("end_step", INT64_MAX);
  const int64_t at_most = request.Int("max_results", kMost);
  TRY_STATUS(request.status());
  if (ids.empty()) return InvalidArgument("Missing value for required parameter 'run_ids'.");
  if (ids.size() > 100)
    return InvalidArgument(fmt::format(
        "GetMetricHistoryBulkInterval request must specify at most 100 run_ids. Received {} run_ids.",
        ids.size()));
  if (at_most < 1 || at_most > kMost)
    return InvalidArgument(fmt::format("max_results must be between 1 and {}.", kMost));
  if (from != to)
    return InvalidArgument("If either start step or end step are specified, both must be specified.");
  if (first > last)
    return InvalidArgument(fmt::format(
        "end_step must be greater than start_step. Found start_step={} and end_step={}.", first, last));
  // The runs' curves are compared: they are sampled at the same steps.
  std::vector<int64_t> steps;
  RunLog& log = call.tracking.runs.log();
  for (const std::string& id : ids) {
    TRY(const auto own, log.Steps(id, key, first, last, kMostSteps));
    std::vector<int64_t> both;
    std::ranges::set_union(steps, own, std::back_inserter(both));
    steps = std::move(both);
  }
  steps = Sampled(steps, static_cast<size_t>(at_most));
  Json metrics = Json::array();
  for (const std::string& id : ids) {
    TRY(const auto points, log.AtSteps(id, key, steps));
    for (const MetricPoint& point : points) {
      Json metric = MlflowMetric(point);
      metric["run_id"] = id;
      metrics.push_back(std::move(metric));
    }
  }
  return Json{{"metrics", std::move(metrics)}};
}

constexpr MlflowEndpoint kEndpoints[] = {
    {"POST", "/mlflow/runs/create", true, "Creates a run that its client trains.", &Create},
    {"GET", "/mlflow/runs/get", false, "A run.", &Get},
    {"POST", "/mlflow/runs/update", true, "Changes a run's state, end or name.", &Update},
    {"POST", "/mlflow/runs/delete", true, "Puts a run away.", &Delete},
    {"POST", "/mlflow/runs/restore", true, "Takes a run back.", &Restore},
    {"POST", "/mlflow/runs/search", false, "Runs by a filter.", &Search},
    {"POST", "/mlflow/runs/log-metric", true, "Logs a point of a metric.", &LogMetric},
    {"POST", "/mlflow/runs/log-parameter", true, "Logs a parameter, once.", &LogParam},
    {"POST", "/mlflow/runs/log-batch", true, "Logs metrics, parameters and tags.", &LogBatch, 1'000'000},
    {"POST", "/mlflow/runs/log-model", true, "Notes a model that a run logged.", &LogModel},
    {"POST", "/mlflow/runs/log-inputs", true, "Logs data sets and models that a run read.", &LogInputs},
    {"POST", "/mlflow/runs/outputs", true, "Logs models that a run made.", &LogOutputs},
    {"POST", "/mlflow/runs/set-tag", true, "Sets a tag of a run.", &SetTag},
    {"POST", "/mlflow/runs/delete-tag", true, "Removes a tag of a run.", &DeleteTag},
    {"GET", "/mlflow/metrics/get-history", false, "Every point of a metric.", &History},
    {"GET", "/mlflow/metrics/get-history-bulk-interval", false,
     "A metric of several runs, sampled at the same steps.", &HistoryOfMany},
};

}  // namespace

std::span<const MlflowEndpoint> MlflowRunEndpoints() { return kEndpoints; }

}  // namespace sinter
