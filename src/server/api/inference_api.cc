#include "server/api/inference_api.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/api/oip/oip.h"
#include "server/http/guard.h"

namespace sinter {
namespace {

constexpr uint64_t kLargestBody = uint64_t{64} << 20;
constexpr std::string_view kHeaderLength = "inference-header-content-length";

HttpResponse OipError(const Error& error) {
  HttpResponse response;
  const bool busy = error.code == ErrorCode::kResourceExhausted || error.code == ErrorCode::kUnavailable;
  response.status = busy ? 503 : HttpStatusOf(error.code);
  if (busy) response.headers.emplace_back("Retry-After", "1");
  if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  response.body = OipErrorText(error);
  return response;
}

Json SpecsJson(const std::vector<TensorSpec>& specs) {
  Json list = Json::array();
  for (const TensorSpec& spec : specs) {
    Json shape = Json::array();
    for (const Dim& dim : spec.shape) shape.push_back(dim.Constant().value_or(-1));
    list.push_back({{"name", spec.name}, {"datatype", OipDatatype(spec.dtype)}, {"shape", std::move(shape)}});
  }
  return list;
}

class Inference {
 public:
  Inference(Services& services, Tokens& tokens, bool loopback, SessionCheck session)
      : services_(services), tokens_(tokens), loopback_(loopback), session_(std::move(session)) {}

  // The service asked for, if who asks may.
  Result<std::shared_ptr<Service>> Find(const HttpRequest& request) const {
    const std::string_view name = request.Parameter("name");
    auto service = services_.Find(name);
    // On loopback anybody may learn that there is no such service; elsewhere nobody without a token.
    if (!loopback_ || (service != nullptr && !services_.IsOpen(name))) TRY_STATUS(CheckToken(request));
    if (service == nullptr)
      return NotFound(fmt::format("there is no service '{}'", name.substr(0, 80)),
                      "POST /v2/repository/index lists them");
    return service;
  }

  Status CheckToken(const HttpRequest& request) const {
    const std::string_view token = BearerToken(request.Header("authorization"));
    if (token.empty() && session_ && !request.Header("cookie").empty()) {
      TRY(const Principal principal, session_(request));
      return CheckAccess(principal, Access::kRead);
    }
    if (token.empty()) {
      return Error{ErrorCode::kUnauthenticated, "this needs a token",
                   "send 'Authorization: Bearer TOKEN'; sinter token create makes one"};
    }
    TRY(const TokenInfo info, tokens_.Check(token));
    if (info.scope.Allows(TokenScope::Level::kRead)) return {};
    return Error{ErrorCode::kPermissionDenied, "the token may not read", ""};
  }

  Result<HttpResponse> Metadata(const HttpRequest& request) const {
    TRY(const auto service, Find(request));
    const auto info = service->Info(request.Parameter("version"));
    if (info == nullptr) return NoRevision(*service, request);
    Json versions = Json::array({info->name});
    if (const auto previous = service->PreviousInfo(); previous && previous->name != info->name)
      versions.push_back(previous->name);
    return JsonResponse({{"name", service->name()},
                         {"versions", std::move(versions)},
                         {"platform", "sinter"},
                         {"inputs", SpecsJson(info->interface.inputs)},
                         {"outputs", SpecsJson(info->interface.outputs)}});
  }

  Result<HttpResponse> Ready(const HttpRequest& request) const {
    TRY(const auto service, Find(request));
    const auto info = service->Info(request.Parameter("version"));
    if (info == nullptr) return NoRevision(*service, request);
    return JsonResponse({{"name", service->name()}, {"ready", true}});
  }

  Result<HttpResponse> ServerReady() const {
    const bool ready = services_.ready();
    return JsonResponse({{"ready", ready}}, ready ? 200 : 503);
  }

  Result<HttpResponse> Index(const HttpRequest& request) const {
    if (!loopback_) TRY_STATUS(CheckToken(request));
    Json list = Json::array();
    for (const ServiceStats& stats : services_.Stats()) {
      list.push_back({{"name", stats.service},
                      {"version", stats.current},
                      {"state", stats.ready ? "READY" : "UNAVAILABLE"},
                      {"reason", ""}});
    }
    return JsonResponse(list);
  }

  void Infer(HttpRequest&& request, Responder responder) const {
    auto prepared = Prepare(request);
    if (!prepared) return responder.Send(OipError(prepared.error()));
    ServiceRequest asked;
    asked.inputs = std::move(prepared->oip.inputs);
    asked.revision = std::string(request.Parameter("version"));
    for (const OipOutput& output : prepared->oip.outputs) asked.outputs.push_back(output.name);
    Service& service = *prepared->service;
    if (service.watches() && !prepared->oip.id.empty()) {
      asked.key = RequestKey(prepared->oip.id);
      asked.id = prepared->oip.id;
    }
    service.Infer(std::move(asked), [responder = std::move(responder),
                                     prepared = *std::move(prepared)](Result<BatchAnswer> answer) mutable {
      SendTogether(std::move(responder), answer ? Encode(prepared, *answer) : OipError(answer.error()),
                   answer && answer->more_follow);
    });
  }

 private:
  // The answers of one run leave together with its last.
  static void SendTogether(Responder responder, HttpResponse response, bool more_follow) {
    thread_local std::vector<std::pair<Responder, HttpResponse>> waiting;
    waiting.emplace_back(std::move(responder), std::move(response));
    if (more_follow) return;
    const ResponseBatch batch;
    for (auto& [to, what] : waiting) to.Send(std::move(what));
    waiting.clear();
  }

  struct Prepared {
    std::shared_ptr<Service> service;
    OipRequest oip;
  };

  static Error NoRevision(const Service& service, const HttpRequest& request) {
    const std::string_view version = request.Parameter("version");
    if (version.empty())
      return {ErrorCode::kUnavailable, fmt::format("service {} is not ready", service.name()),
              fmt::format("look at: sinter service show {}", service.name())};
    return NotFound(
        fmt::format("service {} has no revision {} loaded", service.name(), version.substr(0, 40)),
        "the current revision and the one before it are");
  }

  Result<Prepared> Prepare(const HttpRequest& request) const {
    TRY(auto service, Find(request));
    std::optional<size_t> json_bytes;
    if (const std::string_view text = request.Header(kHeaderLength); !text.empty()) {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), json_bytes.emplace());
      if (error != std::errc() || end != text.data() + text.size())
        return InvalidArgument(fmt::format(
            "Inference-Header-Content-Length is '{}'; a number of bytes is needed", text.substr(0, 40)));
    }
    if (!request.Header("content-encoding").empty())
      return Unsupported("compressed requests are not offered", "send the body as it is");
    TRY(OipRequest oip, ParseOipRequest(std::as_bytes(std::span(request.body)), json_bytes));
    return Prepared{std::move(service), std::move(oip)};
  }

  static HttpResponse Encode(const Prepared& asked, const BatchAnswer& got) {
    const ModelInterface& model = got.revision->interface;
    OipAnswer answer{asked.service->name(), got.revision->name, asked.oip.id, {}};
    if (asked.oip.outputs.empty()) {
      for (size_t i = 0; i < got.outputs.size(); ++i)
        answer.outputs.push_back({model.outputs[i].name, &got.outputs[i], asked.oip.binary_outputs});
    }
    for (const OipOutput& output : asked.oip.outputs) {
      const auto i = static_cast<size_t>(model.FindOutput(output.name));
      answer.outputs.push_back({model.outputs[i].name, &got.outputs[i], output.binary});
    }
    OipEncoded encoded = EncodeOipAnswer(answer);
    HttpResponse response;
    response.body = std::move(encoded.body);
    if (encoded.json_bytes > 0) {
      response.type = "application/octet-stream";
      response.headers.emplace_back("Inference-Header-Content-Length", fmt::format("{}", encoded.json_bytes));
    }
    return response;
  }

  Services& services_;
  Tokens& tokens_;
  const bool loopback_;
  const SessionCheck session_;
};

// Clients of the protocol expect its form of errors wherever it begins.
Result<HttpResponse> Absent(const HttpRequest& request) {
  const std::string_view path = std::string_view(request.path).substr(0, 300);
  if (request.method == "GET" && path.ends_with("/infer")) {
    HttpResponse response = OipError(InvalidArgument("GET is not offered here", "POST"));
    response.status = 405;
    response.headers.emplace_back("Allow", "POST");
    return response;
  }
  const bool described = path.ends_with("/config") || path.ends_with("/stats");
  return NotFound(
      fmt::format("there is nothing to {} at {}", request.method, path),
      described && path.starts_with("/v2/models/")
          ? "GET /v2/models/NAME says what a model takes and gives, GET /metrics what it was asked"
          : "");
}

}  // namespace

std::vector<Route> InferenceRoutes(Services& services, Tokens& tokens, bool loopback, SessionCheck session) {
  const auto inference = std::make_shared<const Inference>(services, tokens, loopback, std::move(session));
  std::vector<Route> routes;
  auto inline_route = [&](std::string_view method, std::string_view pattern, std::string_view summary,
                          auto answer) {
    routes.push_back({.method = std::string(method),
                      .pattern = std::string(pattern),
                      .access = Access::kOpen,
                      .summary = std::string(summary),
                      .kind = Route::Kind::kInline,
                      .answer = [answer = std::move(answer)](HttpRequest& request) -> Result<HttpResponse> {
                        Result<HttpResponse> response = answer(request);
                        // The protocol's own form of errors, not the server's.
                        return response ? response : OipError(response.error());
                      }});
  };
  inline_route("GET", "/v2", "Open Inference Protocol: the server", [](HttpRequest&) {
    return JsonResponse({{"name", "sinter"},
                         {"version", "0.1.0"},
                         {"extensions", {"binary_tensor_data", "model_repository"}}});
  });
  inline_route("GET", "/v2/health/live", "Is the server alive?",
               [](HttpRequest&) { return JsonResponse({{"live", true}}); });
  inline_route("GET", "/v2/health/ready", "Are all services ready?",
               [inference](HttpRequest&) { return inference->ServerReady(); });
  inline_route("POST", "/v2/repository/index", "What is served",
               [inference](HttpRequest& r) { return inference->Index(r); });
  for (const std::string_view prefix : {"/v2/models/{name}", "/v2/models/{name}/versions/{version}"}) {
    inline_route("GET", prefix, "A service's inputs and outputs",
                 [inference](HttpRequest& r) { return inference->Metadata(r); });
    inline_route("GET", fmt::format("{}/ready", prefix), "Is the service ready?",
                 [inference](HttpRequest& r) { return inference->Ready(r); });
    routes.push_back({.method = "POST",
                      .pattern = fmt::format("{}/infer", prefix),
                      .access = Access::kOpen,
                      .summary = "Ask a service",
                      .kind = Route::Kind::kAsync,
                      .start =
                          [inference](HttpRequest&& request, Responder responder) {
                            inference->Infer(std::move(request), std::move(responder));
                          },
                      .largest_body = kLargestBody});
  }
  for (const std::string_view method : {"GET", "POST"}) {
    inline_route(method, "/v2/{rest...}", "Nothing: what else the protocol's clients know is not offered",
                 [](HttpRequest& request) { return Absent(request); });
  }
  return routes;
}

}  // namespace sinter
