#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/tracking/search_page.h"
#include "server/api/mlflow/endpoints.h"
#include "server/api/mlflow/request.h"

namespace sinter {
namespace {

constexpr std::string_view kNumbers[] = {"creation_time", "last_update_time"};
constexpr std::string_view kTexts[] = {"name", "experiment_id"};
constexpr std::string_view kSorted[] = {"name", "experiment_id", "creation_time", "last_update_time"};
constexpr SearchFields kFields{kNumbers, kTexts, kSorted, {}, false, false, true, false};

Json ExperimentJson(const Experiment& e) {
  return {{"experiment_id", e.id},
          {"name", e.name},
          {"artifact_location", e.artifact_location},
          {"lifecycle_stage", e.deleted_ms == 0 ? "active" : "deleted"},
          {"creation_time", e.created_ms},
          {"last_update_time", e.updated_ms},
          {"tags", MlflowTagsJson(e.tags)}};
}

SearchValue ValueOf(const Experiment& e, const SearchKey& key) {
  if (key.entity == SearchEntity::kTag) {
    const auto at = e.tags.find(key.key);
    return at == e.tags.end() ? SearchValue() : SearchValue(at->second);
  }
  if (key.key == "name") return e.name;
  if (key.key == "experiment_id") return e.id;
  return static_cast<double>(key.key == "creation_time" ? e.created_ms : e.updated_ms);
}

Result<Json> Create(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("name");
  const std::string location = request.Text("artifact_location", "");
  TRY(const TagMap tags, ReadMlflowTags(request, "tags", kMlflowExperimentTagLength));
  TRY_STATUS(CheckMlflowExperimentName(name));
  if (location.starts_with("runs:"))
    return InvalidArgument(
        fmt::format("Artifact location cannot be a runs:/ URI. Given: '{}'", location.substr(0, 200)));
  TRY(const Experiment made, call.tracking.experiments.Create(name, location, tags, call.who));
  return Json{{"experiment_id", made.id}};
}

Result<Json> Get(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.Text("experiment_id");
  TRY_STATUS(request.status());
  TRY(const Experiment experiment, call.tracking.experiments.Get(id));
  return Json{{"experiment", ExperimentJson(experiment)}};
}

Result<Json> GetByName(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string name = request.Text("experiment_name");
  TRY_STATUS(request.status());
  TRY(const Experiment experiment, call.tracking.experiments.GetByName(name));
  return Json{{"experiment", ExperimentJson(experiment)}};
}

Result<Json> Search(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const int64_t at_most = request.Int("max_results", 1000);
  const std::string view = request.Text("view_type", "ACTIVE_ONLY");
  const std::string text = request.Text("filter", ""), token = request.Text("page_token", "");
  const std::vector<std::string> order_by = request.Texts("order_by");
  TRY_STATUS(request.status());
  if (at_most < 1 || at_most > 50'000)
    return InvalidArgument("Invalid value for parameter 'max_results' supplied: it must be 1 to 50000.");
  TRY(const size_t begin, ReadPageToken(token));
  TRY(const SearchFilter filter, SearchFilter::Parse(text, kFields));
  TRY(auto orders, ParseAttributeOrders(order_by, kFields));
  if (orders.empty()) orders.push_back({{SearchEntity::kAttribute, "creation_time"}, false});
  TRY(std::vector<Experiment> found, call.tracking.experiments.List());
  std::erase_if(found, [&](const Experiment& e) {
    const bool wrong_stage =
        view != "ALL" && view != "3" && (e.deleted_ms != 0) != (view == "DELETED_ONLY" || view == "2");
    return wrong_stage ||
           !filter.Matches([&](const SearchKey& key) { return std::vector<SearchValue>{ValueOf(e, key)}; });
  });
  std::ranges::sort(found, [&](const Experiment& a, const Experiment& b) {
    const int compared = CompareByOrders<Experiment>(orders, a, b, ValueOf);
    if (compared != 0) return compared < 0;
    return a.id < b.id;
  });
  std::string next = CutToPage(found, begin, at_most);
  Json items = Json::array();
  for (const Experiment& experiment : found) items.push_back(ExperimentJson(experiment));
  Json answer = {{"experiments", std::move(items)}};
  if (!next.empty()) answer["next_page_token"] = std::move(next);
  return answer;
}

Result<Json> Delete(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.Text("experiment_id");
  TRY_STATUS(request.status());
  TRY_STATUS(call.tracking.experiments.Delete(id, call.tracking.clock.UnixMillis(), call.who));
  return Json::object();
}

Result<Json> Restore(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.Text("experiment_id");
  TRY_STATUS(request.status());
  TRY_STATUS(call.tracking.experiments.Restore(id, call.who));
  return Json::object();
}

Result<Json> Update(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.Text("experiment_id"), name = request.Text("new_name", "");
  TRY_STATUS(request.status());
  if (name.empty()) return Json::object();
  TRY_STATUS(CheckMlflowExperimentName(name));
  TRY_STATUS(call.tracking.experiments.Rename(id, name, call.who));
  return Json::object();
}

Result<Json> SetTag(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.Text("experiment_id"), key = request.Text("key");
  const std::string value = request.Text("value", "");
  TRY_STATUS(request.status());
  TRY_STATUS(CheckMlflowKey("tag", key));
  TRY_STATUS(call.tracking.experiments.SetTag(id, key, TruncateCharacters(value, kMlflowExperimentTagLength),
                                              call.who));
  return Json::object();
}

Result<Json> DeleteTag(const MlflowCall& call) {
  MlflowRequest request(call.request);
  const std::string id = request.Text("experiment_id"), key = request.Text("key");
  TRY_STATUS(request.status());
  TRY_STATUS(call.tracking.experiments.DeleteTag(id, key, call.who));
  return Json::object();
}

constexpr MlflowEndpoint kEndpoints[] = {
    {"POST", "/mlflow/experiments/create", true, "Creates an experiment.", &Create},
    {"GET", "/mlflow/experiments/get", false, "An experiment.", &Get},
    {"GET", "/mlflow/experiments/get-by-name", false, "An experiment by its name.", &GetByName},
    {"GET", "/mlflow/experiments/search", false, "Experiments by a filter.", &Search},
    {"POST", "/mlflow/experiments/search", false, "Experiments by a filter.", &Search},
    {"POST", "/mlflow/experiments/delete", true, "Puts an experiment and its runs away.", &Delete},
    {"POST", "/mlflow/experiments/restore", true, "Takes an experiment back.", &Restore},
    {"POST", "/mlflow/experiments/update", true, "Renames an experiment.", &Update},
    {"POST", "/mlflow/experiments/set-experiment-tag", true, "Sets a tag of an experiment.", &SetTag},
    {"POST", "/mlflow/experiments/delete-experiment-tag", true, "Removes a tag of an experiment.",
     &DeleteTag},
};

}  // namespace

std::span<const MlflowEndpoint> MlflowExperimentEndpoints() { return kEndpoints; }

}  // namespace sinter
