#include <nlohmann/json.hpp>

#include "platform/data/governance.h"
#include "server/api/clean_api.h"
#include "server/api/dataset_api.h"
#include "server/api/lineage_api.h"
#include "server/api/record_api.h"
#include "server/api/removal_api.h"
#include "server/api/repository_api.h"
#include "server/api/routes.h"

namespace sinter {

std::vector<Route> RepositoryRoutes(Platform& platform) {
  std::vector<Route> routes;
  for (const RepositoryKind kind : {RepositoryKind::kDataset, RepositoryKind::kModel}) {
    const bool data = kind == RepositoryKind::kDataset;
    const std::string root = data ? "/sinter/v1/datasets" : "/sinter/v1/models";
    const std::string what = data ? "data set" : "model";
    routes.push_back(JsonRoute("GET", root, Access::kRead, "The " + what + "s, by name.",
                               [&platform, kind](HttpRequest& r) -> Result<Json> {
                                 TRY(const int64_t limit, r.QueryInt("limit", 100, 1, 1000));
                                 return ListRepositories(platform, kind, r.Query("after"),
                                                         static_cast<int>(limit));
                               }));
    routes.push_back(JsonRoute(
        "GET", root + "/{ref}", Access::kRead, "A version of a " + what + ", with its files.",
        [&platform, kind](HttpRequest& r) { return ShowVersion(platform, kind, r.Parameter("ref")); }));
    routes.push_back(JsonRoute(
        "GET", root + "/{ref}/versions", Access::kRead, "The versions of a " + what + ".",
        [&platform, kind](HttpRequest& r) { return ListVersions(platform, kind, r.Parameter("ref")); }));
    routes.push_back(
        JsonRoute("POST", root + "/{ref}/versions", Access::kWrite, "Adds a version of a " + what + ".",
                  [&platform, kind](HttpRequest& r) -> Result<Json> {
                    TRY(const Json body, r.JsonBody());
                    return AddVersion(platform, kind, r.Parameter("ref"), body, r.principal.name);
                  }));
    routes.push_back(JsonRoute("DELETE", root + "/{ref}", Access::kAdmin,
                               "Removes a version of a " + what + ", or, without '@', all of it.",
                               [&platform, kind](HttpRequest& r) {
                                 return RemoveVersions(platform, kind, r.Parameter("ref"), r.Query("reason"),
                                                       r.principal.name);
                               }));
    routes.push_back(JsonRoute("GET", root + "/{ref}/log", Access::kRead,
                               "A version's commit and those before it, newest first.",
                               [&platform, kind](HttpRequest& r) -> Result<Json> {
                                 TRY(const int64_t skip, r.QueryInt("skip", 0, 0, INT64_MAX));
                                 TRY(const int64_t limit, r.QueryInt("limit", 100, 1, 1000));
                                 return ShowLog(platform, kind, r.Parameter("ref"), skip, limit);
                               }));
    routes.push_back(JsonRoute("GET", root + "/{ref}/diff", Access::kRead,
                               "What changed from this version to another.",
                               [&platform, kind](HttpRequest& r) {
                                 return ShowDiff(platform, kind, r.Parameter("ref"), r.Query("to"));
                               }));
    routes.push_back(JsonRoute(
        "GET", root + "/{ref}/refs", Access::kRead, "The branches and tags of a " + what + ".",
        [&platform, kind](HttpRequest& r) { return ListRefs(platform, kind, r.Parameter("ref")); }));
    routes.push_back(JsonRoute("PUT", root + "/{ref}/refs/{name}", Access::kWrite,
                               "Makes a branch or tag, or moves it from where it is said to stand.",
                               [&platform, kind](HttpRequest& r) -> Result<Json> {
                                 TRY(const Json body, r.JsonBody());
                                 return SetRef(platform, kind, r.Parameter("ref"), r.Parameter("name"), body,
                                               r.principal.name);
                               }));
    routes.push_back(JsonRoute("DELETE", root + "/{ref}/refs/{name}", Access::kWrite,
                               "Deletes a branch or tag; its commits stay.",
                               [&platform, kind](HttpRequest& r) {
                                 return DeleteRef(platform, kind, r.Parameter("ref"), r.Parameter("name"),
                                                  r.Query("expected"), r.principal.name);
                               }));
  }
  routes.push_back(JsonRoute("GET", "/sinter/v1/datasets/{ref}/profile", Access::kRead,
                             "Counts, ranges and duplicates of a data set.", [&platform](HttpRequest& r) {
                               return ShowProfile(platform, r.Parameter("ref"));
                             }));
  routes.push_back(JsonRoute("GET", "/sinter/v1/datasets/{ref}/suspects", Access::kRead,
                             "Labels that a model confidently disagrees with.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               const std::string model = r.Query("model");
                               if (model.empty()) return InvalidArgument("which model? add ?model=NAME");
                               return ShowSuspects(platform, r.Parameter("ref"), model);
                             }));
  routes.push_back(JsonRoute("POST", "/sinter/v1/datasets/{ref}/clean", Access::kWrite,
                             "Cleans a version of a data set by steps, or shows what they would touch.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY(const Json body, r.JsonBody());
                               return CleanDataset(platform, r.Parameter("ref"), body, r.principal.name);
                             }));
  routes.push_back(JsonRoute("POST", "/sinter/v1/datasets/{ref}/append", Access::kWrite,
                             "Puts rows of another data set behind those of this one: its next version.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY(const Json body, r.JsonBody());
                               return AppendToDataset(platform, r.Parameter("ref"), body, r.principal.name);
                             }));
  routes.push_back(
      JsonRoute("GET", "/sinter/v1/datasets/{ref}/compare", Access::kRead,
                "What changed from one version of a data set to another.", [&platform](HttpRequest& r) {
                  return DiffVersions(platform, r.Parameter("ref"), r.Query("with"), r.Query("key"));
                }));
  routes.push_back(JsonRoute("POST", "/sinter/v1/datasets/{ref}/trace", Access::kRead,
                             "Which versions, runs, models and services hold these records of a version.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY(const Json body, r.JsonBody());
                               return TraceRecords(platform, r.Parameter("ref"), body);
                             }));
  routes.push_back(JsonRoute("POST", "/sinter/v1/datasets/{ref}/forget", Access::kWrite,
                             "Makes a version of a data set without these records, and says what holds them.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY(const Json body, r.JsonBody());
                               return ForgetRecords(platform, r.Parameter("ref"), body, r.principal.name);
                             }));
  // A name, so that it is said of all versions; a data set that is not there is not governed.
  routes.push_back(JsonRoute("GET", "/sinter/v1/datasets/{ref}/governance", Access::kRead,
                             "Owner, licence, purpose and retention of a data set, and who changed them.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY_STATUS(
                                   platform.repositories(RepositoryKind::kDataset).Find(r.Parameter("ref")));
                               return GovernanceJson(platform.records(), r.Parameter("ref"));
                             }));
  routes.push_back(JsonRoute("POST", "/sinter/v1/datasets/{ref}/governance", Access::kWrite,
                             "Changes owner, licence, purpose or retention of a data set.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               const std::string_view name = r.Parameter("ref");
                               TRY_STATUS(CheckRepositoryName(name));
                               TRY_STATUS(platform.repositories(RepositoryKind::kDataset).Find(name));
                               TRY(const Json changes, r.JsonBody());
                               TRY_STATUS(SetGovernance(platform.records(), name, changes, r.principal.name));
                               return GovernanceJson(platform.records(), name);
                             }));
  routes.push_back(
      JsonRoute("GET", "/sinter/v1/governance/due", Access::kRead,
                "Versions of data sets that are older than they may be kept.",
                [&platform](HttpRequest& r) { return RetentionDue(platform, r.Query("name")); }));
  routes.push_back(JsonRoute("GET", "/sinter/v1/lineage", Access::kRead,
                             "Where a version, run or service came from and what came of it.",
                             [&platform](HttpRequest& r) {
                               return ShowLineage(platform, r.Query("kind", "model"), r.Query("ref"));
                             }));
  Route samples;
  samples.method = "GET";
  samples.pattern = "/sinter/v1/datasets/{ref}/samples";
  samples.access = Access::kRead;
  samples.summary = "Samples of each class as a picture (PNG), or of one row.";
  samples.answer = [&platform](HttpRequest& r) -> Result<HttpResponse> {
    if (!r.Query("row").empty()) {
      TRY(const int64_t row, r.QueryInt("row", 0, 0, INT64_MAX));
      TRY(std::string png, ShowRow(platform, r.Parameter("ref"), r.Query("split", "train"), row));
      return TextResponse(std::move(png), "image/png");
    }
    GridOptions options;
    TRY(const int64_t per_class, r.QueryInt("per_class", 10, 1, 100));
    TRY(options.only, r.QueryInt("class", -1, -1, 65535));
    TRY(const int64_t seed, r.QueryInt("seed", 0, 0, INT64_MAX));
    options.per_class = static_cast<int>(per_class);
    options.seed = static_cast<uint64_t>(seed);
    TRY(std::string png, ShowSamples(platform, r.Parameter("ref"), r.Query("split", "train"), options));
    return TextResponse(std::move(png), "image/png");
  };
  routes.push_back(std::move(samples));
  return routes;
}

}  // namespace sinter
