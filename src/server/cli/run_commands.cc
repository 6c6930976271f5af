#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/cli/code.h"
#include "server/cli/context.h"
#include "server/cli/output.h"

namespace sinter {
namespace {

std::string id;
std::vector<std::string> ids;

// The last value of a run's figure; empty: it has none.
std::string Last(ApiClient& client, const std::string& run, const std::string& figure) {
  auto all = client.Get(
      fmt::format("/runs/{}/metrics?name={}&points=100000", EscapeSegment(run), EscapeSegment(figure)));
  if (!all || (*all)["mean"].empty()) return "";
  const Json& value = (*all)["mean"].back();
  return value.is_number() ? fmt::format("{:.4f}", value.get<double>()) : value.dump();
}

Status Compare(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  std::set<std::string> figures;
  for (const std::string& run : ids) {
    TRY(const Json names, client->Get(fmt::format("/runs/{}/metrics", EscapeSegment(run))));
    for (const Json& name : names["names"]) figures.insert(name.get<std::string>());
  }
  Json compared = Json::object();
  std::vector<std::vector<std::string>> rows{{"FIGURE"}};
  rows[0].insert(rows[0].end(), ids.begin(), ids.end());
  for (const std::string& figure : figures) {
    std::vector<std::string>& row = rows.emplace_back(1, figure);
    for (const std::string& run : ids) {
      row.push_back(Last(*client, run, figure));
      compared[run][figure] = row.back();
    }
  }
  fmt::print("{}", context.json ? compared.dump() + "\n" : Table(rows));
  return {};
}

// What the run took of the machine: the means of system/... over its steps, weighed as they were sampled.
Result<std::vector<std::string>> SystemLines(ApiClient& client, const std::string& run) {
  std::vector<std::string> lines;
  TRY(const Json names, client.Get(fmt::format("/runs/{}/metrics", EscapeSegment(run))));
  for (const Json& name : names["names"]) {
    const std::string figure = name.get<std::string>();
    if (!figure.starts_with("system/")) continue;
    TRY(const Json one, client.Get(fmt::format("/runs/{}/metrics?name={}&points=100000", EscapeSegment(run),
                                               EscapeSegment(figure))));
    double sum = 0, most = 0;
    for (const Json& value : one["mean"])
      if (value.is_number()) sum += value.get<double>(), most = std::max(most, value.get<double>());
    const double mean = sum / static_cast<double>(std::max<size_t>(1, one["mean"].size()));
    const bool bytes = figure.ends_with("_bytes");
    const auto text = [&](double value) {
      return bytes ? Bytes(static_cast<uint64_t>(value)) : fmt::format("{:.2f}", value);
    };
    lines.push_back(fmt::format("{:<26} {} on average, {} at most", figure, text(mean), text(most)));
  }
  return lines;
}

struct Rule {
  std::string figure, publish;
  bool maximise = false, minimise = false;
  std::vector<std::string> where, bounds;
};
Rule rule;

Status Best(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  Json where = Json::object();
  for (const std::string& pair : rule.where) {
    const size_t equals = pair.find('=');
    if (equals == std::string::npos)
      return InvalidArgument(fmt::format("--where {}: FIELD=VALUE is expected", pair));
    where[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  Json body = {{"figure", rule.figure},
               {"goal", rule.minimise ? "min" : "max"},
               {"where", std::move(where)},
               {"bounds", rule.bounds}};
  if (!rule.publish.empty()) body["publish"] = rule.publish;
  TRY(const Json best, client->Post("/runs/best", body));
  if (context.json) {
    fmt::print("{}\n", best.dump());
    return {};
  }
  std::vector<std::vector<std::string>> rows{{"RUN", "VALUE", "MODEL"}};
  for (const Json& item : best["items"])
    rows.push_back(
        {TextOf(item, "run"), fmt::format("{:.6g}", item.value("value", 0.0)), TextOf(item, "model")});
  fmt::print("{}\n{}", TextOf(best, "rule"), Table(rows));
  for (const Json& one : best["refused"]) fmt::print("not {}: {}\n", TextOf(one, "run"), TextOf(one, "why"));
  if (best.contains("published")) fmt::print("published {}\n", TextOf(best["published"], "ref"));
  return {};
}

std::string Duration(int64_t ms) {
  return ms < 60'000 ? fmt::format("{:.1f} s", static_cast<double>(ms) / 1000)
                     : fmt::format("{} min {} s", ms / 60'000, ms / 1000 % 60);
}

Status Show(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json run, client->Get("/runs/" + EscapeSegment(id)));
  if (context.json) {
    fmt::print("{}\n", run.dump());
    return {};
  }
  fmt::print("{}  {}  step {}/{}\n", TextOf(run, "id"), TextOf(run, "state"), TextOf(run, "step"),
             TextOf(run, "steps"));
  const auto line = [&](const char* label, const std::string& text) {
    if (!text.empty()) fmt::print("{:<12} {}\n", label, text);
  };
  line("why", TextOf(run, "message"));
  line("data", TextOf(run, "dataset"));
  line("model", TextOf(run, "model"));
  line("code", CodeText(run["code"]));
  line("by", fmt::format("{}, {}", TextOf(run, "created_by"), Ago(run.value("created_ms", int64_t{0}))));
  if (!run["checkpoints"].empty())
    line("checkpoint", fmt::format("step {}", TextOf(run["checkpoints"].back(), "step")));
  for (const Json& a : run["attempts"]) {
    const int64_t ended = a.value("ended_ms", int64_t{0});
    line(fmt::format("attempt {}", TextOf(a, "number")).c_str(),
         fmt::format(
             "{} from step {}{}, {:.1f} core-seconds{}{}", TextOf(a, "outcome"), TextOf(a, "from_step"),
             ended == 0 ? "" : ", " + Duration(ended - a.value("started_ms", int64_t{0})),
             a.value("cpu_seconds", 0.0), TextOf(a, "message").empty() ? "" : ": ", TextOf(a, "message")));
  }
  TRY(const auto lines, SystemLines(*client, id));
  for (const std::string& text : lines) fmt::print("{}\n", text);
  fmt::print("\n{}\n", TextOf(run, "recipe"));
  return {};
}

}  // namespace

void AddRunCommands(CLI::App& app, CliContext& context) {
  CLI::App* runs = app.add_subcommand("runs", "Training runs");
  runs->require_subcommand(1);
  CLI::App* list = runs->add_subcommand("list", "The runs, newest first");
  AddPlatformOptions(*list, context);
  list->callback([&context] {
    context.action = [&context]() -> Status {
      TRY(ApiClient * client, context.Client());
      TRY(const Json all, client->Get("/runs"));
      if (context.json) {
        fmt::print("{}\n", all.dump());
        return {};
      }
      std::vector<std::vector<std::string>> rows{{"RUN", "STATE", "STEP", "DATA", "MODEL", "STARTED"}};
      for (const Json& run : all["items"]) {
        rows.push_back({TextOf(run, "id"), TextOf(run, "state"),
                        TextOf(run, "step") + "/" + TextOf(run, "steps"), TextOf(run, "dataset"),
                        TextOf(run, "model"), Ago(run.value("created_ms", int64_t{0}))});
      }
      fmt::print("{}", Table(rows));
      return {};
    };
  });
  CLI::App* show = runs->add_subcommand("show", "A run: its attempts, what it took, its recipe");
  show->add_option("run", id, "Its id")->required();
  AddPlatformOptions(*show, context);
  show->callback([&context] { context.action = [&context] { return Show(context); }; });
  CLI::App* best =
      runs->add_subcommand("best", "The best run by a rule; of equal ones the first that was made");
  best->add_option("--metric", rule.figure,
                   "Its last value counts; also run/seconds, run/core_seconds, model/bytes")
      ->required();
  CLI::Option* most = best->add_flag("--max", rule.maximise, "The largest is the best; so by default");
  best->add_flag("--min", rule.minimise, "The smallest is the best")->excludes(most);
  best->add_option("--where", rule.where,
                   "FIELD=VALUE: dataset, recipe, sweep, model, created_by, or a path in the recipe");
  best->add_option("--bound", rule.bounds, "FIGURE<=VALUE or FIGURE>=VALUE, which must hold");
  best->add_option("--publish", rule.publish, "Its model becomes a version of this one, with the rule");
  AddPlatformOptions(*best, context);
  best->callback([&context] { context.action = [&context] { return Best(context); }; });
  CLI::App* cancel = runs->add_subcommand("cancel", "Ends a run");
  cancel->add_option("run", id, "Its id")->required();
  AddPlatformOptions(*cancel, context);
  cancel->callback([&context] {
    context.action = [&context]() -> Status {
      TRY(ApiClient * client, context.Client());
      TRY_STATUS(client->Post("/runs/" + EscapeSegment(id) + "/cancel", Json::object()));
      return {};
    };
  });
  CLI::App* compare = runs->add_subcommand("compare", "The last figures of runs, side by side");
  compare->add_option("runs", ids, "Their ids")->required();
  AddPlatformOptions(*compare, context);
  compare->callback([&context] { context.action = [&context] { return Compare(context); }; });
}

}  // namespace sinter
