// Who may ask: hosts and origins against DNS rebinding and cross-site requests, tokens against the route.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "server/http/message.h"

namespace sinter {

bool IsLoopbackAddress(std::string_view address);  // "127.0.0.1", "::1"

// A server on loopback answers to loopback names alone, at its own port: a page elsewhere whose name was made
// to point at 127.0.0.1 sends its own name as Host. Errors: kPermissionDenied.
Status CheckHost(std::string_view host, uint16_t port);
// Requests that change something, when they name an Origin, must come from this very server's pages.
Status CheckOrigin(std::string_view method, std::string_view origin, std::string_view host);

// The token of "Bearer X"; empty when there is none.
std::string_view BearerToken(std::string_view authorization);
// The value of one cookie in a line "a=1; b=2"; empty where there is none of that name, or more than one: of
// two, the browser and this server might each believe another.
std::string_view CookieValue(std::string_view cookies, std::string_view name);
// A browser sends a cookie along whoever makes it ask, also for pages on another port of this host, which
// SameSite lets pass. So what a cookie alone vouches for must come from a page of this very server or from
// nobody's page (Sec-Fetch-Site), and what changes something must carry X-Sinter-Console, which no form can
// send and no foreign page may.
Status CheckCookieRequest(const HttpRequest& request);

// Whether the principal may use a route that needs `access`.
Status CheckAccess(const Principal& principal, Access access);

}  // namespace sinter
