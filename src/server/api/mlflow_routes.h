// MLflow's tracking and registry over HTTP, at the paths that its clients insist on: /api/2.0/mlflow/... and
// /api/2.0/mlflow-artifacts/... Errors are MLflow's: {"error_code","message"}.
#pragma once

#include <vector>

#include "server/api/platform.h"
#include "server/http/router.h"

namespace sinter {

// The platform outlives the routes.
std::vector<Route> MlflowRoutes(Platform& platform);

}  // namespace sinter
