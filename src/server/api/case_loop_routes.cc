#include <fmt/format.h>
#include <nlohmann/json.hpp>

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
  if (!read.retrain.empty()) {
    const auto recipe = ParseRecipe(read.retrain);
    if (!recipe) return Error(recipe.error()).In("loop: retrain");
  }
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
