#include "server/api/rollout_routes.h"

#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/api/rollout_json.h"
#include "server/api/service_api.h"

namespace sinter {
namespace {

constexpr int64_t kMostLabels = 1000;

}  // namespace

Result<Json> BeginRollout(Platform& platform, std::string_view name, const Json& body, std::string_view who) {
  JsonReader reader(body, "rollout");
  const std::string model = reader.String("model");
  TRY(const ServiceInfo service, platform.services().Show(name));
  const bool wait = reader.Bool("wait", service.gates.AtOnce());
  TRY_STATUS(reader.Finish());
  if (wait && service.gates.AtOnce()) {
    TRY(const ServiceInfo info, platform.services().Rollout(name, model, who));
    return ServiceJson(info);
  }
  if (wait) {
    return InvalidArgument("this service's rollouts wait for traffic: an answer cannot wait for that",
                           "send it without \"wait\", and look at the service's rollout");
  }
  TRY(const RolloutInfo rollout, platform.services().StartRollout(name, model, who));
  TRY(const ServiceInfo info, platform.services().Show(name));
  Json json = ServiceJson(info);
  json["begun"] = RolloutJson(rollout);
  return json;
}

Result<Json> SteerRollout(Platform& platform, std::string_view name, PersonsWish wish, const Json& body,
                          std::string_view who) {
  JsonReader reader(body, std::string(PersonsWishName(wish)));
  const std::string reason = reader.String("reason", "");
  TRY_STATUS(reader.Finish());
  if (reason.size() > 1000) return InvalidArgument("a reason has at most 1,000 bytes");
  TRY(const RolloutInfo rollout, platform.services().Steer(name, wish, reason, who));
  return RolloutJson(rollout);
}

Result<Json> LabelRequests(Platform& platform, std::string_view name, const Json& body) {
  JsonReader reader(body, "labels");
  const Json& items = reader.Array("items");
  TRY_STATUS(reader.Finish());
  if (items.size() > kMostLabels) return InvalidArgument("at most 1,000 labels at once");
  int64_t used = 0;
  for (const Json& item : items) {
    JsonReader one(item, "labels: items");
    const std::string id = one.String("id");
    const int64_t label = one.Int("label");
    TRY_STATUS(one.Finish());
    TRY(const bool wanted, platform.services().Label(name, id, label));
    used += wanted;
  }
  return Json{{"labels", items.size()}, {"used", used}};
}

std::vector<Route> RolloutRoutes(Platform& platform, bool loopback) {
  const Access look = loopback ? Access::kOpen : Access::kRead;
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
  add("POST", "/rollout", Access::kWrite, "Take another model through the service's gates to its clients",
      [p](HttpRequest& r) -> Result<Json> {
        TRY(const Json body, r.JsonBody());
        return BeginRollout(*p, r.Parameter("name"), body, r.principal.name);
      });
  add("GET", "/rollout", look, "The rollout under way, or the latest", [p](HttpRequest& r) -> Result<Json> {
    TRY(const RolloutInfo rollout, p->services().ShowRollout(r.Parameter("name")));
    return RolloutJson(rollout);
  });
  add("GET", "/rollouts", look, "The latest rollouts of a service, newest first",
      [p](HttpRequest& r) -> Result<Json> {
        TRY(const auto rollouts, p->services().Rollouts(r.Parameter("name")));
        Json items = Json::array();
        for (const RolloutInfo& rollout : rollouts) {
          Json json = RolloutJson(rollout);
          for (const char* field : {"history", "examples", "gates", "figures"}) json.erase(field);
          items.push_back(std::move(json));
        }
        return Json{{"items", std::move(items)}};
      });
  add("GET", "/rollouts/{revision}", look, "A rollout and how it was decided",
      [p](HttpRequest& r) -> Result<Json> {
        TRY(const RolloutInfo rollout,
            p->services().ShowRollout(r.Parameter("name"), r.Parameter("revision")));
        return RolloutJson(rollout);
      });
  const std::pair<PersonsWish, const char*> wishes[] = {
      {PersonsWish::kPromote, "The new revision takes over now, whatever the gates say"},
      {PersonsWish::kAbort, "The rollout ends; the revision before answers"},
      {PersonsWish::kPause, "The rollout stays where it is; a broken budget still ends it"},
      {PersonsWish::kResume, "The rollout goes on"}};
  for (const auto& [wish, summary] : wishes) {
    add("POST", fmt::format("/{}", PersonsWishName(wish)), Access::kWrite, summary,
        [p, wish](HttpRequest& r) -> Result<Json> {
          TRY(const Json body, r.JsonBody());
          return SteerRollout(*p, r.Parameter("name"), wish, body, r.principal.name);
        });
  }
  add("POST", "/gates", Access::kWrite, "What the next rollouts must pass",
      [p](HttpRequest& r) -> Result<Json> {
        TRY(const Json body, r.JsonBody());
        TRY(const Gates gates, ReadGates(body, "gates"));
        TRY_STATUS(CheckGolden(*p, gates, "gates"));
        TRY(const ServiceInfo info, p->services().SetGates(r.Parameter("name"), gates, r.principal.name));
        return ServiceJson(info);
      });
  add("POST", "/labels", Access::kWrite, "The true classes of requests, by the ids that they came with",
      [p](HttpRequest& r) -> Result<Json> {
        TRY(const Json body, r.JsonBody());
        return LabelRequests(*p, r.Parameter("name"), body);
      });
  return routes;
}

}  // namespace sinter
