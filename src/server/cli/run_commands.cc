#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

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
  CLI::App* show = runs->add_subcommand("show", "A run: its recipe, attempts, checkpoints");
  show->add_option("run", id, "Its id")->required();
  AddPlatformOptions(*show, context);
  show->callback([&context] {
    context.action = [&context]() -> Status {
      TRY(ApiClient * client, context.Client());
      TRY(const Json run, client->Get("/runs/" + EscapeSegment(id)));
      fmt::print("{}\n", context.json ? run.dump() : run.dump(2));
      return {};
    };
  });
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
