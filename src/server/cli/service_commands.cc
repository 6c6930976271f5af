#include <chrono>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/serving/worker_process.h"
#include "server/cli/context.h"
#include "server/cli/gates_options.h"
#include "server/cli/output.h"
#include "server/cli/pages.h"
#include "server/cli/service_ask.h"
#include "server/cli/service_loop.h"

namespace sinter {
namespace {

std::string name, model, reason;
bool wait_for_it = false, process = false;
std::string socket_path, model_path;
int64_t rows = 1;
GatesOptions gates_options;

std::string PathOf(std::string_view more = {}) {
  return fmt::format("/services/{}{}", EscapeSegment(name), more);
}

std::string dataset, labelling;
std::optional<int64_t> most_workers, least_threads, most_threads;
std::optional<double> idle_s;
int64_t limit = 20;

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
    TRY(Json rollout, client.Get(PathOf("/rollouts/" + EscapeSegment(revision))));
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
  const bool under_way = answer.contains("begun");
  if (!under_way || !wait_for_it) {
    Print(context, answer, false);
    if (under_way && !context.json) fmt::print("{}\n", RolloutLine(answer["begun"]));
    return {};
  }
  TRY(const Json over, Follow(client, TextOf(answer["begun"]["to"], "revision")));
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

std::string Share(const Json& json, const char* field) {
  return fmt::format("{:.3g}%", 100 * json.value(field, 0.0));
}

// "crop wheat, fields 26": what a request of several inputs says, of each input the first numbers.
std::string InputsText(const Json& inputs) {
  constexpr size_t kNumbers = 4;
  std::string text;
  for (const Json& input : inputs) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", TextOf(input, "name"));
    const Json& data = input["data"];
    for (size_t i = 0; i < data.size() && i < kNumbers; ++i)
      text += data[i].is_null() ? " -" : " " + ValueText(data[i]);
    if (data.size() > kNumbers) text += " ...";
  }
  return text;
}

void PrintDrift(const Json& report) {
  fmt::print("{}: {} live rows, {} of the golden set {}", TextOf(report, "verdict"),
             TextOf(report, "live_sample"), TextOf(report, "reference_sample"), TextOf(report, "dataset"));
  const bool few_live = report.value("live_sample", int64_t{0}) < report.value("minimum", int64_t{0});
  const bool few_known =
      report.value("reference_sample", int64_t{0}) < report.value("reference_minimum", int64_t{0});
  if (few_live) fmt::print("; {} live ones are needed", TextOf(report, "minimum"));
  if (!few_live && !few_known && report.value("answered", int64_t{0}) < report.value("minimum", int64_t{0}))
    fmt::print("; answers of this revision are {} of them, {} are needed", TextOf(report, "answered"),
               TextOf(report, "minimum"));
  if (few_known) fmt::print("; the golden set needs {}", TextOf(report, "reference_minimum"));
  fmt::print("\n");
  std::vector<std::vector<std::string>> rows{{"OF", "DRIFTED", "STABILITY INDEX", "BY CHANCE", "KS DISTANCE",
                                              "P", "MEAN THEN", "NOW", "MISSING THEN", "NOW"}};
  for (const Json& m : report["measures"]) {
    rows.push_back({TextOf(m, "name"), m.value("drifted", false) ? "yes" : "no", TextOf(m, "stability_index"),
                    TextOf(m, "by_chance"), TextOf(m, "ks_distance"), TextOf(m, "ks_p_value"),
                    TextOf(m, "reference_mean"), TextOf(m, "live_mean"), Share(m, "reference_missing"),
                    Share(m, "live_missing")});
  }
  if (rows.size() > 1) fmt::print("{}", Table(rows));
  if (const int64_t unwatched = report.value("unwatched", int64_t{0}); unwatched > 0)
    fmt::print("{} more inputs or outputs are not watched: there is room for 256 figures\n", unwatched);
}

Status ShowDrift(const CliContext& context, ApiClient& client) {
  TRY(const Json report, client.Get(PathOf("/drift")));
  if (context.json)
    fmt::print("{}\n", report.dump());
  else
    PrintDrift(report);
  return {};
}

// The kept cases, or the data set that they have become.
Status Cases(const CliContext& context, ApiClient& client) {
  if (!labelling.empty()) {
    Json body = {{"name", labelling}};
    if (!dataset.empty()) body["dataset"] = dataset;
    TRY(const Json made, client.Post(PathOf("/cases/label"), body));
    if (context.json)
      fmt::print("{}\n", made.dump());
    else
      fmt::print("{}: {} rows to label, of {}\n", labelling, TextOf(made, "cases"),
                 TextOf(made["spec"], "dataset"));
    return {};
  }
  if (!dataset.empty()) {
    TRY(const Json made, client.Post(PathOf("/cases/export"), {{"dataset", dataset}}));
    if (context.json)
      fmt::print("{}\n", made.dump());
    else
      fmt::print("{}: {} rows in split {}, labelled by the model\n", TextOf(made, "dataset"),
                 TextOf(made, "rows"), TextOf(made, "split"));
    return {};
  }
  TRY(const Json cases, client.Get(PathOf(fmt::format("/cases?limit={}", limit))));
  if (context.json) {
    fmt::print("{}\n", cases.dump());
    return {};
  }
  std::vector<std::vector<std::string>> rows{
      {"CASE", "WHY", "SAID", "CONFIDENCE", "REVISION", "WHEN", "INPUTS"}};
  for (const Json& item : cases["items"]) {
    rows.push_back({TextOf(item, "number"), TextOf(item, "why"), TextOf(item, "class_name"),
                    TextOf(item, "confidence"), TextOf(item, "revision"),
                    Ago(item.value("at_ms", int64_t{0})), InputsText(item["inputs"])});
  }
  const size_t shown = rows.size() - 1;
  fmt::print(
      "{} kept{}{}\n{}", TextOf(cases, "kept"),
      cases.value("consent", false) ? "" : " (there is no consent: sinter service gates NAME --keep-cases)",
      shown < cases.value("kept", size_t{0}) ? fmt::format(", the oldest {} are shown (--limit)", shown) : "",
      Table(rows));
  return {};
}

}  // namespace

// What a service's worker processes run; no command for people.
static void AddReplicaWorker(CLI::App& app, CliContext& context) {
  CLI::App* worker = app.add_subcommand("replica-worker", "")->group("");
  worker->add_option("--socket", socket_path)->required();
  worker->add_option("--model", model_path)->required();
  worker->add_option("--rows", rows);
  worker->callback([&context] {
    context.action = []() -> Status {
      if (ReplicaWorkerMain(socket_path, model_path, rows) == 0) return {};
      return Error{ErrorCode::kUnavailable, "the worker could not be started", ""};
    };
  });
}

void AddServiceCommands(CLI::App& app, CliContext& context) {
  AddReplicaWorker(app, context);
  CLI::App* service = app.add_subcommand("service", "Models that answer requests");
  service->require_subcommand(1);
  // A verb on one service.
  auto verb = [&](const char* word, const char* help, const auto& act) {
    CLI::App* command = AddVerb(*service, context, word, help, act);
    command->add_option("name", name, "The service")->required();
    return command;
  };
  // ... whose answer is the service as it then is: in a row, or (show) in whole.
  auto change = [&](const char* word, const char* help, bool whole, const auto& ask) {
    return verb(word, help, [&context, ask, whole](ApiClient& client) -> Status {
      TRY(const Json answer, ask(client));
      Print(context, answer, whole);
      return {};
    });
  };
  CLI::App* deploy =
      verb("deploy", "Loads a model and answers with it; exit code 3 where what it says is refused",
           [&context](ApiClient& client) -> Status {
             TRY(Json gates, GatesWith(Json::object(), gates_options));
             auto deployed = client.Post("/services", {{"name", name},
                                                       {"model", model},
                                                       {"gates", std::move(gates)},
                                                       {"replica", process ? "process" : "in-process"}});
             // A name that is taken is told by another code: what conflicts is the decision not to deploy.
             if (!deployed && deployed.error().code == ErrorCode::kConflict)
               context.failed_code = kExitRefused;
             TRY(const Json answer, std::move(deployed));
             Print(context, answer, false);
             if (!context.json)
               fmt::print("\nWhat the next models must pass (sinter service gates {}):\n{}", name,
                          GatesText(answer["gates"]));
             return {};
           });
  deploy->add_option("model", model, "NAME or NAME@VERSION")->required();
  deploy->add_flag("--process", process,
                   "Run the model in worker processes: a crash there takes nothing with it");
  AddGatesOptions(*deploy, gates_options);
  CLI::App* rollout =
      verb("rollout",
           "Replaces the model, through the service's gates, without losing a request; exit code 3 where one "
           "refuses it at once, or with --wait",
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
  verb("drift", "Does live traffic still look like the golden set?",
       [&context](ApiClient& client) { return ShowDrift(context, client); });
  CLI::App* cases = verb("cases", "Requests kept for labelling: hard ones, and unusual ones",
                         [&context](ApiClient& client) { return Cases(context, client); });
  cases->add_option("--export", dataset, "Make them the next version of this data set");
  cases->add_option("--label", labelling,
                    "Make them a labelling of this name, of the data set that --export names, or NAME-cases");
  cases->add_option("--limit", limit, "How many are shown")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  CLI::App* scale =
      change("scale", "Follows the load: more runs side by side, on more threads; none while nobody asks",
             false, [](ApiClient& client) -> Result<Json> {
               TRY(const Json before, client.Get(PathOf()));
               Json scaling = before["scaling"];
               if (most_workers) scaling["most_workers"] = *most_workers;
               if (idle_s) scaling["idle_s"] = *idle_s;
               if (least_threads) scaling["least_threads"] = *least_threads;
               if (most_threads) scaling["most_threads"] = *most_threads;
               return client.Post(PathOf("/scaling"), scaling);
             });
  scale->add_option("--workers", most_workers,
                    "Runs side by side, at most; 0: as many as the service was deployed with");
  scale->add_option("--threads", most_threads,
                    "Of the engine's threads, what a run may use at most; 0: all that there are");
  scale->add_option("--least-threads", least_threads,
                    "What it may use while little is asked; 0: as many as at most");
  scale->add_option("--idle", idle_s, "Seconds without a request, after which the model is let go; 0: never");
  change("unload", "Lets go of the models until the next request", false,
         [](ApiClient& client) { return client.Post(PathOf("/unload"), Json::object()); });
  change("rollback", "The revision before answers again, at once", false,
         [](ApiClient& client) { return client.Post(PathOf("/rollback"), Json::object()); });
  change("show", "What a service is, takes and gives", true,
         [](ApiClient& client) { return client.Get(PathOf()); });
  change("delete", "Ends a service", false, [](ApiClient& client) { return client.Delete(PathOf()); });
  AddServiceAskCommand(*service, context);
  AddServiceLoopCommand(*service, context);
  CLI::App* list = service->add_subcommand("list", "The services");
  AddPlatformOptions(*list, context);
  list->callback([&context] {
    context.action = [&context]() -> Status {
      TRY(ApiClient * client, context.Client());
      TRY(const Json all, GetAllPages(*client, "/services"));
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
