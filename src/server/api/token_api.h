// Tokens over the own API, /sinter/v1 (admin alone):
//   POST   /tokens          {"name","scope","expires_s"?} -> {"name","scope","token","expires_ms"}: the only
//                           answer that holds the text
//   GET    /tokens?after=&limit=
//                           {"items":[{"name","scope","expires_ms" (0: never),"expired",...}],"next"}
//   DELETE /tokens/NAME
#pragma once

#include "base/json.h"
#include "server/api/platform.h"

namespace sinter {

// Scopes read, write and admin; a run's token comes with its attempt.
Result<Json> CreateToken(Platform& platform, const Json& body, std::string_view who);
Result<Json> ListTokens(Platform& platform, std::string_view after = {}, int limit = 1000);
Result<Json> RevokeToken(Platform& platform, std::string_view name, std::string_view who);

}  // namespace sinter
