#include "server/cli/server_instance.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/api/inference_api.h"
#include "server/api/routes.h"
#include "server/api/service_api.h"
#include "server/http/guard.h"
#include "server/http/server.h"

namespace sinter {

struct ServerInstance::Impl {
  std::unique_ptr<Platform> platform;
  std::unique_ptr<HttpServer> server;  // after the platform, which its routes use
  std::string token;
  Path address_file;
};

Result<std::unique_ptr<ServerInstance>> ServerInstance::Start(const ServeOptions& options) {
  auto impl = std::make_unique<Impl>();
  TRY(impl->platform, Platform::Open(options.home));
  TRY(impl->token, impl->platform->LocalToken());
  Platform& platform = *impl->platform;
  TRY_STATUS(platform.services().Start());
  const bool loopback = IsLoopbackAddress(options.address);
  std::vector<Route> routes = PlatformRoutes(platform);
  auto add = [&](std::vector<Route> more) {
    for (Route& route : more) routes.push_back(std::move(route));
  };
  add(ServiceRoutes(platform, loopback));
  add(InferenceRoutes(platform.services(), platform.tokens(), loopback));
  const std::string document = OpenApi(routes).dump(2);
  Route openapi;
  openapi.method = "GET";
  openapi.pattern = "/sinter/v1/openapi.json";
  openapi.summary = "This document.";
  openapi.kind = Route::Kind::kInline;
  openapi.answer = [document](HttpRequest&) { return TextResponse(document, "application/json"); };
  routes.push_back(std::move(openapi));
  TRY(Router router, Router::Create(std::move(routes)));
  HttpServerOptions http;
  http.address = options.address;
  http.port = options.port;
  http.io_threads = options.io_threads;
  http.authenticate = [&platform](std::string_view token) { return PrincipalOf(platform, token); };
  if (options.access_log) {
    http.on_access = [](const AccessEntry& entry) {
      fmt::print(stderr, "access peer={} method={} target={} status={} in={} out={} us={}\n", entry.peer,
                 entry.method, entry.target, entry.status, entry.bytes_in, entry.bytes_out,
                 entry.took.count() / 1000);
    };
  }
  TRY(impl->server, HttpServer::Start(std::move(router), std::move(http)));
  impl->address_file = options.home / kAddressFile;
  TRY_STATUS(WriteFileAtomically(impl->address_file, impl->server->Origin() + "\n"));
  return std::unique_ptr<ServerInstance>(new ServerInstance(std::move(impl)));
}

ServerInstance::ServerInstance(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ServerInstance::~ServerInstance() { Stop(std::chrono::milliseconds(1000)); }
std::string ServerInstance::origin() const { return impl_->server->Origin(); }
const std::string& ServerInstance::token() const { return impl_->token; }

void ServerInstance::Stop(std::chrono::milliseconds patience) {
  if (impl_->server == nullptr) return;
  std::error_code ignored;
  std::filesystem::remove(impl_->address_file, ignored);
  impl_->server->Stop(patience);
  impl_->platform->services().Stop();
  impl_->server.reset();
}

}  // namespace sinter
