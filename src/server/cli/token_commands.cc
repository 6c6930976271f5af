#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "server/cli/context.h"
#include "server/cli/duration.h"
#include "server/cli/pages.h"

namespace sinter {

namespace {

std::string Expiry(const Json& token) {
  const int64_t at = token.value("expires_ms", int64_t{0});
  if (at == 0) return "";
  return fmt::format("{} {}", token.value("expired", false) ? "expired" : "until", FormatUtc(at));
}

}  // namespace

void AddTokenCommands(CLI::App& app, CliContext& context) {
  CLI::App* token = app.add_subcommand("token", "Who may do what");
  token->require_subcommand(1);
  static std::string name, scope = "read", expires;
  CLI::App* create = token->add_subcommand("create", "Makes a token; its text is shown once");
  create->add_option("name", name, "What it is called")->required();
  create->add_option("--scope", scope, "read, write or admin")->capture_default_str();
  create->add_option("--expires", expires, "After how long it is refused: 12h, 30d; never when left out");
  AddPlatformOptions(*create, context);
  create->callback([&context] {
    context.action = [&context]() -> Status {
      Json body = {{"name", name}, {"scope", scope}};
      if (!expires.empty()) {
        TRY(const auto span, ParseDuration(expires));
        if (span.count() == 0) return InvalidArgument("--expires 0 would make a token of no use");
        body["expires_s"] = span.count();
      }
      TRY(ApiClient * client, context.Client());
      TRY(const Json made, client->Post("/tokens", body));
      if (context.json)
        fmt::print("{}\n", made.dump());
      else
        fmt::print("{}\n", made["token"].get<std::string>());
      return {};
    };
  });
  CLI::App* list = token->add_subcommand("list", "Names and scopes");
  AddPlatformOptions(*list, context);
  list->callback([&context] {
    context.action = [&context]() -> Status {
      TRY(ApiClient * client, context.Client());
      TRY(const Json tokens, GetAllPages(*client, "/tokens"));
      if (context.json) {
        fmt::print("{}\n", tokens.dump());
        return {};
      }
      for (const Json& item : tokens["items"])
        fmt::print("{:<24} {:<8} {}\n", item.value("name", ""), item.value("scope", ""), Expiry(item));
      return {};
    };
  });
  CLI::App* revoke = token->add_subcommand("revoke", "Ends a token");
  revoke->add_option("name", name, "Its name")->required();
  AddPlatformOptions(*revoke, context);
  revoke->callback([&context] {
    context.action = [&context]() -> Status {
      TRY(ApiClient * client, context.Client());
      TRY_STATUS(client->Delete("/tokens/" + EscapeSegment(name)));
      return {};
    };
  });
}

}  // namespace sinter
