#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/api/mlflow/endpoints.h"
#include "server/api/mlflow/request.h"

namespace sinter {
namespace {

Json ModelJson(const LoggedModel& m) {
  Json metrics = Json::array();
  for (const ModelMetric& metric : m.metrics) {
    Json json = MlflowMetric({metric.name, metric.step, metric.value, metric.wall_ms});
    json["model_id"] = m.id;
    json["run_id"] = metric.run;
    if (!metric.dataset_name.empty()) json["dataset_name"] = metric.dataset_name;
    if (!metric.dataset_digest.empty()) json["dataset_digest"] = metric.dataset_digest;
    metrics.push_back(std::move(json));
  }
  Json info = {{"model_id", m.id},
               {"experiment_id", m.experiment},
               {"name", m.name},
               {"creation_timestamp_ms", m.created_ms},
               {"last_updated_timestamp_ms", m.updated_ms},
               {"artifact_uri", m.artifact_uri},
               {"status", m.status},
               {"tags", MlflowTagsJson(m.tags)}};
  if (!m.model_type.empty()) info["model_type"] = m.model_type;
  if (!m.source_run.empty()) info["source_run_id"] = m.source_run;
  return {{"info", std::move(info)},
          {"data", {{"params", MlflowTagsJson(m.parameters)}, {"metrics", std::move(metrics)}}}};
}

Status CheckName(std::string_view name) {
  if (name.find_first_of("/:.%\"'") == name.npos) return {};
  return InvalidArgument(fmt::format(
      "Invalid model name ('{}') provided. Model name must be a non-empty string and cannot contain "
      "the following characters: / : . % \" '",
      name.substr(0, 200)));
}

// A key that is there twice with two values is an error.
Result<TagMap> ReadParameters(MlflowRequest& request) {
  TagMap parameters;
  for (const Json& item : request.List("params")) {
    MlflowRequest one(item, "params");
    std::string key = one.Text("key");
    std::string value = TruncateCharacters(one.Text("value", ""), kMlflowParamLength);
    TRY_STATUS(one.status());
    TRY_STATUS(CheckMlflowKey("param", key));
    parameters.insert_or_assign(std::move(key), std::move(value));
  }
  TRY_STATUS(request.status());
  return parameters;
}

Result<Json> Create(const MlflowCall& call) {
  MlflowRequest request(call.request);
  NewLoggedModel wanted;
  wanted.experiment = request.Text("experiment_id");
  wanted.name = request.Text("name", "");
  wanted.model_type = request.Text("model_type", "");
  wanted.source_run = request.Text("source_run_id", "");
  TRY(wanted.parameters, ReadParameters(request));
  TRY(wanted.tags, ReadMlflowTags(request, "tags", kMlflowTagLength, true));
  TRY_STATUS(CheckName(wanted.name));
  TRY(const LoggedModel model, call.tracking.logged_models.Create(wanted, call.who));
  return Json{{"model", ModelJson(model)}};
}

Result<Json> Get(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.Text("model_id");
  const bool deleted_too = request.Bool("allow_deleted", false);
  TRY_STATUS(request.status());
  TRY(const LoggedModel model, call.tracking.logged_models.Get(id, deleted_too));
  return Json{{"model", ModelJson(model)}};
}

Result<Json> Finalize(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.Text("model_id"), status = request.Text("status");
  TRY_STATUS(request.status());
  TRY(const LoggedModel model, call.tracking.logged_models.Finalize(id, status, call.who));
  return Json{{"model", ModelJson(model)}};
}

Result<Json> Delete(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.Text("model_id");
  TRY_STATUS(request.status());
  TRY_STATUS(call.tracking.logged_models.Delete(id, call.who));
  return Json::object();
}

Result<Json> SetTags(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.Text("model_id");
  TRY(const TagMap tags, ReadMlflowTags(request, "tags", kMlflowTagLength, true));
  TRY(const LoggedModel model, call.tracking.logged_models.SetTags(id, tags, call.who));
  return Json{{"model", ModelJson(model)}};
}

Result<Json> DeleteTag(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.Text("model_id"), key = request.Text("tag_key");
  TRY_STATUS(request.status());
  TRY_STATUS(call.tracking.logged_models.DeleteTag(id, key, call.who));
  return Json::object();
}

Result<Json> LogParameters(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.Text("model_id");
  TRY(const TagMap parameters, ReadParameters(request));
  TRY_STATUS(call.tracking.logged_models.AddParameters(id, parameters, call.who));
  return Json::object();
}

Result<Json> Search(const MlflowCall& call) {
  MlflowRequest request(call.request);
  ModelSearch search;
  search.experiments = request.Texts("experiment_ids");
  search.filter = request.Text("filter", "");
  search.at_most = request.Int("max_results", 50);
  search.page_token = request.Text("page_token", "");
  for (const Json& item : request.List("datasets")) {
    MlflowRequest dataset(item, "datasets");
    search.datasets.emplace_back(dataset.Text("dataset_name"), dataset.Text("dataset_digest", ""));
    TRY_STATUS(dataset.status());
  }
  for (const Json& item : request.List("order_by")) {
    MlflowRequest order(item, "order_by");
    search.order_by.push_back({order.Text("field_name"), order.Bool("ascending", true),
                               order.Text("dataset_name", ""), order.Text("dataset_digest", "")});
    TRY_STATUS(order.status());
  }
  TRY_STATUS(request.status());
  TRY(const ModelSearchPage page, call.tracking.logged_models.Search(search));
  Json models = Json::array();
  for (const LoggedModel& model : page.models) models.push_back(ModelJson(model));
  Json answer = {{"models", std::move(models)}};
  if (!page.next_page_token.empty()) answer["next_page_token"] = page.next_page_token;
  return answer;
}

Result<Json> Artifacts(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.Text("model_id"), folder = request.Text("artifact_directory_path", "");
  TRY_STATUS(request.status());
  TRY(const LoggedModel model, call.tracking.logged_models.Get(id));
  return ListMlflowArtifacts(call.tracking, model.artifact_uri, folder);
}

constexpr MlflowEndpoint kEndpoints[] = {
    {"POST", "/mlflow/logged-models", true, "Creates a model that a client logs.", &Create},
    {"POST", "/mlflow/logged-models/search", false, "Logged models by a filter.", &Search},
    {"GET", "/mlflow/logged-models/{model_id}", false, "A logged model.", &Get},
    {"PATCH", "/mlflow/logged-models/{model_id}", true, "Says whether a model was logged whole.", &Finalize},
    {"DELETE", "/mlflow/logged-models/{model_id}", true, "Puts a logged model away.", &Delete},
    {"PATCH", "/mlflow/logged-models/{model_id}/tags", true, "Sets tags of a logged model.", &SetTags},
    {"DELETE", "/mlflow/logged-models/{model_id}/tags/{tag_key}", true, "Removes a tag of a logged model.",
     &DeleteTag},
    {"POST", "/mlflow/logged-models/{model_id}/params", true, "Adds parameters to a logged model.",
     &LogParameters},
    {"GET", "/mlflow/logged-models/{model_id}/artifacts/directories", false,
     "What lies in a folder of a logged model.", &Artifacts},
};

}  // namespace

std::span<const MlflowEndpoint> MlflowLoggedModelEndpoints() { return kEndpoints; }

}  // namespace sinter
