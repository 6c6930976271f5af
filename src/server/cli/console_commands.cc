#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "server/cli/context.h"

namespace sinter {

void AddConsoleCommands(CLI::App& app, CliContext& context) {
  CLI::App* console = app.add_subcommand("console", "The page in the browser, and who may use it");
  console->require_subcommand(1);
  static std::string name, scope = "admin";
  CLI::App* link =
      console->add_subcommand("link", "A link that signs one browser in, once, within ten minutes");
  link->add_option("--name", name, "Who it is for; stands in the history (default: the token's name)");
  link->add_option("--scope", scope, "What they may do: read, write or admin")->capture_default_str();
  AddPlatformOptions(*link, context);
  link->callback([&context] {
    context.action = [&context]() -> Status {
      TRY(ApiClient * client, context.RunningServer());
      Json wanted = {{"scope", scope}};
      if (!name.empty()) wanted["name"] = name;
      TRY(Json made, client->Post("/console/links", wanted));
      const std::string url = client->origin() + made["path"].get<std::string>();
      if (context.json) {
        made["url"] = url;
        fmt::print("{}\n", made.dump());
      } else {
        fmt::print("{}\n", url);
      }
      return {};
    };
  });
  CLI::App* list = console->add_subcommand("list", "Who is signed in");
  AddPlatformOptions(*list, context);
  list->callback([&context] {
    context.action = [&context]() -> Status {
      TRY(ApiClient * client, context.Client());
      TRY(const Json sessions, client->Get("/console/sessions"));
      if (context.json) {
        fmt::print("{}\n", sessions.dump());
        return {};
      }
      for (const Json& item : sessions["items"])
        fmt::print("{:<24} {:<6} until {}\n", item.value("name", ""), item.value("scope", ""),
                   FormatUtc(item.value("expires_ms", int64_t{0})));
      return {};
    };
  });
  CLI::App* end = console->add_subcommand("end", "Signs everybody out");
  AddPlatformOptions(*end, context);
  end->callback([&context] {
    context.action = [&context]() -> Status {
      TRY(ApiClient * client, context.Client());
      TRY_STATUS(client->Delete("/console/sessions"));
      return {};
    };
  });
}

}  // namespace sinter
