// Blobs: bytes by their sha256. Those who feed a run read and write them by the run's token.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

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

// 0 where it is not said.
uint64_t AnnouncedBytes(const HttpRequest& request) {
  const std::string_view text = request.Header("content-length");
  uint64_t bytes = 0;
  std::from_chars(text.data(), text.data() + text.size(), bytes);
  return bytes;
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

class PieceUpload final : public BodySink {
 public:
  explicit PieceUpload(PartialPiece piece) : piece_(std::move(piece)) {}
  Status Write(std::span<const std::byte> bytes) override { return piece_.Write(bytes); }
  Result<HttpResponse> Finish(const HttpRequest&) override {
    TRY(const auto whole, piece_.Finish());
    return JsonResponse({{"received", piece_.received()}, {"done", whole.has_value()}}, whole ? 201 : 200);
  }

 private:
  PartialPiece piece_;
};

constexpr size_t kMostAsked = 10'000;

Result<Json> Missing(Platform& platform, const Json& body, std::string_view who) {
  JsonReader reader(body, "blobs");
  const std::vector<std::string> asked = reader.Strings("sha256");
  const std::vector<int64_t> sizes = reader.Ints("sizes");
  const std::string name = reader.String("for", "");
  if (asked.size() > kMostAsked) reader.Fail("sha256", "must be 10,000 at most");
  if (!sizes.empty() && sizes.size() != asked.size()) reader.Fail("sizes", "must be one for each sha256");
  TRY_STATUS(reader.Finish());
  Json missing = Json::array();
  uint64_t bytes = 0, to_come = 0;
  for (size_t i = 0; i < asked.size(); ++i) {
    const auto digest = ParseSha256(asked[i]);
    if (!digest) return InvalidArgument(fmt::format("'{}' is no sha256", asked[i].substr(0, 100)));
    if (platform.store().Use(*digest)) continue;
    missing.push_back(asked[i]);
    if (sizes.empty()) continue;
    const auto size = static_cast<uint64_t>(std::clamp<int64_t>(sizes[i], 0, int64_t{1} << 42));
    bytes += size;
    to_come += size - std::min(size, platform.partial_blobs().Received(*digest, who));
  }
  // Before a byte is sent, rather than when all are here.
  if (bytes > 0) TRY_STATUS(platform.quotas().AdmitBytes(name, bytes));
  if (to_come > 0) TRY_STATUS(platform.quotas().AdmitOnDisk(to_come));
  return Json{{"missing", std::move(missing)}};
}

// What is lacking, asked at once, and large blobs in pieces that outlive a broken connection.
std::vector<Route> PiecesUnder(Platform& platform, const std::string& root, Access write) {
  std::vector<Route> routes;
  routes.push_back(JsonRoute("POST", root + "/missing", write, "Which of these blobs are not here.",
                             [&platform](HttpRequest& request) -> Result<Json> {
                               TRY_STATUS(CheckRun(platform, request));
                               TRY(const Json body, request.JsonBody());
                               return Missing(platform, body, request.principal.name);
                             }));
  routes.push_back(JsonRoute(
      "GET", root + "/{sha256}/pieces", write, "How much of a blob has come.",
      [&platform](HttpRequest& request) -> Result<Json> {
        TRY_STATUS(CheckRun(platform, request));
        TRY(const Sha256Digest digest, DigestOf(request));
        return Json{{"received", platform.partial_blobs().Received(digest, request.principal.name)}};
      }));
  Route put;
  put.method = "PUT";
  put.pattern = root + "/{sha256}/pieces";
  put.access = write;
  put.summary = "The next piece of a blob of ?size= bytes, from ?offset= on; the last one completes it.";
  put.kind = Route::Kind::kStreamed;
  put.largest_body = uint64_t{1} << 30;
  put.open = [&platform](const HttpRequest& request) -> Result<std::unique_ptr<BodySink>> {
    TRY_STATUS(CheckRun(platform, request));
    TRY(const Sha256Digest digest, DigestOf(request));
    TRY(const int64_t size, request.QueryInt("size", -1, 0, int64_t{1} << 42));
    TRY(const int64_t offset, request.QueryInt("offset", -1, 0, int64_t{1} << 42));
    if (size < 0 || offset < 0) return InvalidArgument("a piece needs ?size= and ?offset=");
    TRY_STATUS(platform.quotas().AdmitOnDisk(AnnouncedBytes(request)));
    TRY(PartialPiece piece,
        platform.partial_blobs().Append({digest, static_cast<uint64_t>(size)}, request.principal.name,
                                        static_cast<uint64_t>(offset)));
    return std::make_unique<PieceUpload>(std::move(piece));
  };
  routes.push_back(std::move(put));
  return routes;
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
    // Whoever asks whether it is there, to leave it out of what is sent, relies on the answer.
    TRY_STATUS(platform.store().Use(digest));
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
    TRY_STATUS(platform.quotas().AdmitOnDisk(AnnouncedBytes(request)));
    TRY(BlobWriter writer, platform.store().NewWriter());
    return std::make_unique<BlobUpload>(std::move(writer), digest);
  };
  std::vector<Route> routes;
  routes.push_back(std::move(get));
  routes.push_back(std::move(put));
  for (Route& route : PiecesUnder(platform, root, write)) routes.push_back(std::move(route));
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
