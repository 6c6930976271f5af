#include "server/cli/context.h"

#include <chrono>
#include <cstdlib>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/cli/home_holder.h"
#include "server/cli/server_instance.h"

namespace sinter {
namespace {

constexpr std::chrono::milliseconds kPause(50);
constexpr std::chrono::seconds kServerGrace(1);

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string FirstLine(const Path& path) {
  auto text = ReadFile(path, 4096);
  if (!text) return "";
  return text->substr(0, text->find('\n'));
}

}  // namespace

CliContext::CliContext() : server(Variable("SINTER_SERVER")) {
  const std::string folder = Variable("SINTER_HOME");
  home = folder.empty() ? Path(Variable("HOME").empty() ? "." : Variable("HOME")) / ".sinter" : Path(folder);
}
CliContext::~CliContext() = default;

// Null where no server is named and none has the home open.
Result<ApiClient*> CliContext::FindServer() {
  if (client_ != nullptr) return client_.get();
  std::string token = Variable("SINTER_TOKEN");
  if (token.empty()) token = FirstLine(home / "token");
  if (!server.empty()) {
    TRY(client_, ApiClient::Create(server, token));
    return client_.get();
  }
  if (const std::string address = FirstLine(home / kAddressFile); !address.empty()) {
    TRY(auto client, ApiClient::Create(address, token));
    if (client->Get("/server")) {
      client_ = std::move(client);
      return client_.get();
    }
  }
  return nullptr;
}

Result<ApiClient*> CliContext::Client() {
  TRY(ApiClient * found, FindServer());
  if (found != nullptr) return found;
  std::error_code ignored;
  const bool is_new = !std::filesystem::exists(home, ignored);
  // A home that is open elsewhere: a server is starting, which is then spoken with, or a command comes to its
  // end.
  const auto deadline = std::chrono::steady_clock::now() + kHomePatience;
  std::optional<Error> failed;
  const auto pause = [&] {
    std::this_thread::sleep_for(kPause);
    auto other = FindServer();
    if (!other) failed = other.error();
    return other && *other == nullptr && std::chrono::steady_clock::now() < deadline;
  };
  auto started = StartWhenFree({.home = home, .records = Variable("SINTER_RECORDS")}, pause);
  if (failed) return *failed;
  if (client_ != nullptr) return client_.get();
  if (!started) {
    Error error = std::move(started).error();
    const std::string place = fmt::format("home {}", home.string());
    return error.message.starts_with(place) ? error : std::move(error).In(place);
  }
  own_server_ = *std::move(started);
  if (is_new) fmt::print(stderr, "home {} is new and empty\n", home.string());
  TRY(client_, ApiClient::Create(own_server_->origin(), own_server_->token()));
  return client_.get();
}

Result<ApiClient*> CliContext::RunningServer() {
  TRY(ApiClient * found, FindServer());
  // One that was started a moment ago may not have come to its home yet.
  const auto begin = std::chrono::steady_clock::now();
  while (found == nullptr) {
    const auto waited = std::chrono::steady_clock::now() - begin;
    if (waited > (FindHomeHolder(home).Serves() ? kHomePatience : kServerGrace)) break;
    std::this_thread::sleep_for(kPause);
    TRY(found, FindServer());
  }
  if (found != nullptr) return found;
  return Error{ErrorCode::kUnavailable, fmt::format("no server runs on the home {}", home.string()),
               "start one: sinter serve"};
}

void AddJsonOption(CLI::App& command, CliContext& context) {
  command.add_flag("--json", context.json, "Results as JSON");
}

void AddPlatformOptions(CLI::App& command, CliContext& context) {
  AddJsonOption(command, context);
  command.add_option("--server", context.server, "The server's address, http://HOST:PORT (or SINTER_SERVER)");
  command.add_option("--home", context.home, "The home to use where no server is named (or SINTER_HOME)");
}

CLI::App* AddVerb(CLI::App& noun, CliContext& context, const char* word, const char* help,
                  std::function<Status(ApiClient&)> act) {
  CLI::App* command = noun.add_subcommand(word, help);
  AddPlatformOptions(*command, context);
  command->callback([&context, act = std::move(act)] {
    context.action = [&context, act]() -> Status {
      TRY(ApiClient * client, context.Client());
      return act(*client);
    };
  });
  return command;
}

}  // namespace sinter
