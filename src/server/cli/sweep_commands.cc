#include <chrono>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/runs/sweep_spec.h"
#include "server/cli/code.h"
#include "server/cli/context.h"
#include "server/cli/output.h"

namespace sinter {
namespace {

struct Words {
  std::string file, name;
  bool wait = false;
};
Words words;

std::string SweepPath(const std::string& name) { return "/sweeps/" + EscapeSegment(name); }

bool IsOver(const Json& sweep) {
  const std::string state = sweep.value("state", "");
  return state == "succeeded" || state == "failed" || state == "cancelled";
}

std::string Value(const Json& trial) {
  const Json& value = trial["value"];
  return value.is_number() ? fmt::format("{:.4f}", value.get<double>()) : "";
}

std::string Parameters(const Json& trial) {
  std::string text;
  for (const auto& [path, value] : trial["parameters"].items())
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", path, value.get<std::string>());
  return text;
}

void Print(const Json& sweep) {
  fmt::print("{}  {}  {} {}, data {}, by {}\n", TextOf(sweep, "name"), TextOf(sweep, "state"),
             TextOf(sweep, "goal"), TextOf(sweep, "metric"), TextOf(sweep, "dataset"),
             TextOf(sweep, "owner"));
  if (!TextOf(sweep, "message").empty()) fmt::print("{}\n", TextOf(sweep, "message"));
  std::vector<std::vector<std::string>> rows{
      {"TRIAL", "PHASE", "EPOCHS", "VALUE", "RUN", "PARAMETERS", "WHY"}};
  for (const Json& trial : sweep["trials"])
    rows.push_back({TextOf(trial, "trial"), TextOf(trial, "phase"), TextOf(trial, "epochs"), Value(trial),
                    TextOf(trial, "run"), Parameters(trial), TextOf(trial, "why")});
  fmt::print("{}", Table(rows));
}

Status Show(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json sweep, client->Get(SweepPath(words.name)));
  if (context.json)
    fmt::print("{}\n", sweep.dump());
  else
    Print(sweep);
  return {};
}

Status Submit(CliContext& context) {
  TRY(const std::string text, ReadFile(words.file, uint64_t{1} << 20));
  const auto spec = ParseSweep(text);
  if (!spec) return Error(spec.error()).In(words.file);
  const Path recipe = Path(words.file).parent_path() / spec->recipe;
  TRY(const std::string recipe_text, ReadFile(recipe, uint64_t{1} << 20));
  TRY(ApiClient * client, context.RunningServer());
  TRY(Json sweep,
      client->Post("/sweeps",
                   {{"sweep", text}, {"recipe", recipe_text}, {"code", CodeOf(recipe.parent_path())}}));
  words.name = sweep.value("name", "");
  if (!words.wait) {
    fmt::print("{}\n", context.json ? sweep.dump() : words.name);
    return {};
  }
  while (!IsOver(sweep)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    TRY(sweep, client->Get(SweepPath(words.name)));
  }
  TRY_STATUS(Show(context));
  if (sweep.value("state", "") == "succeeded") return {};
  return Error{ErrorCode::kUnavailable,
               fmt::format("sweep {} {}: {}", words.name, TextOf(sweep, "state"), TextOf(sweep, "message")),
               ""};
}

Status List(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json all, client->Get("/sweeps?limit=1000"));
  if (context.json) {
    fmt::print("{}\n", all.dump());
    return {};
  }
  std::vector<std::vector<std::string>> rows{{"SWEEP", "STATE", "TRIALS", "BEST", "OF", "OWNER", "BEGAN"}};
  for (const Json& sweep : all["items"])
    rows.push_back({TextOf(sweep, "name"), TextOf(sweep, "state"), TextOf(sweep, "count"),
                    Value(sweep["best"]), TextOf(sweep["best"], "run"), TextOf(sweep, "owner"),
                    Ago(sweep.value("created_ms", int64_t{0}))});
  fmt::print("{}", Table(rows));
  return {};
}

}  // namespace

void AddSweepCommands(CLI::App& app, CliContext& context) {
  CLI::App* sweeps = app.add_subcommand("sweep", "Trainings that differ in some values, and which is best");
  sweeps->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& about, auto&& action) {
    CLI::App* command = sweeps->add_subcommand(name, about);
    AddPlatformOptions(*command, context);
    command->callback(
        [&context, action] { context.action = [&context, action] { return action(context); }; });
    return command;
  };
  CLI::App* submit = add("submit", "Accepted once it survives a crash; prints the sweep's name", &Submit);
  submit->add_option("sweep", words.file, "A YAML file (docs/sweep.schema.json)")->required();
  submit->add_flag("--wait", words.wait, "Until it is over; prints its trials");
  add("list", "The sweeps, newest first", &List);
  add("show", "A sweep and its trials, the best first", &Show)
      ->add_option("sweep", words.name, "Its name")
      ->required();
  for (const auto& [name, about] :
       {std::pair("pause", "Begin no further trial"), std::pair("resume", "Go on with a paused sweep"),
        std::pair("cancel", "End it, and the jobs of its trials")}) {
    const std::string path = std::string("/") + name;
    add(name, about,
        [path](CliContext& c) -> Status {
          TRY(ApiClient * client, c.Client());
          TRY_STATUS(client->Post(SweepPath(words.name) + path, Json::object()));
          return {};
        })
        ->add_option("sweep", words.name, "Its name")
        ->required();
  }
}

}  // namespace sinter
