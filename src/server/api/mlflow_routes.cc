#include "server/api/mlflow_routes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/api/mlflow/endpoints.h"
#include "server/http/target.h"

namespace sinter {
namespace {

constexpr std::string_view kRoot = "/api/2.0";
constexpr uint64_t kLargestArtifact = uint64_t{1} << 42;

HttpResponse Answer(const Result<Json>& json) {
  if (json) return JsonResponse(*json);
  return JsonResponse(MlflowErrorJson(json.error()), MlflowHttpStatus(json.error().code));
}

// A query as an object: a name that comes more than once is a list.
Result<Json> QueryJson(std::string_view target) {
  Json object = Json::object();
  const size_t mark = target.find('?');
  if (mark == target.npos) return object;
  TRY(const auto pairs, ParseQuery(target.substr(mark + 1)));
  for (const auto& [name, value] : pairs) {
    const auto [at, fresh] = object.emplace(name, value);
    if (fresh) continue;
    if (!at->is_array()) *at = Json::array({*at});
    at->push_back(value);
  }
  return object;
}

Result<Json> RequestJson(const HttpRequest& request) {
  Json json = Json::object();
  if (request.method == "GET" || request.method == "HEAD") {
    TRY(json, QueryJson(request.target));
  } else if (!request.body.empty()) {
    TRY(json, request.JsonBody());
    if (!json.is_object()) return InvalidArgument("the body must be a JSON object");
  }
  for (const auto& [name, value] : request.parameters) json[name] = value;
  return json;
}

Route RouteOf(Platform& platform, const MlflowEndpoint& endpoint) {
  Route route;
  route.method = endpoint.method;
  route.pattern = fmt::format("{}{}", kRoot, endpoint.path);
  route.access = endpoint.writes ? Access::kWrite : Access::kRead;
  route.summary = fmt::format("MLflow: {}", endpoint.summary);
  route.largest_body = uint64_t{64} << 20;
  route.answer = [&platform, &endpoint](HttpRequest& request) -> Result<HttpResponse> {
    if (request.body.size() > endpoint.largest_body)
      return Answer(InvalidArgument(
          fmt::format("Batched logging API requests must be at most {} bytes, got a request of size {}.",
                      endpoint.largest_body, request.body.size())));
    const auto json = RequestJson(request);
    if (!json) return Answer(json.error());
    return Answer(endpoint.answer({platform.tracking(), *json, request.principal.name}));
  };
  return route;
}

class ArtifactUpload final : public BodySink {
 public:
  ArtifactUpload(Platform& platform, std::string path, std::string who, BlobWriter writer)
      : platform_(platform), path_(std::move(path)), who_(std::move(who)), writer_(std::move(writer)) {}
  Status Write(std::span<const std::byte> bytes) override { return writer_.Write(bytes); }
  Result<HttpResponse> Finish(const HttpRequest&) override {
    TRY(const BlobInfo blob, writer_.Commit());
    if (const Status put = platform_.tracking().artifacts.Put(path_, blob, who_); !put)
      return Answer(put.error());
    return Answer(Json::object());
  }

 private:
  Platform& platform_;
  std::string path_, who_;
  BlobWriter writer_;
};

// Takes a body that goes nowhere, so that the client, which sends before it listens, reads why.
class RefusedUpload final : public BodySink {
 public:
  explicit RefusedUpload(Error error) : error_(std::move(error)) {}
  Status Write(std::span<const std::byte>) override { return {}; }
  Result<HttpResponse> Finish(const HttpRequest&) override { return Answer(error_); }

 private:
  Error error_;
};

void AddArtifactRoutes(Platform& platform, std::vector<Route>& routes) {
  const std::string pattern = fmt::format("{}/mlflow-artifacts/artifacts/{{path...}}", kRoot);
  Route get;
  get.method = "GET";
  get.pattern = pattern;
  get.access = Access::kRead;
  get.summary = "MLflow: an artifact's bytes; ranges are served.";
  get.answer = [&platform](HttpRequest& request) -> Result<HttpResponse> {
    const auto file = platform.tracking().artifacts.Get(request.Parameter("path"));
    if (!file) return Answer(file.error());
    const auto mapped = platform.store().Open(file->sha256);
    if (!mapped) return Answer(mapped.error());
    HttpResponse response;
    response.type = "application/octet-stream";
    response.shared = {*mapped, (*mapped)->bytes()};
    response.accept_ranges = true;
    response.headers.emplace_back("ETag", fmt::format("\"{}\"", file->sha256.Hex()));
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    response.headers.emplace_back("Content-Disposition", "attachment");
    return response;
  };
  Route put;
  put.method = "PUT";
  put.pattern = pattern;
  put.access = Access::kWrite;
  put.summary = "MLflow: puts an artifact.";
  put.kind = Route::Kind::kStreamed;
  put.largest_body = kLargestArtifact;
  put.open = [&platform](const HttpRequest& request) -> Result<std::unique_ptr<BodySink>> {
    std::string path(request.Parameter("path"));
    if (const Status fits = platform.tracking().artifacts.CheckNew(path); !fits)
      return std::make_unique<RefusedUpload>(fits.error());
    TRY(BlobWriter writer, platform.store().NewWriter());
    return std::make_unique<ArtifactUpload>(platform, std::move(path), request.principal.name,
                                            std::move(writer));
  };
  Route remove;
  remove.method = "DELETE";
  remove.pattern = pattern;
  remove.access = Access::kWrite;
  remove.summary = "MLflow: removes an artifact, or a folder of them.";
  remove.answer = [&platform](HttpRequest& request) -> Result<HttpResponse> {
    std::string_view path = request.Parameter("path");
    while (path.ends_with('/')) path.remove_suffix(1);
    const Status done = platform.tracking().artifacts.Delete(path, request.principal.name);
    if (!done) return Answer(done.error());
    return Answer(Json::object());
  };
  for (Route* route : {&get, &put, &remove}) routes.push_back(std::move(*route));
}

// Clients that try what is not here ask for this code, and do without.
void AddUnknown(std::vector<Route>& routes) {
  for (const std::string_view root : {"/api/2.0/mlflow", "/api/3.0/mlflow"}) {
    for (const std::string_view method : {"GET", "POST", "PATCH", "PUT", "DELETE"}) {
      Route route;
      route.method = method;
      route.pattern = fmt::format("{}/{{rest...}}", root);
      route.summary = "MLflow: what is not here.";
      route.answer = [](HttpRequest& request) -> Result<HttpResponse> {
        return JsonResponse({{"error_code", "ENDPOINT_NOT_FOUND"},
                             {"message", fmt::format("there is no endpoint {} here", request.path)}},
                            404);
      };
      routes.push_back(std::move(route));
    }
  }
}

}  // namespace

std::vector<Route> MlflowRoutes(Platform& platform) {
  std::vector<Route> routes;
  for (const auto endpoints :
       {MlflowExperimentEndpoints(), MlflowRunEndpoints(), MlflowLoggedModelEndpoints(),
        MlflowRegistryEndpoints(), MlflowArtifactEndpoints()}) {
    for (const MlflowEndpoint& endpoint : endpoints) routes.push_back(RouteOf(platform, endpoint));
  }
  AddArtifactRoutes(platform, routes);
  AddUnknown(routes);
  return routes;
}

}  // namespace sinter
