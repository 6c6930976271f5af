#include "server/cli/server_instance.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/log.h"
#include "platform/labels/labellings.h"
#include "server/api/case_files.h"
#include "server/api/case_loops.h"
#include "server/api/console_routes.h"
#include "server/api/inference_api.h"
#include "server/api/metrics_api.h"
#include "server/api/page_routes.h"
#include "server/api/routes.h"
#include "server/api/service_api.h"
#include "server/api/upkeep.h"
#include "server/api/usual_learner.h"
#include "server/http/guard.h"
#include "server/http/server.h"

namespace sinter {

namespace {

void WriteAccess(Log& log, const AccessEntry& entry) {
  LogLine line;
  line.Time("time", Clock::Real().UnixMillis())
      .Text("peer", entry.peer)
      .Text("method", entry.method)
      .Text("target", entry.target)
      .Number("status", entry.status)
      .Number("bytes_in", static_cast<int64_t>(entry.bytes_in))
      .Number("bytes_out", static_cast<int64_t>(entry.bytes_out))
      .Number("took_us", entry.took.count() / 1000);
  if (!entry.principal.empty()) line.Text("token", entry.principal);
  log.Write(line.Finish());
}

}  // namespace

struct ServerInstance::Impl {
  std::unique_ptr<Platform> platform;
  std::unique_ptr<CaseSaver> case_saver;
  std::unique_ptr<UsualLearner> usual_learner;
  std::unique_ptr<CaseLoopDriver> case_loops;
  std::unique_ptr<ConsoleSessions> sessions;
  std::unique_ptr<Log> access_log;
  std::shared_ptr<HttpTraffic> traffic;
  std::unique_ptr<HttpServer> server;  // after the platform, which its routes use
  std::string token;
  Path address_file;
};

Result<std::unique_ptr<ServerInstance>> ServerInstance::Start(const ServeOptions& options) {
  auto impl = std::make_unique<Impl>();
  TRY(impl->platform, Platform::Open(options.home, HomeOptions{options.records}));
  TRY(impl->token, impl->platform->LocalToken());
  Platform& platform = *impl->platform;
  impl->sessions = std::make_unique<ConsoleSessions>(platform.records());
  ConsoleSessions* sessions = impl->sessions.get();
  const auto session = [sessions](const HttpRequest& request) {
    return SessionPrincipal(*sessions, request);
  };
  if (!options.access_log.empty()) {
    LogOptions access;
    if (options.access_log != "-") {
      access.file = options.access_log;
      TRY_STATUS(MakeFolders(access.file.has_parent_path() ? access.file.parent_path() : Path(".")));
    }
    TRY(impl->access_log, Log::Open(access));
  }
  TRY_STATUS(platform.services().Start());
  TRY_STATUS(AdoptCases(platform));
  const bool loopback = IsLoopbackAddress(options.address);
  std::vector<Route> routes = PlatformRoutes(platform);
  auto add = [&](std::vector<Route> more) {
    for (Route& route : more) routes.push_back(std::move(route));
  };
  add(ServiceRoutes(platform, loopback));
  add(InferenceRoutes(platform.services(), platform.tokens(), loopback, session));
  add(ConsoleRoutes(platform, *sessions, loopback));
  add(PageRoutes());
  const auto traffic = std::make_shared<HttpTraffic>();
  impl->traffic = traffic;
  Log* log = impl->access_log.get();
  const auto dropped = [log] { return log == nullptr ? uint64_t{0} : log->dropped(); };
  routes.push_back(MetricsRoute(platform, traffic, dropped, loopback ? Access::kOpen : Access::kRead));
  const std::string document = OpenApi(routes).dump(2);
  Route openapi;
  openapi.method = "GET";
  openapi.pattern = "/sinter/v1/openapi.json";
  openapi.summary = "This document.";
  openapi.kind = Route::Kind::kInline;
  openapi.answer = [document](HttpRequest&) { return TextResponse(document, "application/json"); };
  routes.push_back(std::move(openapi));
  traffic->Describe(routes);
  TRY(Router router, Router::Create(std::move(routes)));
  HttpServerOptions http;
  http.address = options.address;
  http.port = options.port;
  http.io_threads = options.io_threads;
  http.authenticate = [&platform](std::string_view token) { return PrincipalOf(platform, token); };
  http.session = session;
  http.on_access = [traffic = traffic.get(), log = impl->access_log.get()](const AccessEntry& entry) {
    traffic->Note(entry);
    if (log != nullptr) WriteAccess(*log, entry);
  };
  TRY(impl->server, HttpServer::Start(std::move(router), std::move(http)));
  impl->address_file = options.home / kAddressFile;
  TRY_STATUS(WriteFileAtomically(impl->address_file, impl->server->Origin() + "\n"));
  if (options.runs_jobs) {
    TRY_STATUS(platform.labellings().Start());
    impl->case_saver = std::make_unique<CaseSaver>(platform);
    impl->usual_learner = std::make_unique<UsualLearner>(platform);
    TRY_STATUS(platform.StartJobs(impl->server->Origin()));
    impl->case_loops = std::make_unique<CaseLoopDriver>(platform);
  }
  if (options.collects_every.count() > 0) platform.upkeep().CollectEvery(options.collects_every);
  return std::unique_ptr<ServerInstance>(new ServerInstance(std::move(impl)));
}

ServerInstance::ServerInstance(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ServerInstance::~ServerInstance() { Stop(std::chrono::milliseconds(1000)); }
std::string ServerInstance::origin() const { return impl_->server->Origin(); }
const std::string& ServerInstance::token() const { return impl_->token; }

Result<std::string> ServerInstance::ConsoleLink() {
  TRY(const SignInLink link, impl_->sessions->MakeLink("local", {TokenScope::Level::kAdmin, "", 0}));
  return origin() + SignInPath(link);
}

void ServerInstance::Stop(std::chrono::milliseconds patience) {
  if (impl_->server == nullptr) return;
  std::error_code ignored;
  std::filesystem::remove(impl_->address_file, ignored);
  impl_->platform->changes().Stop();           // long polls are answered now, not waited for
  impl_->platform->services().StopLearning();  // nor is a golden set that is being asked
  impl_->server->Stop(patience);
  impl_->platform->upkeep().Stop();
  impl_->case_loops.reset();
  impl_->usual_learner.reset();
  impl_->platform->labellings().Stop();
  impl_->case_saver.reset();
  impl_->platform->StopJobs();
  impl_->platform->services().Stop();
  impl_->server.reset();
}

}  // namespace sinter
