#include "server/cli/service_loop.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "server/cli/output.h"
#include "server/cli/yaml_json.h"

namespace sinter {
namespace {

constexpr uint64_t kLargestRecipe = 65'536;

struct Words {
  std::string name, file, review, instructions, retrain, into;
  std::optional<int64_t> after, labellers;
  bool rollout = false, off = false;
  bool any() const {
    return !file.empty() || !review.empty() || !instructions.empty() || !retrain.empty() || !into.empty() ||
           after || labellers || rollout;
  }
};
Words words;

// The file's, or what there is already; and what options say besides.
Result<Json> Spec(ApiClient& client, const std::string& path) {
  Json spec = Json::object();
  if (!words.file.empty()) {
    TRY(spec, ReadYamlMap(words.file, "a loop is"));
  } else if (const auto before = client.Get(path)) {
    for (const char* field : {"labelling", "into", "retrain", "rollout"}) spec[field] = (*before)[field];
  } else if (before.error().code != ErrorCode::kNotFound) {
    return before.error();
  }
  if (words.after) spec["labelling"]["after"] = *words.after;
  if (words.labellers) spec["labelling"]["labellers"] = *words.labellers;
  if (!words.review.empty()) spec["labelling"]["review"] = words.review;
  if (!words.instructions.empty()) spec["labelling"]["instructions"] = words.instructions;
  if (!words.into.empty())
    spec["into"] = words.into == "none" ? Json(nullptr) : Json{{"dataset", words.into}};
  if (!words.retrain.empty()) {
    TRY(spec["retrain"], ReadFile(words.retrain, kLargestRecipe));
  }
  if (words.rollout) spec["rollout"] = true;
  return spec;
}

void PrintLoop(const Json& loop) {
  const Json& labelling = loop["labelling"];
  const bool trains = !loop["retrain"].is_null();
  fmt::print("after {} cases: a labelling by {}, review {}{}{}\n", TextOf(labelling, "after"),
             TextOf(labelling, "labellers"), TextOf(labelling, "review"),
             loop["into"].is_null() ? ""
                                    : fmt::format(", into {} ({})", TextOf(loop["into"], "dataset"),
                                                  TextOf(loop["into"], "split")),
             !trains                        ? ""
             : loop.value("rollout", false) ? "; then training, and a rollout through the gates"
                                            : "; then training, and a person who rolls it out");
  const Json& round = loop["round"];
  if (round.is_null()) return;
  const std::string phase = TextOf(round, "phase");
  fmt::print("{} cases, {}: {}", TextOf(round, "rows"), TextOf(round, "dataset"), phase);
  if (phase == "over") fmt::print(", {}", TextOf(round, "message"));
  if (phase == "labelling") fmt::print(", sinter data label next {}", TextOf(round, "labelling"));
  if (phase == "training") fmt::print(", job {}", TextOf(round, "job"));
  fmt::print("\n");
}

Status Loop(const CliContext& context, ApiClient& client) {
  const std::string path = fmt::format("/services/{}/cases/loop", EscapeSegment(words.name));
  if (words.off) {
    if (words.any()) return InvalidArgument("--off stands alone");
    TRY_STATUS(client.Delete(path));
    if (context.json) fmt::print("{{}}\n");
    return {};
  }
  Json loop;
  if (words.any()) {
    TRY(const Json spec, Spec(client, path));
    TRY(loop, client.Put(path, spec));
  } else {
    TRY(loop, client.Get(path));
  }
  if (context.json) {
    fmt::print("{}\n", loop.dump());
    return {};
  }
  PrintLoop(loop);
  const std::string model = loop["round"].is_null() ? "" : TextOf(loop["round"], "model");
  if (model.empty()) return {};
  // What became of it is the rollout's to say.
  TRY(const Json rollouts, client.Get(fmt::format("/services/{}/rollouts", EscapeSegment(words.name))));
  for (const Json& rollout : rollouts["items"]) {
    if (TextOf(rollout["to"], "model") != model) continue;
    fmt::print("the rollout of {} is {}: {}\n", model, TextOf(rollout, "state"), TextOf(rollout, "reason"));
    break;
  }
  return {};
}

}  // namespace

void AddServiceLoopCommand(CLI::App& service, CliContext& context) {
  CLI::App* loop =
      AddVerb(service, context, "loop",
              "Kept cases become a labelling by themselves, its labels a model; alone: how far it is",
              [&context](ApiClient& client) { return Loop(context, client); });
  loop->add_option("name", words.name, "The service")->required();
  loop->add_option("--after", words.after, "So many kept cases that no labelling has yet");
  loop->add_option("--labellers", words.labellers, "Answers wanted for each");
  loop->add_option("--review", words.review, "none, disagreements or all");
  loop->add_option("--instructions", words.instructions, "For the labellers");
  loop->add_option("--into", words.into,
                   "The data set whose split train gets the labelled rows; none: no longer");
  loop->add_option("--retrain", words.retrain, "A recipe's file: it trains on what is committed");
  loop->add_flag("--auto-rollout", words.rollout, "What was trained goes through the gates without a person");
  loop->add_option("--spec", words.file, "All of it in a file, YAML or JSON; options go before it");
  loop->add_flag("--off", words.off, "No longer; what was made stays");
}

}  // namespace sinter
