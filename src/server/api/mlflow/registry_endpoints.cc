#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/api/mlflow/endpoints.h"
#include "server/api/mlflow/request.h"

namespace sinter {
namespace {

Json VersionJson(const ModelVersion& v) {
  Json json = {{"name", v.name},
               {"version", fmt::format("{}", v.version)},
               {"creation_timestamp", v.created_ms},
               {"last_updated_timestamp", v.updated_ms},
               {"user_id", v.created_by},
               {"current_stage", v.stage},
               {"description", v.description},
               {"source", v.source},
               {"status", "READY"},
               {"tags", MlflowTagsJson(v.tags)},
               {"aliases", v.aliases}};
  if (!v.run_id.empty()) json["run_id"] = v.run_id;
  if (!v.run_link.empty()) json["run_link"] = v.run_link;
  if (!v.model_id.empty()) json["model_id"] = v.model_id;
  return json;
}

Json ModelJson(const RegisteredModel& m) {
  Json latest = Json::array(), aliases = Json::array();
  for (const ModelVersion& version : m.latest) latest.push_back(VersionJson(version));
  for (const auto& [alias, version] : m.aliases)
    aliases.push_back({{"alias", alias}, {"version", fmt::format("{}", version)}});
  return {{"name", m.name},
          {"creation_timestamp", m.created_ms},
          {"last_updated_timestamp", m.updated_ms},
          {"user_id", m.created_by},
          {"description", m.description},
          {"latest_versions", std::move(latest)},
          {"tags", MlflowTagsJson(m.tags)},
          {"aliases", std::move(aliases)}};
}

int64_t VersionOf(MlflowRequest& request) {
  const std::string text = request.Text("version");
  int64_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || end != text.data() + text.size())
    request.Fail(fmt::format("Parameter 'version' must be an integer, got '{}'.", text.substr(0, 100)));
  return version;
}

Result<Json> Create(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name", ""), description = request.Text("description", "");
  TRY(const TagMap tags, ReadMlflowTags(request, "tags", kMlflowRegistryTagLength));
  TRY_STATUS(CheckMlflowModelName(name));
  TRY(const RegisteredModel model, call.tracking.registry.Create(name, description, tags, call.who));
  return Json{{"registered_model", ModelJson(model)}};
}

Result<Json> Get(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name");
  TRY_STATUS(request.status());
  TRY(const RegisteredModel model, call.tracking.registry.Get(name));
  return Json{{"registered_model", ModelJson(model)}};
}

Result<Json> Rename(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name"), new_name = request.Text("new_name");
  TRY_STATUS(request.status());
  TRY_STATUS(CheckMlflowModelName(new_name));
  TRY(const RegisteredModel model, call.tracking.registry.Rename(name, new_name, call.who));
  return Json{{"registered_model", ModelJson(model)}};
}

Result<Json> Update(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name"), description = request.Text("description", "");
  TRY_STATUS(request.status());
  TRY(const RegisteredModel model, call.tracking.registry.SetDescription(name, description, call.who));
  return Json{{"registered_model", ModelJson(model)}};
}

Result<Json> Delete(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name");
  TRY_STATUS(request.status());
  TRY_STATUS(call.tracking.registry.Delete(name, call.who));
  return Json::object();
}

RegistrySearch ReadSearch(MlflowRequest& request, int64_t otherwise) {
  RegistrySearch search;
  search.filter = request.Text("filter", "");
  search.order_by = request.Texts("order_by");
  search.at_most = request.Int("max_results", otherwise);
  search.page_token = request.Text("page_token", "");
  return search;
}

Result<Json> Search(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const RegistrySearch search = ReadSearch(request, 100);
  TRY_STATUS(request.status());
  TRY(const auto page, call.tracking.registry.Search(search));
  Json models = Json::array();
  for (const RegisteredModel& model : page.first) models.push_back(ModelJson(model));
  Json answer = {{"registered_models", std::move(models)}};
  if (!page.second.empty()) answer["next_page_token"] = page.second;
  return answer;
}

Result<Json> LatestVersions(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name");
  const std::vector<std::string> stages = request.Texts("stages");
  TRY_STATUS(request.status());
  TRY(const RegisteredModel model, call.tracking.registry.Get(name));
  Json versions = Json::array();
  for (const ModelVersion& version : model.latest) {
    if (stages.empty() || std::ranges::find(stages, version.stage) != stages.end())
      versions.push_back(VersionJson(version));
  }
  return Json{{"model_versions", std::move(versions)}};
}

Result<Json> SetTag(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name"), key = request.Text("key");
  const std::string value = request.Text("value", "");
  TRY_STATUS(request.status());
  TRY_STATUS(CheckMlflowKey("tag", key));
  TRY_STATUS(call.tracking.registry.SetTag(name, key, TruncateCharacters(value, kMlflowRegistryTagLength),
                                           call.who));
  return Json::object();
}

Result<Json> DeleteTag(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name"), key = request.Text("key");
  TRY_STATUS(request.status());
  TRY_STATUS(call.tracking.registry.DeleteTag(name, key, call.who));
  return Json::object();
}

Result<Json> SetAlias(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name"), alias = request.Text("alias");
  const int64_t version = VersionOf(request);
  TRY_STATUS(request.status());
  TRY_STATUS(CheckMlflowAlias(alias));
  TRY_STATUS(call.tracking.registry.SetAlias(name, alias, version, call.who));
  return Json::object();
}

Result<Json> DeleteAlias(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name"), alias = request.Text("alias");
  TRY_STATUS(request.status());
  TRY_STATUS(CheckMlflowAlias(alias));
  TRY_STATUS(call.tracking.registry.DeleteAlias(name, alias, call.who));
  return Json::object();
}

Result<Json> GetByAlias(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name"), alias = request.Text("alias");
  TRY_STATUS(request.status());
  TRY(const ModelVersion version, call.tracking.registry.GetByAlias(name, alias));
  return Json{{"model_version", VersionJson(version)}};
}

// The logged model says in a tag where it is registered.
Status NoteRegistration(const MlflowCall& call, const ModelVersion& version) {
  constexpr std::string_view kTag = "mlflow.modelVersions";
  const auto model = call.tracking.logged_models.Get(version.model_id);
  if (!model) return model.error().code == ErrorCode::kNotFound ? Status() : model.error();
  Json list = Json::array();
  if (const auto tag = model->tags.find(kTag); tag != model->tags.end()) {
    const auto before = ParseJson(tag->second);
    if (before && before->is_array()) list = *before;
  }
  list.push_back({{"name", version.name}, {"version", version.version}});
  TRY_STATUS(
      call.tracking.logged_models.SetTags(version.model_id, {{std::string(kTag), list.dump()}}, call.who));
  return {};
}

Result<Json> CreateVersion(const MlflowCall& call) {
  MlflowRequest request(call.request);
  NewModelVersion wanted;
  wanted.name = request.Text("name");
  wanted.source = request.Text("source");
  wanted.run_id = request.Text("run_id", "");
  wanted.run_link = request.Text("run_link", "");
  wanted.model_id = request.Text("model_id", "");
  wanted.description = request.Text("description", "");
  TRY(wanted.tags, ReadMlflowTags(request, "tags", kMlflowRegistryTagLength));
  // A path of the client's own disk means nothing to whoever loads the version.
  if (wanted.source.starts_with('/') || wanted.source.starts_with("file:") || wanted.source.starts_with("./"))
    return InvalidArgument(fmt::format(
        "Invalid model version source: '{}'. To use a local path as a model version source, log the model to "
        "a run first.",
        wanted.source.substr(0, 200)));
  // Of a model that was logged, the run is known.
  if (wanted.run_id.empty() && !wanted.model_id.empty()) {
    const auto model = call.tracking.logged_models.Get(wanted.model_id);
    if (!model && model.error().code != ErrorCode::kNotFound) return model.error();
    if (model) wanted.run_id = model->source_run;
  }
  TRY(const ModelVersion version, call.tracking.registry.CreateVersion(wanted, call.who));
  if (!version.model_id.empty()) TRY_STATUS(NoteRegistration(call, version));
  return Json{{"model_version", VersionJson(version)}};
}

Result<Json> GetVersion(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name");
  const int64_t number = VersionOf(request);
  TRY_STATUS(request.status());
  TRY(const ModelVersion version, call.tracking.registry.GetVersion(name, number));
  return Json{{"model_version", VersionJson(version)}};
}

Result<Json> UpdateVersion(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name"), description = request.Text("description", "");
  const int64_t number = VersionOf(request);
  TRY_STATUS(request.status());
  TRY(const ModelVersion version,
      call.tracking.registry.SetVersionDescription(name, number, description, call.who));
  return Json{{"model_version", VersionJson(version)}};
}

Result<Json> Transition(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name"), stage = request.Text("stage");
  const int64_t number = VersionOf(request);
  const bool archive = request.Bool("archive_existing_versions", false);
  TRY_STATUS(request.status());
  TRY(const ModelVersion version, call.tracking.registry.Transition(name, number, stage, archive, call.who));
  return Json{{"model_version", VersionJson(version)}};
}

Result<Json> DeleteVersion(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name");
  const int64_t number = VersionOf(request);
  TRY_STATUS(request.status());
  TRY_STATUS(call.tracking.registry.DeleteVersion(name, number, call.who));
  return Json::object();
}

Result<Json> SearchVersions(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const RegistrySearch search = ReadSearch(request, 10'000);
  TRY_STATUS(request.status());
  TRY(const auto page, call.tracking.registry.SearchVersions(search));
  Json versions = Json::array();
  for (const ModelVersion& version : page.first) versions.push_back(VersionJson(version));
  Json answer = {{"model_versions", std::move(versions)}};
  if (!page.second.empty()) answer["next_page_token"] = page.second;
  return answer;
}

Result<Json> DownloadUri(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name");
  const int64_t number = VersionOf(request);
  TRY_STATUS(request.status());
  TRY(const std::string uri, call.tracking.registry.DownloadUri(name, number));
  return Json{{"artifact_uri", uri}};
}

Result<Json> SetVersionTag(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name"), key = request.Text("key");
  const std::string value = request.Text("value", "");
  const int64_t number = VersionOf(request);
  TRY_STATUS(request.status());
  TRY_STATUS(CheckMlflowKey("tag", key));
  TRY_STATUS(call.tracking.registry.SetVersionTag(
      name, number, key, TruncateCharacters(value, kMlflowRegistryTagLength), call.who));
  return Json::object();
}

Result<Json> DeleteVersionTag(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name"), key = request.Text("key");
  const int64_t number = VersionOf(request);
  TRY_STATUS(request.status());
  TRY_STATUS(call.tracking.registry.DeleteVersionTag(name, number, key, call.who));
  return Json::object();
}

constexpr MlflowEndpoint kEndpoints[] = {
    {"POST", "/mlflow/registered-models/create", true, "Registers a model.", &Create},
    {"GET", "/mlflow/registered-models/get", false, "A registered model.", &Get},
    {"POST", "/mlflow/registered-models/rename", true, "Renames a registered model.", &Rename},
    {"PATCH", "/mlflow/registered-models/update", true, "Describes a registered model.", &Update},
    {"DELETE", "/mlflow/registered-models/delete", true, "Removes a model from the registry.", &Delete},
    {"GET", "/mlflow/registered-models/search", false, "Registered models by a filter.", &Search},
    {"GET", "/mlflow/registered-models/get-latest-versions", false, "The newest version of each stage.",
     &LatestVersions},
    {"POST", "/mlflow/registered-models/get-latest-versions", false, "The newest version of each stage.",
     &LatestVersions},
    {"POST", "/mlflow/registered-models/set-tag", true, "Sets a tag of a registered model.", &SetTag},
    {"DELETE", "/mlflow/registered-models/delete-tag", true, "Removes a tag of a registered model.",
     &DeleteTag},
    {"POST", "/mlflow/registered-models/alias", true, "Points an alias at a version.", &SetAlias},
    {"DELETE", "/mlflow/registered-models/alias", true, "Removes an alias.", &DeleteAlias},
    {"GET", "/mlflow/registered-models/alias", false, "The version that an alias points at.", &GetByAlias},
    {"POST", "/mlflow/model-versions/create", true, "Registers a version of a model.", &CreateVersion},
    {"GET", "/mlflow/model-versions/get", false, "A version of a model.", &GetVersion},
    {"PATCH", "/mlflow/model-versions/update", true, "Describes a version.", &UpdateVersion},
    {"POST", "/mlflow/model-versions/transition-stage", true, "Moves a version to a stage.", &Transition},
    {"DELETE", "/mlflow/model-versions/delete", true, "Removes a version from the registry.", &DeleteVersion},
    {"GET", "/mlflow/model-versions/search", false, "Versions by a filter.", &SearchVersions},
    {"GET", "/mlflow/model-versions/get-download-uri", false, "Where a version's files are.", &DownloadUri},
    {"POST", "/mlflow/model-versions/set-tag", true, "Sets a tag of a version.", &SetVersionTag},
    {"DELETE", "/mlflow/model-versions/delete-tag", true, "Removes a tag of a version.", &DeleteVersionTag},
};

}  // namespace

std::span<const MlflowEndpoint> MlflowRegistryEndpoints() { return kEndpoints; }

}  // namespace sinter
