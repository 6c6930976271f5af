#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/cli/context.h"
#include "server/cli/output.h"

namespace sinter {
namespace {

std::string name, model;

void PrintTable(const Json& services) {
  std::vector<std::vector<std::string>> rows{{"NAME", "STATE", "REVISION", "MODEL"}};
  for (const Json& item : services)
    rows.push_back({TextOf(item, "name"), item.value("ready", false) ? "ready" : TextOf(item, "problem"),
                    TextOf(item["current"], "revision"), TextOf(item["current"], "model")});
  fmt::print("{}", Table(rows));
}

}  // namespace

void AddServiceCommands(CLI::App& app, CliContext& context) {
  CLI::App* service = app.add_subcommand("service", "Models that answer requests");
  service->require_subcommand(1);
  // A verb on one service, which says what it then is: in a row, or (show) in whole.
  auto change = [&](const char* verb, const char* help, bool takes_model, auto ask) {
    CLI::App* command = service->add_subcommand(verb, help);
    const bool whole = std::string_view(verb) == "show";
    command->add_option("name", name, "The service")->required();
    if (takes_model) command->add_option("model", model, "NAME or NAME@VERSION")->required();
    AddPlatformOptions(*command, context);
    command->callback([&context, ask, whole] {
      context.action = [&context, ask, whole]() -> Status {
        TRY(ApiClient * client, context.Client());
        TRY(const Json answer, ask(*client));
        if (context.json)
          fmt::print("{}\n", answer.dump());
        else if (whole)
          fmt::print("{}\n", answer.dump(2));
        else if (answer.contains("name"))  // an ended service is nothing any more
          PrintTable(Json::array({answer}));
        return {};
      };
    });
  };
  change("deploy", "Loads a model and answers with it", true,
         [](ApiClient& client) { return client.Post("/services", {{"name", name}, {"model", model}}); });
  change("rollout", "Replaces the model without losing a request", true, [](ApiClient& client) {
    return client.Post("/services/" + EscapeSegment(name) + "/rollout", {{"model", model}});
  });
  change("rollback", "The revision before answers again, at once", false, [](ApiClient& client) {
    return client.Post("/services/" + EscapeSegment(name) + "/rollback", Json::object());
  });
  change("show", "What a service is, takes and gives", false,
         [](ApiClient& client) { return client.Get("/services/" + EscapeSegment(name)); });
  change("delete", "Ends a service", false,
         [](ApiClient& client) { return client.Delete("/services/" + EscapeSegment(name)); });
  CLI::App* list = service->add_subcommand("list", "The services");
  AddPlatformOptions(*list, context);
  list->callback([&context] {
    context.action = [&context]() -> Status {
      TRY(ApiClient * client, context.Client());
      TRY(const Json all, client->Get("/services"));
      if (context.json) {
        fmt::print("{}\n", all.dump());
        return {};
      }
      PrintTable(all["items"]);
      return {};
    };
  });
}

}  // namespace sinter
