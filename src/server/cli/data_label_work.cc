// sinter data label next, answer, undo, review, decide: the work itself, for scripts and for those without a
// browser.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/cli/data_commands.h"
#include "server/cli/output.h"

namespace sinter {
namespace {

struct Words {
  std::string name, labeller, label, value, comment, reason;
  int64_t item = 0, count = 1, after = 0, limit = 20;
  double seconds = 0;
  bool skip = false;
};
Words words;

std::string PathOf(std::string_view more) {
  return fmt::format("/labellings/{}{}", EscapeSegment(words.name), more);
}

// {"value"} or {"skip"}: of --class, --value or --skip exactly one.
Result<Json> Said() {
  if (!words.label.empty() + !words.value.empty() + words.skip != 1)
    return InvalidArgument("one of --class, --value and --skip is needed");
  if (words.skip) return Json{{"skip", true}};
  if (!words.label.empty()) return Json{{"value", {{"class", words.label}}}};
  auto value = ParseJson(words.value);
  if (!value) return std::move(value).error().In("--value");
  return Json{{"value", *std::move(value)}};
}

Json Labelled(Json body) {
  if (!words.labeller.empty()) body["labeller"] = words.labeller;
  return body;
}

std::string LabelText(const Json& value) {
  if (value.is_null()) return "";
  if (value.contains("class")) return TextOf(value, "class");
  return value.dump();
}

std::string ContentText(const Json& content) {
  const std::string kind = TextOf(content, "kind");
  if (kind == "text") return TextOf(content, "text").substr(0, 60);
  if (kind == "picture") return TextOf(content, "url");
  std::string text;
  for (const Json& cell : content["cells"]) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", TextOf(cell, "name"),
                        cell["value"].is_null() ? "-" : ValueText(cell["value"]));
  }
  return text;
}

Status Next(const CliContext& context, ApiClient& client) {
  TRY(const Json next, client.Post(PathOf("/next"), Labelled({{"count", words.count}})));
  if (context.json) {
    fmt::print("{}\n", next.dump());
    return {};
  }
  std::vector<std::vector<std::string>> rows{{"ITEM", "ROW", "CONTENT", "PRELABEL", "CONFIDENCE"}};
  for (const Json& item : next["items"]) {
    const Json& prelabel = item["prelabel"];
    rows.push_back({TextOf(item, "item"), TextOf(item, "row"), ContentText(item["content"]),
                    prelabel.is_null() ? "" : LabelText(prelabel["value"]),
                    prelabel.is_null() ? "" : TextOf(prelabel, "confidence")});
  }
  fmt::print("{}{} left\n", rows.size() > 1 ? Table(rows) : "", TextOf(next, "left"));
  return {};
}

Status Answer(const CliContext& context, ApiClient& client) {
  TRY(Json body, Said());
  body["seconds"] = words.seconds;
  body["comment"] = words.comment;
  TRY(const Json answered, client.Put(PathOf(fmt::format("/items/{}/answer", words.item)), Labelled(body)));
  if (context.json) {
    fmt::print("{}\n", answered.dump());
    return {};
  }
  const Json& gold = answered["gold"];
  if (!gold.is_null())
    fmt::print("{}\n", gold.value("right", false)
                           ? "right: a gold question"
                           : fmt::format("wrong: a gold question; it is {}", LabelText(gold["value"])));
  fmt::print("{} of {} done\n", TextOf(answered, "done"), TextOf(answered, "items"));
  return {};
}

Status Review(const CliContext& context, ApiClient& client) {
  TRY(const Json review,
      client.Get(PathOf(fmt::format("/review?after={}&limit={}", words.after, words.limit))));
  if (context.json) {
    fmt::print("{}\n", review.dump());
    return {};
  }
  std::vector<std::vector<std::string>> rows{{"ITEM", "ROW", "ANSWERS", "DECISION"}};
  for (const Json& item : review["items"]) {
    std::string answers;
    for (const Json& a : item["answers"])
      answers += fmt::format("{}{}: {}", answers.empty() ? "" : ", ", TextOf(a, "labeller"),
                             a.contains("value") ? LabelText(a["value"]) : "(skipped)");
    rows.push_back({TextOf(item, "item"), TextOf(item, "row"), answers, LabelText(item["decision"])});
  }
  fmt::print("{}", Table(rows));
  return {};
}

}  // namespace

void AddLabelWorkCommands(CLI::App& label, CliContext& context) {
  auto verb = [&](const char* word, const char* help, const auto& act) {
    CLI::App* command = AddVerb(label, context, word, help, act);
    command->add_option("name", words.name, "The labelling")->required();
    return command;
  };
  const auto by = [](CLI::App* command) {
    command->add_option("--labeller", words.labeller,
                        "Who says it (default: the token's name; others need an "
                        "admin's token)");
  };
  const auto what = [](CLI::App* command) {
    command->add_option("item", words.item, "Its number, as next gives it")->required();
    command->add_option("--class", words.label, "The class");
    command->add_option("--value", words.value, "The value as JSON: {\"boxes\":[...]}");
    command->add_flag("--skip", words.skip, "It cannot be told");
  };
  CLI::App* next = verb("next", "Hands out items, for ten minutes each",
                        [&context](ApiClient& client) { return Next(context, client); });
  next->add_option("--count", words.count, "How many")->check(CLI::Range(1, 100))->capture_default_str();
  by(next);
  CLI::App* answer = verb("answer", "Says what an item is",
                          [&context](ApiClient& client) { return Answer(context, client); });
  what(answer);
  answer->add_option("--seconds", words.seconds, "How long it took");
  answer->add_option("--comment", words.comment, "For the reviewer");
  by(answer);
  CLI::App* undo = verb("undo", "Takes the last answer back", [&context](ApiClient& client) -> Status {
    TRY(const Json undone, client.Post(PathOf("/undo"), Labelled(Json::object())));
    if (context.json)
      fmt::print("{}\n", undone.dump());
    else
      fmt::print("item {} is open again\n", TextOf(undone["item"], "item"));
    return {};
  });
  by(undo);
  CLI::App* review = verb("review", "Items that wait for a decision, or have one",
                          [&context](ApiClient& client) { return Review(context, client); });
  review->add_option("--after", words.after, "From this item on");
  review->add_option("--limit", words.limit, "How many")->check(CLI::Range(1, 200))->capture_default_str();
  CLI::App* decide = verb("decide", "A reviewer's word", [&context](ApiClient& client) -> Status {
    TRY(Json body, Said());
    body["reason"] = words.reason;
    TRY(const Json decided, client.Put(PathOf(fmt::format("/items/{}/decision", words.item)), body));
    if (context.json)
      fmt::print("{}\n", decided.dump());
    else
      fmt::print("item {}: {}\n", words.item, LabelText(decided["decision"]));
    return {};
  });
  what(decide);
  decide->add_option("--reason", words.reason, "Why");
}

}  // namespace sinter
