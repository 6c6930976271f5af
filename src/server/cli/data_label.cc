// sinter data label: labellings made, looked at, closed and committed.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "server/cli/data_commands.h"
#include "server/cli/output.h"
#include "server/cli/pages.h"
#include "server/cli/yaml_json.h"

namespace sinter {
namespace {

struct Words {
  std::string name, dataset, file, split, content, task, column, where, service, model, choice, review,
      instructions;
  std::vector<std::string> classes;
  int64_t rows = 0, seed = 1, labellers = 0, gold = 0;
  std::string message, as, recipe;
  bool only_labelled = false;
};
Words words;

std::string PathOf(std::string_view more = {}) {
  return fmt::format("/labellings/{}{}", EscapeSegment(words.name), more);
}

void Put(Json& spec, const char* field, const std::string& value) {
  if (!value.empty()) spec[field] = value;
}

// The file's, and what options say besides.
Result<Json> Spec() {
  Json spec = Json::object();
  if (!words.file.empty()) {
    TRY(spec, ReadYamlMap(words.file, "a labelling is"));
  }
  spec["name"] = words.name;
  Put(spec, "dataset", words.dataset);
  Put(spec, "split", words.split);
  Put(spec, "content", words.content);
  Put(spec, "task", words.task);
  Put(spec, "column", words.column);
  Put(spec, "choice", words.choice);
  Put(spec, "review", words.review);
  Put(spec, "instructions", words.instructions);
  if (!words.classes.empty()) spec["classes"] = words.classes;
  if (words.labellers > 0) spec["labellers"] = words.labellers;
  if (words.gold > 0) spec["gold"] = {{"every", words.gold}};
  if (words.rows > 0) spec["rows"] = {{"count", words.rows}, {"seed", words.seed}};
  if (!words.where.empty()) spec["rows"] = {{"where", words.where}, {"seed", words.seed}};
  if (!words.service.empty()) spec["prelabel"] = {{"service", words.service}};
  if (!words.model.empty()) spec["prelabel"] = {{"model", words.model}};
  return spec;
}

std::string Number(const Json& value) {
  return value.is_number() ? fmt::format("{:.3f}", value.get<double>()) : "-";
}
std::string Share(const Json& right_of) {
  return fmt::format("{} of {}", TextOf(right_of, "right"), TextOf(right_of, "of"));
}

void PrintLabelling(const Json& labelling) {
  const Json &spec = labelling["spec"], &status = labelling["status"], &agreement = status["agreement"];
  fmt::print("{}: {} of {}, split {}, {}\n", TextOf(labelling, "name"), TextOf(spec, "task"),
             TextOf(spec, "dataset"), TextOf(spec, "split"), TextOf(labelling, "state"));
  fmt::print("{} items, {} done, {} answers, {} in review, {} decided\n", TextOf(status, "items"),
             TextOf(status, "done"), TextOf(status, "answers"), TextOf(status, "in_review"),
             TextOf(status, "decided"));
  const Json& prelabels = status["prelabels"];
  if (prelabels["of"] != 0) {
    const std::string error = TextOf(prelabels, "error");
    fmt::print("prelabels by {}: {} of {}{}\n", TextOf(prelabels, "model"), TextOf(prelabels, "made"),
               TextOf(prelabels, "of"), error.empty() ? "" : "; " + error);
  }
  std::vector<std::vector<std::string>> rows{
      {"LABELLER", "ANSWERS", "SKIPPED", "SECONDS", "PER HOUR", "GOLD", "AS THE MODEL"}};
  for (const Json& l : status["labellers"]) {
    const Json& hourly = l["per_hour"];
    rows.push_back({TextOf(l, "name"), TextOf(l, "answers"), TextOf(l, "skipped"),
                    Number(l["median_seconds"]),
                    hourly.is_number() ? fmt::format("{:.0f}", hourly.get<double>()) : "-",
                    fmt::format("{} of {}", TextOf(l["gold"], "right"), TextOf(l["gold"], "asked")),
                    Share(l["agrees_with_prelabel"])});
  }
  if (rows.size() > 1) fmt::print("{}", Table(rows));
  if (agreement["items"] != 0)
    fmt::print("agreement {} over {} items; Fleiss' kappa {}\n", Number(agreement["observed"]),
               TextOf(agreement, "items"), Number(agreement["fleiss"]["kappa"]));
  for (const Json& pair : agreement["cohen"])
    fmt::print("Cohen's kappa of {} and {}: {} over {} items\n", TextOf(pair, "a"), TextOf(pair, "b"),
               Number(pair["kappa"]), TextOf(pair, "items"));
  if (status["known"]["of"] != 0)
    fmt::print("final labels that are the known ones: {}\n", Share(status["known"]));
  if (status["prelabel_known"]["of"] != 0)
    fmt::print("prelabels that are the known ones: {}\n", Share(status["prelabel_known"]));
  if (!status["committed"].is_null())
    fmt::print("committed as {}: {} labels, {} left out\n", TextOf(status["committed"], "name"),
               TextOf(status["committed"], "labels"), TextOf(status["committed"], "left_out"));
}

void Print(const CliContext& context, const Json& labelling) {
  if (context.json)
    fmt::print("{}\n", labelling.dump());
  else
    PrintLabelling(labelling);
}

Status ListLabellings(const CliContext& context, ApiClient& client) {
  TRY(const Json all, GetAllPages(client, "/labellings", 100));
  if (context.json) {
    fmt::print("{}\n", all.dump());
    return {};
  }
  std::vector<std::vector<std::string>> rows{
      {"NAME", "DATASET", "TASK", "DONE", "ITEMS", "IN REVIEW", "LABELLERS", "STATE"}};
  for (const Json& i : all["items"])
    rows.push_back({TextOf(i, "name"), TextOf(i, "dataset"), TextOf(i, "task"), TextOf(i, "done"),
                    TextOf(i, "items"), TextOf(i, "in_review"), TextOf(i, "labellers"), TextOf(i, "state")});
  fmt::print("{}", Table(rows));
  return {};
}

Status Commit(const CliContext& context, ApiClient& client) {
  // Before anything is made: a recipe that cannot be read stops it.
  std::string recipe;
  if (!words.recipe.empty()) {
    TRY(recipe, ReadFile(words.recipe, uint64_t{1} << 20));
  }
  TRY(Json made,
      client.Post(PathOf("/commit"),
                  {{"message", words.message}, {"as", words.as}, {"only_labelled", words.only_labelled}}));
  if (!recipe.empty()) {
    TRY(made["job"],
        client.Post("/jobs",
                    {{"recipe", recipe}, {"dataset", made["name"]}, {"title", "train after " + words.name}}));
  }
  if (context.json) {
    fmt::print("{}\n", made.dump());
    return {};
  }
  fmt::print("{}: {} labels, {} left out\n", TextOf(made, "name"), TextOf(made, "labels"),
             TextOf(made, "left_out"));
  if (made.contains("job")) fmt::print("job {} trains on it\n", TextOf(made["job"], "id"));
  return {};
}

void AddSpecOptions(CLI::App& create) {
  create.add_option("dataset", words.dataset, "NAME or NAME@VERSION (or in --spec)");
  create.add_option("--spec", words.file, "A YAML file with all of it; options go before it");
  create.add_option("--split", words.split, "Which (default: the first)");
  create.add_option("--content", words.content, "The column that is shown");
  create.add_option("--task", words.task, "What is said of each item")
      ->check(CLI::IsMember({"classification", "multilabel", "boxes", "spans", "transcript"}));
  create.add_option("--classes", words.classes, "With commas between (default: the label column's)")
      ->delimiter(',');
  create.add_option("--column", words.column, "Where the labels go (default: the label column)");
  create.add_option("--rows", words.rows, "So many rows, drawn by the seed (default: all)")
      ->check(CLI::Range(1, 100'000));
  create.add_option("--seed", words.seed, "Of rows, gold questions and the random choice");
  create.add_option("--where", words.where, "The rows of which this holds: \"label is missing\"");
  create.add_option("--labellers", words.labellers, "Answers wanted for each item")->check(CLI::Range(1, 5));
  create.add_option("--gold-every", words.gold, "One item in so many is a question whose answer is known")
      ->check(CLI::Range(2, 1000));
  create.add_option("--prelabel-service", words.service,
                    "The model that this service answers with goes first");
  create.add_option("--prelabel-model", words.model, "This model goes first");
  create.add_option("--choice", words.choice, "What comes next")
      ->check(CLI::IsMember({"in_order", "random", "active"}));
  create.add_option("--review", words.review, "What a reviewer decides")
      ->check(CLI::IsMember({"none", "disagreements", "all"}));
  create.add_option("--instructions", words.instructions, "What the labellers are told");
}

}  // namespace

void AddDataLabelCommands(CLI::App& data, CliContext& context) {
  CLI::App* label = data.add_subcommand("label", "Labelling: people say what rows are");
  label->require_subcommand(1);
  auto of_one = [&](const char* word, const char* help, const auto& act) {
    CLI::App* command = AddVerb(*label, context, word, help, act);
    command->add_option("name", words.name, "The labelling")->required();
    return command;
  };
  AddSpecOptions(*of_one("create", "Begins one", [&context](ApiClient& client) -> Status {
    TRY(const Json spec, Spec());
    TRY(const Json made, client.Post("/labellings", spec));
    Print(context, made);
    return {};
  }));
  AddVerb(*label, context, "list", "The labellings",
          [&context](ApiClient& client) { return ListLabellings(context, client); });
  of_one("show", "Progress, speed, agreement", [&context](ApiClient& client) -> Status {
    TRY(const Json labelling, client.Get(PathOf()));
    Print(context, labelling);
    return {};
  });
  for (const auto& [word, help] :
       {std::pair("close", "No more answers are taken"), std::pair("reopen", "Answers are taken again")}) {
    of_one(word, help, [&context, path = fmt::format("/{}", word)](ApiClient& client) -> Status {
      TRY(const Json labelling, client.Post(PathOf(path), Json::object()));
      Print(context, labelling);
      return {};
    });
  }
  CLI::App* commit = of_one("commit", "The labels as the next version of the data set",
                            [&context](ApiClient& client) { return Commit(context, client); });
  commit->add_option("--message", words.message, "Of the commit");
  commit->add_option("--as", words.as, "What the data set of the new version is called (else as before)");
  commit->add_flag("--only-labelled", words.only_labelled, "Leave rows of the split without a label out");
  commit->add_option("--train", words.recipe,
                     "Then submit a job that trains by this recipe, on that version whatever it names");
  AddLabelWorkCommands(*label, context);
}

}  // namespace sinter
