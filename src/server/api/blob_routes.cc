// Blobs: bytes by their sha256. Those who feed a run read and write them by the run's token.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/api/blob_parts.h"
#include "server/api/routes.h"

namespace sinter {
namespace {

Result<Sha256Digest> DigestOf(const HttpRequest& request) {
  const std::string_view text = request.Parameter("sha256");
  const auto digest = ParseSha256(text);
  if (!digest)
    return InvalidArgument(
        fmt::format("'{}' is no sha256: 64 digits 0-9a-f are expected", text.substr(0, 100)));
  return *digest;
}

class BlobUpload final : public BodySink {
 public:
  BlobUpload(BlobWriter writer, const Sha256Digest& expected)
      : writer_(std::move(writer)), expected_(expected) {}
  Status Write(std::span<const std::byte> bytes) override { return writer_.Write(bytes); }
  Result<HttpResponse> Finish(const HttpRequest&) override {
    TRY(const BlobInfo info, writer_.Commit(expected_));
    return JsonResponse({{"sha256", info.digest.Hex()}, {"size", info.size}}, 201);
  }

 private:
  BlobWriter writer_;
  Sha256Digest expected_;
};

// A run's token serves its own run, as the current attempt.
Status CheckRun(Platform& platform, const HttpRequest& request) {
  const std::string_view run = request.Parameter("run");
  if (run.empty()) return {};
  if (request.principal.run != run)
    return Error{ErrorCode::kPermissionDenied, fmt::format("the token is not one of run {}", run), ""};
  return platform.runs().CheckAttempt(run, request.principal.attempt);
}

std::vector<Route> BlobsUnder(Platform& platform, const std::string& root, Access read, Access write) {
  Route get;
  get.method = "GET";
  get.pattern = root + "/{sha256}";
  get.access = read;
  get.summary = "A blob's bytes; ranges are served, HEAD tells the size.";
  get.answer = [&platform](HttpRequest& request) -> Result<HttpResponse> {
    TRY_STATUS(CheckRun(platform, request));
    TRY(const Sha256Digest digest, DigestOf(request));
    TRY(const auto mapped, platform.store().Open(digest));
    HttpResponse response;
    response.type = "application/octet-stream";
    response.shared = {mapped, mapped->bytes()};
    response.accept_ranges = true;
    response.headers.emplace_back("ETag", fmt::format("\"{}\"", digest.Hex()));
    return response;
  };
  Route put;
  put.method = "PUT";
  put.pattern = root + "/{sha256}";
  put.access = write;
  put.summary = "Puts a blob: its bytes are verified against its name.";
  put.kind = Route::Kind::kStreamed;
  put.largest_body = uint64_t{1} << 42;
  put.open = [&platform](const HttpRequest& request) -> Result<std::unique_ptr<BodySink>> {
    TRY_STATUS(CheckRun(platform, request));
    TRY(const Sha256Digest digest, DigestOf(request));
    TRY(BlobWriter writer, platform.store().NewWriter());
    return std::make_unique<BlobUpload>(std::move(writer), digest);
  };
  std::vector<Route> routes;
  routes.push_back(std::move(get));
  routes.push_back(std::move(put));
  routes.push_back(JsonRoute("POST", root + "/{sha256}/join", write,
                             "Makes a blob of parts that were put before, and takes the parts away.",
                             [&platform](HttpRequest& request) -> Result<Json> {
                               TRY_STATUS(CheckRun(platform, request));
                               TRY(const Sha256Digest digest, DigestOf(request));
                               TRY(const Json body, request.JsonBody());
                               TRY(const BlobInfo info, JoinBlobParts(platform.store(), digest, body));
                               return Json{{"sha256", info.digest.Hex()}, {"size", info.size}};
                             }));
  return routes;
}

}  // namespace

std::vector<Route> BlobRoutes(Platform& platform) {
  std::vector<Route> routes = BlobsUnder(platform, "/sinter/v1/blobs", Access::kRead, Access::kWrite);
  for (Route& route : BlobsUnder(platform, "/sinter/v1/runs/{run}/blobs", Access::kRun, Access::kRun))
    routes.push_back(std::move(route));
  return routes;
}

}  // namespace sinter
