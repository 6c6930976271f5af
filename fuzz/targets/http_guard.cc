// Who may ask: lines of Host, Origin, Authorization and Cookie, to a server on port 7400. A host that passes
// is a name of this very machine, whatever was written to look like one; an origin that passes is that host.
#include <algorithm>

#include "fuzz/targets.h"
#include "server/http/guard.h"

namespace sinter {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

Status Run(std::span<const std::byte> input) {
  const auto [host, rest] = FirstLine(TextOf(input));
  const auto [origin, more] = FirstLine(rest);
  const auto [authorization, cookies] = FirstLine(more);
  const std::string_view cookie = CookieValue(cookies, "sinter");
  SINTER_CHECK(cookie.find(';') == std::string_view::npos && cookies.size() >= cookie.size());
  const std::string_view token = BearerToken(authorization);
  SINTER_CHECK(token.empty() || (authorization.ends_with(token) && authorization.size() == token.size() + 7));
  TRY_STATUS(CheckHost(host, 7400));
  const std::string name = Lower(host.substr(0, host.rfind(':')));
  std::string port(host.substr(name.size()));
  while (port.starts_with(":0")) port.erase(1, 1);
  SINTER_CHECK(port == ":7400");
  const bool address = name.find_first_not_of("0123456789.") == std::string::npos && name.starts_with("127.");
  SINTER_CHECK(address || name == "localhost" || name.ends_with(".localhost") || name == "[::1]");
  TRY_STATUS(CheckOrigin("POST", origin, host));
  SINTER_CHECK(origin.empty() || Lower(origin).ends_with("://" + Lower(host)));
  return {};
}

}  // namespace

FuzzTarget HttpGuardTarget() { return {&Run, {ErrorCode::kPermissionDenied}, 512}; }

}  // namespace sinter
