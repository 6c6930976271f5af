#include <charconv>

#include <fmt/format.h>

#include "server/api/routes.h"

namespace sinter {
namespace {

Result<FollowRequest> ReadFollowRequest(const HttpRequest& request) {
  FollowRequest follow;
  follow.events = request.Header("accept").find("text/event-stream") != std::string_view::npos;
  TRY(const int64_t after, request.QueryInt("after", -1, 0, INT64_MAX));
  if (after >= 0) follow.after = after;
  // A client of server-sent events that lost its connection says where it was.
  if (const std::string_view id = request.Header("last-event-id"); follow.events && !id.empty()) {
    int64_t sequence = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), sequence);
    if (error != std::errc() || end != id.data() + id.size() || sequence < 0)
      return InvalidArgument(fmt::format("Last-Event-ID '{}' is no number", id.substr(0, 40)));
    follow.after = sequence;
  }
  follow.kind = request.Query("kind");
  follow.name = request.Query("name");
  if (!follow.kind.empty()) TRY_STATUS(CheckRecordKind(follow.kind));
  if (!follow.name.empty()) TRY_STATUS(CheckRecordName(follow.name));
  if (!follow.name.empty() && follow.kind.empty())
    return InvalidArgument("changes of one name need its kind", "add kind=KIND");
  TRY(const int64_t limit, request.QueryInt("limit", 100, 1, 1000));
  follow.limit = static_cast<int>(limit);
  TRY(const int64_t seconds, request.QueryInt("wait", 0, 0, 60));
  follow.wait = std::chrono::seconds(seconds);
  if (request.principal.access != Access::kAdmin)
    follow.hidden = {std::string(kTokenByNameKind), std::string(kTokenByHashKind)};
  return follow;
}

}  // namespace

std::vector<Route> ChangeRoutes(Platform& platform) {
  Route follow;
  follow.method = "GET";
  follow.pattern = "/sinter/v1/changes";
  follow.access = Access::kRead;
  follow.summary =
      "What changed after a sequence number, waiting for it up to ?wait= seconds; or, for 'Accept: "
      "text/event-stream', as it changes.";
  follow.kind = Route::Kind::kAsync;
  follow.start = [&platform](HttpRequest&& request, Responder responder) {
    auto asked = ReadFollowRequest(request);
    if (!asked) return responder.Send(ErrorResponse(asked.error()));
    platform.changes().Follow(*std::move(asked), std::move(responder));
  };
  return {std::move(follow)};
}

}  // namespace sinter
