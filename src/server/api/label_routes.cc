#include <charconv>

#include <nlohmann/json.hpp>

#include "server/api/label_api.h"
#include "server/api/routes.h"

namespace sinter {
namespace {

Result<int64_t> ItemOf(const HttpRequest& request) {
  const std::string_view text = request.Parameter("item");
  int64_t item = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), item);
  if (error != std::errc() || end != text.data() + text.size() || item < 0)
    return NotFound("an item is named by its number");
  return item;
}

// Bodies of verbs that need none may be left out.
Result<Json> BodyOf(const HttpRequest& request) {
  if (request.body.empty()) return Json::object();
  return request.JsonBody();
}

Route MediaRoute(Platform& platform, std::string pattern) {
  Route route;
  route.method = "GET";
  route.pattern = std::move(pattern);
  route.access = Access::kRead;
  route.summary = "An item's picture, as a PNG, or its sound, as a WAV; parts of it by Range.";
  route.answer = [&platform](HttpRequest& r) -> Result<HttpResponse> {
    TRY(const int64_t item, ItemOf(r));
    TRY(ItemMedia media, platform.labellings().Media(r.Parameter("name"), item));
    HttpResponse response;
    response.type = std::move(media.type);
    // Players seek by asking for ranges.
    const auto bytes = std::make_shared<const std::string>(std::move(media.bytes));
    response.shared = {bytes, std::as_bytes(std::span(*bytes))};
    response.accept_ranges = true;
    // A labelling is of one version for ever; its name may be given again.
    response.headers = {{"Cache-Control", "private, max-age=3600"}};
    return response;
  };
  return route;
}

}  // namespace

std::vector<Route> LabelRoutes(Platform& platform) {
  std::vector<Route> routes;
  const std::string all = "/sinter/v1/labellings", one = all + "/{name}";
  auto add = [&](std::string method, std::string pattern, Access access, std::string summary, auto answer) {
    routes.push_back(JsonRoute(std::move(method), std::move(pattern), access, std::move(summary), answer));
  };
  add("GET", all, Access::kRead, "The labellings, by name.", [&platform](HttpRequest& r) -> Result<Json> {
    TRY(const int64_t limit, r.QueryInt("limit", 100, 1, 100));
    return platform.labellings().List(r.Query("after"), static_cast<int>(limit));
  });
  Route create;
  create.method = "POST";
  create.pattern = all;
  create.access = Access::kWrite;
  create.summary = "Begins a labelling of rows of a version.";
  create.largest_body = uint64_t{4} << 20;
  create.answer = [&platform](HttpRequest& r) -> Result<HttpResponse> {
    TRY(const Json body, r.JsonBody());
    TRY(const Json made, CreateLabelling(platform, body, r.principal.name));
    return JsonResponse(made, 201);
  };
  routes.push_back(std::move(create));
  add("GET", one, Access::kRead, "A labelling: what is wanted, progress, speed, agreement.",
      [&platform](HttpRequest& r) { return platform.labellings().Show(r.Parameter("name")); });
  add("DELETE", one, Access::kWrite, "Ends a labelling and removes its answers; committed versions stay.",
      [&platform](HttpRequest& r) -> Result<Json> {
        TRY_STATUS(platform.labellings().Delete(r.Parameter("name"), r.principal.name));
        return Json::object();
      });
  add("POST", one + "/next", Access::kWrite, "Hands out items to label, for ten minutes each.",
      [&platform](HttpRequest& r) -> Result<Json> {
        TRY(const Json body, BodyOf(r));
        return NextItems(platform, r.Parameter("name"), body, r.principal);
      });
  routes.push_back(MediaRoute(platform, one + "/items/{item}/content"));
  add("PUT", one + "/items/{item}/answer", Access::kWrite, "A labeller's answer, or a changed one.",
      [&platform](HttpRequest& r) -> Result<Json> {
        TRY(const int64_t item, ItemOf(r));
        TRY(Json body, r.JsonBody());
        return AnswerItem(platform, r.Parameter("name"), item, std::move(body), r.principal);
      });
  add("PUT", one + "/items/{item}/decision", Access::kWrite, "A reviewer's word, before all answers.",
      [&platform](HttpRequest& r) -> Result<Json> {
        TRY(const int64_t item, ItemOf(r));
        TRY(const Json body, r.JsonBody());
        return DecideItem(platform, r.Parameter("name"), item, body, r.principal.name);
      });
  add("POST", one + "/undo", Access::kWrite, "Takes back a labeller's last answer.",
      [&platform](HttpRequest& r) -> Result<Json> {
        TRY(const Json body, BodyOf(r));
        return UndoAnswer(platform, r.Parameter("name"), body, r.principal);
      });
  add("GET", one + "/review", Access::kRead, "Items that wait for a decision, or have one.",
      [&platform](HttpRequest& r) -> Result<Json> {
        TRY(const int64_t from, r.QueryInt("after", 0, 0, kMostLabelItems));
        TRY(const int64_t limit, r.QueryInt("limit", 50, 1, 200));
        return ReviewItems(platform, r.Parameter("name"), from, limit);
      });
  for (const bool open : {false, true}) {
    add("POST", one + (open ? "/reopen" : "/close"), Access::kWrite,
        open ? "Answers are taken again." : "No more answers are taken.", [&platform, open](HttpRequest& r) {
          return SetLabellingOpen(platform, r.Parameter("name"), open, r.principal.name);
        });
  }
  add("POST", one + "/commit", Access::kWrite, "The labels as the next version of the data set.",
      [&platform](HttpRequest& r) -> Result<Json> {
        TRY(const Json body, BodyOf(r));
        return CommitLabels(platform, r.Parameter("name"), body, r.principal.name);
      });
  add("POST", "/sinter/v1/services/{name}/cases/label", Access::kWrite,
      "The kept requests as a data set, and a labelling of it.", [&platform](HttpRequest& r) -> Result<Json> {
        TRY(Json body, r.JsonBody());
        return LabelCases(platform, r.Parameter("name"), std::move(body), r.principal.name);
      });
  return routes;
}

}  // namespace sinter
