#include "server/api/page_routes.h"

#include <fmt/format.h>

#include "base/hash.h"

namespace sinter {
namespace {

// What the page may do: load from this server, talk to this server; be framed by nobody.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src "
    "'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string_view TypeOf(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  return "application/octet-stream";
}

Route FileRoute(const WebFile& file, std::string pattern) {
  Route route;
  route.method = "GET";
  route.pattern = std::move(pattern);
  route.summary = fmt::format("The page: {}.", file.name);
  route.kind = Route::Kind::kInline;
  const std::string tag = fmt::format("\"{}\"", HashText(file.contents).Hex().substr(0, 32));
  route.answer = [file, tag](HttpRequest& request) -> Result<HttpResponse> {
    HttpResponse response;
    response.type = TypeOf(file.name);
    response.headers = {{"ETag", tag},
                        {"Cache-Control", "no-cache"},
                        {"Content-Security-Policy", std::string(kPolicy)},
                        {"X-Content-Type-Options", "nosniff"},
                        {"Referrer-Policy", "no-referrer"}};
    if (request.Header("if-none-match") == tag)
      response.status = 304;
    else
      response.body = std::string(file.contents);
    return response;
  };
  return route;
}

}  // namespace

std::vector<Route> PageRoutes() {
  std::vector<Route> routes;
  for (const WebFile& file : WebFiles()) {
    if (file.name == "index.html") routes.push_back(FileRoute(file, "/"));
    routes.push_back(FileRoute(file, fmt::format("/page/{}", file.name)));
  }
  return routes;
}

}  // namespace sinter
