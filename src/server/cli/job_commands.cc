#include <chrono>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/jobs/keeper.h"
#include "server/cli/code.h"
#include "server/cli/context.h"
#include "server/cli/output.h"

namespace sinter {
namespace {

struct Words {
  std::string id, recipe, title, launcher = "local", memory, owner, keeper;
  std::vector<std::string> command, after, environment;
  int64_t ranks = 1, cpus = 0, priority = 0, time_limit = 0, grace = 30, retries = -1, attempt = 0, jobs = 0;
  double weight = 1;
  bool preemptible = false, network = false, follow = false, wait = false;
};
Words words;

std::string JobPath(const std::string& id) { return "/jobs/" + EscapeSegment(id); }

// "512M", "2G", or bytes.
Result<int64_t> ReadMemory(const std::string& text) {
  size_t end = 0;
  int64_t value = 0;
  for (; end < text.size() && text[end] >= '0' && text[end] <= '9' && value < int64_t{1} << 40; ++end)
    value = value * 10 + (text[end] - '0');
  const std::string_view unit = std::string_view(text).substr(end);
  const int shift = unit.empty() ? 0 : unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
  if (end == 0 || shift < 0)
    return InvalidArgument(fmt::format("'{}' is no amount of memory", text), "512M, 2G");
  return value << shift;
}

// Prints what is added to the log until the job is over; its state then.
Result<std::string> Follow(ApiClient& client, const std::string& id) {
  int64_t attempt = 0;
  uint64_t from = 0;
  for (;;) {
    TRY(const Json job, client.Get(JobPath(id)));
    const int64_t now = job.value("attempt", int64_t{0});
    if (now != attempt) {
      if (attempt != 0) fmt::print(stderr, "attempt {}\n", now);
      attempt = now;
      from = 0;
    }
    TRY(const Json log, client.Get(fmt::format("{}/log?attempt={}&from={}", JobPath(id), attempt, from)));
    fmt::print("{}", log.value("text", ""));
    std::fflush(stdout);
    const uint64_t next = log.value("next", from);
    const bool quiet = next == from;
    from = next;
    std::string state = job.value("state", "");
    const bool over = state == "succeeded" || state == "failed" || state == "cancelled";
    if (over && quiet) return state;
    if (quiet) std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
}

Status Outcome(ApiClient& client, const std::string& id, const std::string& state) {
  if (state == "succeeded") return {};
  TRY(const Json job, client.Get(JobPath(id)));
  return Error{ErrorCode::kUnavailable, fmt::format("job {} {}: {}", id, state, job.value("reason", "")), ""};
}

Status Submit(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  Json body = {{"title", words.title},   {"priority", words.priority}, {"time_limit_s", words.time_limit},
               {"grace_s", words.grace}, {"after", words.after},       {"ranks", words.ranks}};
  if (words.retries >= 0) body["retries"] = words.retries;
  if (words.cpus > 0) body["cpus"] = words.cpus;
  if (words.preemptible) body["preemptible"] = true;
  if (!words.memory.empty()) {
    TRY(body["memory_bytes"], ReadMemory(words.memory));
  }
  if (!words.recipe.empty()) {
    TRY(body["recipe"], ReadFile(words.recipe, uint64_t{1} << 20));
    body["code"] = CodeOf(Path(words.recipe).parent_path());
  } else {
    body["code"] = CodeOf(".");
    body["command"] = words.command;
    body["network"] = words.network;
    body["launcher"] = words.ranks > 1 ? "mpirun" : words.launcher;
    Json environment = Json::object();
    for (const std::string& pair : words.environment) {
      const size_t equals = pair.find('=');
      if (equals == std::string::npos)
        return InvalidArgument(fmt::format("--env {}: NAME=VALUE is expected", pair));
      environment[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    body["environment"] = std::move(environment);
  }
  TRY(const Json job, client->Post("/jobs", body));
  const std::string id = job.value("id", "");
  if (context.json) {
    fmt::print("{}\n", job.dump());
  } else {
    fmt::print("{}\n", id);
  }
  std::fflush(stdout);
  if (!words.wait) return {};
  TRY(const std::string state, Follow(*client, id));
  return Outcome(*client, id, state);
}

Status List(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json all, client->Get("/jobs"));
  if (context.json) {
    fmt::print("{}\n", all.dump());
    return {};
  }
  std::vector<std::vector<std::string>> rows{
      {"JOB", "STATE", "OWNER", "TRY", "CORES", "SUBMITTED", "WHAT", "WHY"}};
  for (const Json& job : all["items"]) {
    const Json& spec = job["spec"];
    std::string what = spec.value("title", "");
    for (const Json& word : spec["command"])
      if (spec.value("title", "").empty() && what.size() < 40)
        what += (what.empty() ? "" : " ") + word.get<std::string>();
    rows.push_back({TextOf(job, "id"), TextOf(job, "state"), TextOf(spec, "owner"), TextOf(job, "attempt"),
                    std::to_string(spec.value("cpus", int64_t{1}) * spec.value("ranks", int64_t{1})),
                    Ago(job.value("submitted_ms", int64_t{0})), what.substr(0, 40), TextOf(job, "reason")});
  }
  fmt::print("{}", Table(rows));
  return {};
}

Status Print(CliContext& context, const Json& json) {
  fmt::print("{}\n", context.json ? json.dump() : json.dump(2));
  return {};
}

Status Logs(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  if (words.follow) {
    TRY(const std::string state, Follow(*client, words.id));
    return Outcome(*client, words.id, state);
  }
  uint64_t from = 0;
  for (;;) {
    TRY(const Json log,
        client->Get(fmt::format("{}/log?attempt={}&from={}", JobPath(words.id), words.attempt, from)));
    if (log.value("next", from) == from) return {};
    from = log.value("next", from);
    fmt::print("{}", log.value("text", ""));
  }
}

}  // namespace

void AddJobCommands(CLI::App& app, CliContext& context) {
  CLI::App* jobs = app.add_subcommand("job", "Commands that wait their turn");
  jobs->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& about, auto&& action) {
    CLI::App* command = jobs->add_subcommand(name, about);
    AddPlatformOptions(*command, context);
    command->callback(
        [&context, action] { context.action = [&context, action] { return action(context); }; });
    return command;
  };
  CLI::App* submit = add("submit", "Accepted once it survives a crash; prints the job's id", &Submit);
  submit->add_option("command", words.command, "The program and its arguments, after --");
  submit->add_option("--recipe", words.recipe, "Train this recipe, in place of a command");
  submit->add_option("--title", words.title, "What it is, for people");
  submit->add_option("--ranks", words.ranks, "Processes that start together, under mpirun")
      ->check(CLI::Range(1, 4096));
  submit->add_option("--cpus", words.cpus, "Cores of each rank")->check(CLI::Range(1, 4096));
  submit->add_option("--memory", words.memory, "Of each rank: 512M, 2G");
  submit->add_option("--priority", words.priority, "-100 to 100; higher goes first");
  submit->add_option("--time-limit", words.time_limit, "Seconds; then it is stopped");
  submit->add_option("--grace", words.grace, "Seconds to save in once it is asked to end");
  submit->add_option("--retries", words.retries, "Further tries after one that failed");
  submit->add_option("--after", words.after, "Jobs that must have succeeded");
  submit->add_option("--env", words.environment, "NAME=VALUE");
  submit->add_flag("--preemptible", words.preemptible,
                   "May be stopped for jobs of higher priority, and goes on later");
  submit->add_flag("--network", words.network, "It may reach the network, and the server");
  submit->add_flag("--wait", words.wait, "Print its log until it is over");
  add("list", "The jobs, newest first", &List);
  add("show", "A job: what was asked, its tries, why it waits",
      [](CliContext& c) -> Status {
        TRY(ApiClient * client, c.Client());
        TRY(Json job, client->Get(JobPath(words.id)));
        // What the last try took lately; one of another server is not seen from here.
        if (auto usage = client->Get(JobPath(words.id) + "/usage?points=20"))
          job["usage"] = *std::move(usage);
        return Print(c, job);
      })
      ->add_option("job", words.id, "Its id")
      ->required();
  CLI::App* logs = add("logs", "What it prints", &Logs);
  logs->add_option("job", words.id, "Its id")->required();
  logs->add_option("--attempt", words.attempt, "Of this try; the last by default");
  logs->add_flag("-f,--follow", words.follow, "Until it is over");
  add("cancel", "Ends it, or takes it out of the queue",
      [](CliContext& c) -> Status {
        TRY(ApiClient * client, c.Client());
        TRY_STATUS(client->Post(JobPath(words.id) + "/cancel", Json::object()));
        return {};
      })
      ->add_option("job", words.id, "Its id")
      ->required();
  add("queue", "What the machine gives to jobs, how they are isolated, quotas", [](CliContext& c) -> Status {
    TRY(ApiClient * client, c.Client());
    TRY(const Json queue, client->Get("/jobs/queue"));
    return Print(c, queue);
  });
  // The process beside an attempt; not for people.
  CLI::App* keeper = app.add_subcommand("job-keeper", "")->group("");
  keeper->add_option("folder", words.keeper)->required();
  keeper->callback([&context] { context.action = [] { return KeepJob(words.keeper); }; });
}

}  // namespace sinter
