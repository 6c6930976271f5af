#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "platform/data/dataset_version.h"
#include "platform/serving/case_table.h"
#include "server/api/case_loops.h"
#include "server/api/routes.h"
#include "training/trainer/recipe.h"

namespace sinter {

Json CaseLoopJson(const CaseLoopInfo& loop) {
  Json json = CaseLoopSpecJson(loop.spec);
  json["service"] = loop.service;
  json["by"] = loop.created_by;
  json["round"] = loop.round.digest.empty() ? Json(nullptr) : CaseRoundJson(loop.round);
  return json;
}

namespace {

// What would fail once people have labelled fails here: a recipe that cannot be read, or whose splits the
// version that it trains on will not have.
Status CheckSplits(Platform& platform, const CaseLoopSpec& spec) {
  std::vector<std::string> splits{std::string(kCaseSplit)};
  if (!spec.into.empty()) {
    TRY(const RepositoryVersion found, platform.repositories(RepositoryKind::kDataset).Find(spec.into));
    TRY(const auto version, DatasetVersion::Open(platform.store(), found.id));
    const auto to = version->SplitIndex(spec.into_split);
    if (!to) return Error(to.error()).In("loop: into");
    splits.clear();
    for (const DatasetSplit& split : version->info().splits) splits.push_back(split.name);
  }
  if (spec.retrain.empty()) return {};
  const auto recipe = ParseRecipe(spec.retrain);
  if (!recipe) return Error(recipe.error()).In("loop: retrain");
  for (const std::string& split : {recipe->train_split, recipe->test_split}) {
    if (std::ranges::find(splits, split) != splits.end()) continue;
    return InvalidArgument(
        fmt::format("loop: retrain: its data are the split '{}', and what it trains on has {}", split,
                    fmt::join(splits, ", ")),
        spec.into.empty() ? "data: {train: cases, test: cases}; or let the cases go into the data set: --into"
                          : "name them in the recipe: data: {train: ..., test: ...}");
  }
  return {};
}

}  // namespace

Result<CaseLoopInfo> FindCaseLoop(Platform& platform, std::string_view service) {
  const auto record = platform.records().Get(kCaseLoopKind, service);
  if (!record && record.error().code == ErrorCode::kNotFound)
    return NotFound(fmt::format("service {} has no loop", service.substr(0, 128)),
                    "sinter service loop NAME --after N");
  if (!record) return record.error();
  return ReadCaseLoop(*record);
}

Result<Json> SetCaseLoop(Platform& platform, std::string_view service, const Json& spec,
                         std::string_view who) {
  TRY(const CaseLoopSpec read, ReadCaseLoopSpec(spec));
  TRY_STATUS(CheckSplits(platform, read));
  TRY(const ServiceInfo info, platform.services().Show(service));
  if (!info.gates.cases.consent)
    return Error{ErrorCode::kConflict, fmt::format("service {} may keep no cases", service),
                 fmt::format("sinter service gates {} --keep-cases is the consent", service)};
  if (read.after > info.gates.cases.most)
    return InvalidArgument(fmt::format("loop: after: {} cases are more than the {} that are kept", read.after,
                                       info.gates.cases.most));
  const std::string text = CaseLoopSpecJson(read).dump();
  auto made = platform.records().Create(std::string(kCaseLoopKind), std::string(service), text, "{}", who);
  if (!made && made.error().code == ErrorCode::kAlreadyExists)
    made = platform.records().Update(kCaseLoopKind, service, who, [&](Record& record) -> Status {
      record.spec = text;
      return {};
    });
  if (!made) return made.error();
  TRY(const CaseLoopInfo loop, ReadCaseLoop(*made));
  return CaseLoopJson(loop);
}

Status DeleteCaseLoop(Platform& platform, std::string_view service, std::string_view who) {
  TRY_STATUS(FindCaseLoop(platform, service));
  TRY(const Record record, platform.records().Get(kCaseLoopKind, service));
  return platform.records().Delete(record, who);
}

std::vector<Route> CaseLoopRoutes(Platform& platform) {
  std::vector<Route> routes;
  const std::string loop = "/sinter/v1/services/{name}/cases/loop";
  routes.push_back(JsonRoute("GET", loop, Access::kRead,
                             "What kept cases become by themselves, and how far it is.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY(const CaseLoopInfo info, FindCaseLoop(platform, r.Parameter("name")));
                               return CaseLoopJson(info);
                             }));
  routes.push_back(JsonRoute("PUT", loop, Access::kWrite,
                             "Kept cases become a labelling by themselves, its labels a model.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY(const Json body, r.JsonBody());
                               return SetCaseLoop(platform, r.Parameter("name"), body, r.principal.name);
                             }));
  routes.push_back(JsonRoute("DELETE", loop, Access::kWrite,
                             "They do no longer; what a round has made stays.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY_STATUS(DeleteCaseLoop(platform, r.Parameter("name"), r.principal.name));
                               return Json::object();
                             }));
  return routes;
}

}  // namespace sinter
