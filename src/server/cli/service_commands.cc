#include <chrono>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/cli/context.h"
#include "server/cli/gates_options.h"
#include "server/cli/output.h"

namespace sinter {
namespace {

std::string name, model, reason;
bool wait_for_it = false;
GatesOptions gates_options;

std::string PathOf(std::string_view more = {}) {
  return fmt::format("/services/{}{}", EscapeSegment(name), more);
}

void PrintTable(const Json& services) {
  std::vector<std::vector<std::string>> rows{{"NAME", "STATE", "REVISION", "MODEL"}};
  for (const Json& item : services)
    rows.push_back({TextOf(item, "name"), item.value("ready", false) ? "ready" : TextOf(item, "problem"),
                    TextOf(item["current"], "revision"), TextOf(item["current"], "model")});
  fmt::print("{}", Table(rows));
}

std::string RolloutLine(const Json& rollout) {
  std::string line = fmt::format("rollout {} of {}: {}", TextOf(rollout, "name"),
                                 TextOf(rollout["to"], "model"), TextOf(rollout, "state"));
  if (TextOf(rollout, "state") == "canary") line += fmt::format(" {}%", TextOf(rollout, "share"));
  if (const std::string why = TextOf(rollout, "reason"); !why.empty()) line += " (" + why + ")";
  return line;
}

void Print(const CliContext& context, const Json& answer, bool whole) {
  if (context.json)
    fmt::print("{}\n", answer.dump());
  else if (whole)
    fmt::print("{}\n", answer.dump(2));
  else if (answer.contains("name"))  // an ended service is nothing any more
    PrintTable(Json::array({answer}));
}

// Until the rollout is over; what changes is said meanwhile.
Result<Json> Follow(ApiClient& client, const std::string& revision) {
  std::string said;
  while (true) {
    TRY(const Json rollout, client.Get(PathOf("/rollouts/" + EscapeSegment(revision))));
    const std::string state = TextOf(rollout, "state") + TextOf(rollout, "share");
    if (state != said) fmt::print(stderr, "{}\n", RolloutLine(rollout));
    said = state;
    if (rollout.value("over", false)) return rollout;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

bool RefusedByGates(const Json& rollout) {
  const std::string state = TextOf(rollout, "state");
  return state == "refused" || state == "rolled_back";
}

Status RollOut(CliContext& context, ApiClient& client) {
  auto begun = client.Post(PathOf("/rollout"), {{"model", model}});
  if (!begun && begun.error().code == ErrorCode::kConflict) {
    // Refused at once, or another one is under way: the latest rollout tells which.
    if (const auto latest = client.Get(PathOf("/rollout")); latest && RefusedByGates(*latest))
      context.failed_code = kExitRefused;
  }
  if (!begun) return std::move(begun).error();
  Json answer = *std::move(begun);
  const bool under_way = answer["rollout"].is_object();
  if (!under_way || !wait_for_it) {
    Print(context, answer, false);
    if (under_way && !context.json) fmt::print("{}\n", RolloutLine(answer["rollout"]));
    return {};
  }
  TRY(const Json over, Follow(client, TextOf(answer["rollout"]["to"], "revision")));
  const std::string state = TextOf(over, "state");
  if (state != "done") {
    if (RefusedByGates(over)) context.failed_code = kExitRefused;
    return Error{ErrorCode::kConflict,
                 fmt::format("the rollout of {} is {}: {}", TextOf(over["to"], "model"), state,
                             TextOf(over, "reason")),
                 "the revision that answered before goes on"};
  }
  TRY(answer, client.Get(PathOf()));
  Print(context, answer, false);
  return {};
}

Status ShowGates(const CliContext& context, ApiClient& client) {
  TRY(Json service, client.Get(PathOf()));
  if (gates_options.any()) {
    TRY(const Json gates, GatesWith(service["gates"], gates_options));
    TRY(service, client.Post(PathOf("/gates"), gates));
  }
  if (context.json)
    fmt::print("{}\n", service["gates"].dump());
  else
    fmt::print("{}", GatesText(service["gates"]));
  return {};
}

}  // namespace

void AddServiceCommands(CLI::App& app, CliContext& context) {
  CLI::App* service = app.add_subcommand("service", "Models that answer requests");
  service->require_subcommand(1);
  // A verb on one service. `act` does it with a client of the server.
  auto verb = [&](const char* word, const char* help, auto act) {
    CLI::App* command = service->add_subcommand(word, help);
    command->add_option("name", name, "The service")->required();
    AddPlatformOptions(*command, context);
    command->callback([&context, act] {
      context.action = [&context, act]() -> Status {
        TRY(ApiClient * client, context.Client());
        return act(*client);
      };
    });
    return command;
  };
  // ... whose answer is the service as it then is: in a row, or (show) in whole.
  auto change = [&](const char* word, const char* help, bool whole, auto ask) {
    return verb(word, help, [&context, ask, whole](ApiClient& client) -> Status {
      TRY(const Json answer, ask(client));
      Print(context, answer, whole);
      return {};
    });
  };
  CLI::App* deploy =
      verb("deploy", "Loads a model and answers with it", [&context](ApiClient& client) -> Status {
        TRY(Json gates, GatesWith(Json::object(), gates_options));
        TRY(const Json answer,
            client.Post("/services", {{"name", name}, {"model", model}, {"gates", std::move(gates)}}));
        Print(context, answer, false);
        if (!context.json)
          fmt::print("\nWhat the next models must pass (sinter service gates {}):\n{}", name,
                     GatesText(answer["gates"]));
        return {};
      });
  deploy->add_option("model", model, "NAME or NAME@VERSION")->required();
  AddGatesOptions(*deploy, gates_options);
  CLI::App* rollout =
      verb("rollout", "Replaces the model, through the service's gates, without losing a request",
           [&context](ApiClient& client) { return RollOut(context, client); });
  rollout->add_option("model", model, "NAME or NAME@VERSION")->required();
  rollout->add_flag("--wait", wait_for_it, "Until it is over; exit code 3 where a gate refuses it");
  AddGatesOptions(*verb("gates", "What new models must pass; with options, changes it",
                        [&context](ApiClient& client) { return ShowGates(context, client); }),
                  gates_options);
  const std::pair<const char*, const char*> wishes[] = {
      {"promote", "The model on trial takes over now, whatever the gates say"},
      {"abort", "Ends a rollout; the model before answers"},
      {"pause", "A rollout stays where it is; a broken budget still ends it"},
      {"resume", "A paused rollout goes on"}};
  for (const auto& [word, help] : wishes) {
    verb(word, help, [&context, path = fmt::format("/{}", word)](ApiClient& client) -> Status {
      TRY(const Json answer, client.Post(PathOf(path), {{"reason", reason}}));
      fmt::print("{}\n", context.json ? answer.dump() : RolloutLine(answer));
      return {};
    })->add_option("--reason", reason, "Why: kept in the rollout's history");
  }
  change("rollback", "The revision before answers again, at once", false,
         [](ApiClient& client) { return client.Post(PathOf("/rollback"), Json::object()); });
  change("show", "What a service is, takes and gives", true,
         [](ApiClient& client) { return client.Get(PathOf()); });
  change("delete", "Ends a service", false, [](ApiClient& client) { return client.Delete(PathOf()); });
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
