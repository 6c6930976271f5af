#include "server/api/page_routes.h"

#include <fmt/format.h>

#include "base/hash.h"

namespace sinter {
namespace {

// What the page may do: load from this server, talk to this server; be framed by nobody.
constexpr std::string_view kPolicy =
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";
// Names under console/ have the hash of their contents in them.
constexpr std::string_view kForever = "public, max-age=31536000, immutable";

std::string_view TypeOf(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  if (name.ends_with(".woff2")) return "font/woff2";
  return "application/octet-stream";
}

// "gzip, deflate, br": whether gzip is among them and not refused by ";q=0".
bool TakesGzip(std::string_view accepted) {
  while (!accepted.empty()) {
    const size_t end = std::min(accepted.find(','), accepted.size());
    std::string_view one = accepted.substr(0, end);
    accepted.remove_prefix(std::min(end + 1, accepted.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    const std::string_view name = one.substr(0, std::min(one.find_first_of("; "), one.size()));
    if (name != "gzip") continue;
    const size_t weight = one.find("q=0");
    return weight == std::string_view::npos ||
           one.find_first_of("123456789", weight) != std::string_view::npos;
  }
  return false;
}

Route FileRoute(const WebFile& file, std::string pattern) {
  Route route;
  route.method = "GET";
  route.pattern = std::move(pattern);
  route.summary = fmt::format("The console: {}.", file.name);
  route.kind = Route::Kind::kInline;
  const std::string hash = HashText(file.contents).Hex().substr(0, 32);
  route.answer = [file, hash](HttpRequest& request) -> Result<HttpResponse> {
    const bool gzip = !file.gzip.empty() && TakesGzip(request.Header("accept-encoding"));
    const std::string tag = fmt::format("\"{}{}\"", hash, gzip ? "-gzip" : "");
    HttpResponse response;
    response.type = TypeOf(file.name);
    response.headers = {
        {"ETag", tag},
        {"Cache-Control", std::string(file.name.starts_with("console/") ? kForever : "no-cache")},
        {"Content-Security-Policy", std::string(kPolicy)},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Vary", "Accept-Encoding"}};
    if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
    if (request.Header("if-none-match") == tag)
      response.status = 304;
    else
      response.body = std::string(gzip ? file.gzip : file.contents);
    return response;
  };
  return route;
}

}  // namespace

std::vector<Route> PageRoutes() { return PageRoutes(WebFiles()); }

std::vector<Route> PageRoutes(const std::vector<WebFile>& files) {
  std::vector<Route> routes;
  routes.reserve(files.size());
  for (const WebFile& file : files)
    routes.push_back(FileRoute(file, file.name == "index.html" ? "/" : fmt::format("/{}", file.name)));
  return routes;
}

}  // namespace sinter
