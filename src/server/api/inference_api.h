// Open Inference Protocol v2 over HTTP: what its clients (tritonclient, KServe's) ask for.
//   GET  /v2                                          the server's metadata
//   GET  /v2/health/live, /v2/health/ready
//   GET  /v2/models/NAME[/versions/REVISION]          metadata; .../ready
//   POST /v2/models/NAME[/versions/REVISION]/infer    JSON, or JSON and binary tensors
//   POST /v2/repository/index                         what is served (Triton's extension)
// A service is a model to the protocol, and a revision a version. Errors are {"error":"..."}; a full queue is
// 503 with Retry-After.
#pragma once

#include <functional>
#include <vector>

#include "platform/hub/tokens.h"
#include "platform/serving/services.h"
#include "server/http/router.h"

namespace sinter {

// Whom a cookie stands for, where a request has one; empty: nobody.
using SessionCheck = std::function<Result<Principal>(const HttpRequest&)>;

// `loopback`: the server listens there alone, and services that are open need no token. Both outlive the
// routes.
std::vector<Route> InferenceRoutes(Services& services, Tokens& tokens, bool loopback,
                                   SessionCheck session = {});

}  // namespace sinter
