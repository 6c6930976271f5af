// What is the console's alone, under /sinter/v1/console:
//   POST   /links      {"name","scope"} -> {"code","path","expires_ms"}: a one-time link's (admin)
//   POST   /session    {"code"} -> {"signed_in":true,"name","scope","expires_ms"} and the cookie
//   GET    /session    {"signed_in":false}, or who it is; "services_are_open": reading them needs no sign-in
//   DELETE /session    signs out
//   GET    /sessions   {"items":[...]} (admin)
//   DELETE /sessions   ends all of them (admin)
//   GET    /runs       the runs in short, newest first
//   GET    /overview   what runs, what needs a person
// The cookie is HttpOnly and SameSite=Strict, and its name has the port in it: cookies are shared by all
// ports of a host. See CheckCookieRequest for what a request with it must show besides.
#pragma once

#include <vector>

#include "server/api/console_sessions.h"
#include "server/api/platform.h"
#include "server/http/router.h"

namespace sinter {

// Whom a request's cookie stands for; what HttpServerOptions::session calls. Errors: kUnauthenticated,
// kPermissionDenied where the request shows that it comes from elsewhere.
Result<Principal> SessionPrincipal(ConsoleSessions& sessions, const HttpRequest& request);

// "/#signin=CODE": after the '#', so that no log and no other server ever sees it.
std::string SignInPath(const SignInLink& link);

std::vector<Route> ConsoleRoutes(Platform& platform, ConsoleSessions& sessions, bool loopback);

}  // namespace sinter
