// MLflow's REST interface as functions of JSON: experiments, runs, logged models, artifacts and the registry
// of models. Knows no HTTP. https://mlflow.org/docs/latest/rest-api.html
#pragma once

#include <span>
#include <string_view>

#include "base/json.h"
#include "platform/tracking/tracking.h"

namespace sinter {

struct MlflowCall {
  Tracking& tracking;
  const Json& request;   // the query of a GET, else the body; parameters of the path among it
  std::string_view who;  // asks
};

struct MlflowEndpoint {
  std::string_view method, path;  // below /api/2.0: "/mlflow/runs/create"
  bool writes = false;
  std::string_view summary;
  Result<Json> (*answer)(const MlflowCall& call) = nullptr;
  size_t largest_body = size_t{64} << 20;
};

std::span<const MlflowEndpoint> MlflowExperimentEndpoints();
std::span<const MlflowEndpoint> MlflowRunEndpoints();
std::span<const MlflowEndpoint> MlflowLoggedModelEndpoints();
std::span<const MlflowEndpoint> MlflowRegistryEndpoints();
std::span<const MlflowEndpoint> MlflowArtifactEndpoints();

// "RESOURCE_DOES_NOT_EXIST" ..., and the HTTP status that its clients expect with it.
std::string_view MlflowErrorCode(ErrorCode code);
int MlflowHttpStatus(ErrorCode code);
Json MlflowErrorJson(const Error& error);  // {"error_code","message"}

// {"root_uri","files":[{"path","is_dir","file_size"}]} of a folder below an artifact URI; of URIs that are
// elsewhere, no files.
Result<Json> ListMlflowArtifacts(Tracking& tracking, std::string_view root_uri, std::string_view folder);

}  // namespace sinter
