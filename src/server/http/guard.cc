#include "server/http/guard.h"

#include <charconv>

#include <fmt/format.h>

#include "base/ascii.h"

namespace sinter {
namespace {

Error Denied(std::string message, std::string hint = {}) {
  return {ErrorCode::kPermissionDenied, std::move(message), std::move(hint)};
}

std::string_view AccessName(Access access) {
  switch (access) {
    case Access::kOpen:
      return "open";
    case Access::kRead:
      return "read";
    case Access::kWrite:
      return "write";
    case Access::kAdmin:
      return "admin";
    case Access::kRun:
      return "run";
  }
  return "";
}

}  // namespace

bool IsLoopbackAddress(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

Status CheckHost(std::string_view host, uint16_t port) {
  const std::string lower = LowerAscii(host);
  std::string_view name = lower;
  uint16_t given = 80;
  const size_t bracket = name.find(']');
  const size_t colon = name.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const std::string_view digits = name.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), given);
    if (error != std::errc() || end != digits.data() + digits.size()) given = 0;
    name = name.substr(0, colon);
  }
  const bool ours =
      name == "localhost" || name == "[::1]" || name.ends_with(".localhost") ||
      (name.starts_with("127.") && name.find_first_not_of("0123456789.") == std::string_view::npos);
  if (ours && given == port) return {};
  return Denied(fmt::format("this server answers on loopback alone, not as host '{}'", host.substr(0, 200)),
                fmt::format("use 127.0.0.1:{} or localhost:{}", port, port));
}

Status CheckOrigin(std::string_view method, std::string_view origin, std::string_view host) {
  if (origin.empty() || method == "GET" || method == "HEAD" || method == "OPTIONS") return {};
  const size_t scheme = origin.find("://");
  if (scheme != std::string_view::npos && LowerAscii(origin.substr(scheme + 3)) == LowerAscii(host))
    return {};
  return Denied(
      fmt::format("requests from pages of '{}' may not change anything here", origin.substr(0, 200)));
}

std::string_view BearerToken(std::string_view authorization) {
  if (authorization.size() < 8 || LowerAscii(authorization.substr(0, 7)) != "bearer ") return {};
  return authorization.substr(7);
}

std::string_view CookieValue(std::string_view cookies, std::string_view name) {
  std::string_view found;
  while (!cookies.empty()) {
    const size_t end = std::min(cookies.find(';'), cookies.size());
    std::string_view pair = cookies.substr(0, end);
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    while (pair.ends_with(' ')) pair.remove_suffix(1);
    if (pair.size() <= name.size() || !pair.starts_with(name) || pair[name.size()] != '=') continue;
    if (!found.empty()) return {};
    found = pair.substr(name.size() + 1);
  }
  return found;
}

Status CheckCookieRequest(const HttpRequest& request) {
  // Absent where the client is no browser, or an old one; then Origin and the header below decide.
  const std::string_view site = request.Header("sec-fetch-site");
  if (!site.empty() && site != "same-origin" && site != "none")
    return Denied("a page from elsewhere may not use the console's session");
  const bool changes = request.method != "GET" && request.method != "HEAD";
  if (changes && request.Header("x-sinter-console").empty()) {
    return Denied("what changes something by the console's session carries the header X-Sinter-Console",
                  "scripts use a token: Authorization: Bearer TOKEN");
  }
  return CheckOrigin(request.method, request.Header("origin"), request.Header("host"));
}

Status CheckAccess(const Principal& principal, Access access) {
  if (access == Access::kOpen) return {};
  if (access == Access::kRun) {
    if (principal.access == Access::kRun) return {};
    return Denied("only the token of the run itself may do this");
  }
  if (principal.access != Access::kRun && principal.access >= access) return {};
  return Denied(fmt::format("this needs the scope {}; token '{}' has {}", AccessName(access), principal.name,
                            AccessName(principal.access)));
}

}  // namespace sinter
