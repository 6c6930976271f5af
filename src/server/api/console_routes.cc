#include "server/api/console_routes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/api/console_overview.h"
#include "server/api/routes.h"
#include "server/http/guard.h"

namespace sinter {
namespace {

constexpr std::string_view kRoot = "/sinter/v1/console";

std::string CookieName(const HttpRequest& request) {
  const std::string_view host = request.Header("host");
  const size_t colon = host.rfind(':');
  const std::string_view port = colon == std::string_view::npos ? "80" : host.substr(colon + 1);
  // A name of letters, digits and '_' alone, whatever the Host line holds.
  const bool plain =
      !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string_view::npos;
  return fmt::format("sinter_session_{}", plain ? port : "other");
}

std::string_view SecretOf(const HttpRequest& request) {
  return CookieValue(request.Header("cookie"), CookieName(request));
}

HttpResponse WithCookie(const HttpRequest& request, const Json& json, std::string_view secret,
                        int64_t seconds) {
  HttpResponse response = JsonResponse(json);
  response.headers.emplace_back(
      "Set-Cookie", fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict", CookieName(request),
                                secret, seconds));
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Json SessionJson(const ConsoleSession& session) {
  return {{"name", session.name},
          {"scope", session.scope.ToString()},
          {"created_ms", session.created_ms},
          {"expires_ms", session.expires_ms}};
}

Result<Json> MakeLink(ConsoleSessions& sessions, const HttpRequest& request) {
  TRY(const Json body, request.JsonBody());
  JsonReader reader(body, "link");
  const std::string name = reader.String("name", request.principal.name);
  const std::string scope_text = reader.String("scope", "admin");
  TRY_STATUS(reader.Finish());
  TRY(const TokenScope scope, TokenScope::Parse(scope_text));
  TRY(const SignInLink link, sessions.MakeLink(name, scope));
  return Json{{"code", link.code}, {"path", SignInPath(link)}, {"expires_ms", link.expires_ms}};
}

Result<HttpResponse> SignIn(ConsoleSessions& sessions, const HttpRequest& request) {
  // A foreign page must not sign its visitor in as somebody else.
  TRY_STATUS(CheckCookieRequest(request));
  TRY(const Json body, request.JsonBody());
  JsonReader reader(body, "sign-in");
  const std::string code = reader.String("code");
  TRY_STATUS(reader.Finish());
  TRY(const auto signed_in, sessions.SignIn(code));
  Json json = SessionJson(signed_in.session);
  json["signed_in"] = true;
  return WithCookie(request, json, signed_in.secret, kConsoleSessionTime / std::chrono::seconds(1));
}

Result<HttpResponse> SignOut(ConsoleSessions& sessions, const HttpRequest& request) {
  TRY_STATUS(CheckCookieRequest(request));
  TRY_STATUS(sessions.SignOut(SecretOf(request)));
  return WithCookie(request, {{"signed_in", false}}, "", 0);
}

// Nobody is an answer as well: the page asks before it knows.
Result<Json> WhoIsIt(ConsoleSessions& sessions, bool loopback, const HttpRequest& request) {
  Json json = {{"signed_in", false}, {"services_are_open", loopback}};
  if (!CheckCookieRequest(request)) return json;
  const auto session = sessions.Check(SecretOf(request));
  if (!session && session.error().code != ErrorCode::kUnauthenticated) return session.error();
  if (session) {
    json.update(SessionJson(*session));
    json["signed_in"] = true;
  }
  return json;
}

}  // namespace

std::string SignInPath(const SignInLink& link) { return fmt::format("/#signin={}", link.code); }

Result<Principal> SessionPrincipal(ConsoleSessions& sessions, const HttpRequest& request) {
  const std::string_view secret = SecretOf(request);
  if (!secret.empty()) TRY_STATUS(CheckCookieRequest(request));
  TRY(const ConsoleSession session, sessions.Check(secret));
  return PrincipalOf({session.name, session.scope, session.created_ms, ""});
}

std::vector<Route> ConsoleRoutes(Platform& platform, ConsoleSessions& sessions, bool loopback) {
  std::vector<Route> routes;
  const auto path = [](std::string_view more) { return fmt::format("{}{}", kRoot, more); };
  ConsoleSessions* s = &sessions;
  routes.push_back(JsonRoute("POST", path("/links"), Access::kAdmin,
                             "Makes a one-time link into the console; its code is shown once.",
                             [s](HttpRequest& r) { return MakeLink(*s, r); }));
  routes.push_back(JsonRoute("GET", path("/session"), Access::kOpen, "Who is signed in to the console.",
                             [s, loopback](HttpRequest& r) { return WhoIsIt(*s, loopback, r); }));
  const auto answer = [&](std::string_view method, std::string_view summary, auto how) {
    Route route;
    route.method = method;
    route.pattern = path("/session");
    route.summary = summary;
    route.answer = [s, how](HttpRequest& r) { return how(*s, r); };
    routes.push_back(std::move(route));
  };
  answer("POST", "Exchanges the code of a one-time link for the console's cookie.", &SignIn);
  answer("DELETE", "Signs out.", &SignOut);
  routes.push_back(JsonRoute("GET", path("/sessions"), Access::kAdmin, "Who is signed in, all of them.",
                             [s](HttpRequest&) -> Result<Json> {
                               TRY(const auto all, s->List());
                               Json items = Json::array();
                               for (const ConsoleSession& one : all) items.push_back(SessionJson(one));
                               return Json{{"items", std::move(items)}};
                             }));
  routes.push_back(JsonRoute("DELETE", path("/sessions"), Access::kAdmin, "Signs everybody out.",
                             [s](HttpRequest& r) -> Result<Json> {
                               TRY_STATUS(s->EndAll(r.principal.name));
                               return Json::object();
                             }));
  routes.push_back(JsonRoute("GET", path("/runs"), Access::kRead, "The runs in short, newest first.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY(const int64_t limit, r.QueryInt("limit", 100, 1, 1000));
                               return RunsInShort(platform, static_cast<size_t>(limit));
                             }));
  routes.push_back(JsonRoute("GET", path("/overview"), Access::kRead, "What runs, and what needs a person.",
                             [&platform](HttpRequest&) { return Overview(platform); }));
  return routes;
}

}  // namespace sinter
