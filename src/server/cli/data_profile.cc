// sinter data profile: what is in a version, for people.
#include <algorithm>
#include <functional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "server/cli/data_commands.h"
#include "server/cli/output.h"

namespace sinter {
namespace {

std::string ref, split = "train", out, model;

std::string Figure(const Json& column, std::string_view field) {
  const auto found = column.find(field);
  return found == column.end() || !found->is_number() ? "" : fmt::format("{:.6g}", found->get<double>());
}

// The median, where there are quantiles.
std::string Median(const Json& column) {
  for (const Json& q : column.value("quantiles", Json::array())) {
    if (q[0] == 0.5) return fmt::format("{:.6g}", q[1].get<double>());
  }
  return "";
}

// "red 210, blue 190 ...": of a class, the frequent ones.
std::string ClassesText(const Json& column) {
  constexpr size_t kShown = 8;
  std::vector<std::pair<int64_t, std::string>> counts;
  for (const Json& c : column.value("classes", Json::array()))
    counts.emplace_back(c.value("rows", int64_t{0}), TextOf(c, "name"));
  std::ranges::stable_sort(counts, std::greater(), &std::pair<int64_t, std::string>::first);
  std::string text;
  for (size_t i = 0; i < counts.size() && i < kShown; ++i)
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", counts[i].second, counts[i].first);
  return text + (counts.size() > kShown ? " ..." : "");
}

std::string Places(const Json& pairs) {
  std::string text;
  for (size_t i = 0; i < pairs.size() && i < 3; ++i) {
    const Json &first = pairs[i]["first"], &again = pairs[i]["again"];
    text += fmt::format("{}{} {} = {} {}", i == 0 ? "" : ", ", TextOf(again, "split"), TextOf(again, "row"),
                        TextOf(first, "split"), TextOf(first, "row"));
  }
  return text;
}

void PrintSplit(const Json& s) {
  fmt::print("\n{}: {} rows, {} duplicates ({} of rows in earlier splits)\n", TextOf(s, "name"),
             TextOf(s, "rows"), TextOf(s, "duplicates"), TextOf(s, "in_earlier_splits"));
  if (s.value("contradictions", 0) > 0)
    fmt::print("  {} of them have another class\n", TextOf(s, "contradictions"));
  if (s.value("near_duplicates", 0) + s.value("near_in_earlier_splits", 0) > 0)
    fmt::print("  {} near duplicates, {} of rows in earlier splits\n", TextOf(s, "near_duplicates"),
               TextOf(s, "near_in_earlier_splits"));
  std::vector<std::vector<std::string>> rows{
      {"column", "kind", "missing", "distinct", "min", "median", "max", "mean", "std"}};
  for (const Json& column : s.value("columns", Json::array())) {
    const bool text = column.value("kind", "") == "text";
    if (column.value("kind", "") == "class") {  // its indexes have no mean
      const Json classes = column.value("classes", Json::array());
      rows.push_back({TextOf(column, "name"), "class", TextOf(column, "missing"),
                      std::to_string(std::ranges::count_if(
                          classes, [](const Json& c) { return c.value("rows", int64_t{0}) > 0; })),
                      "", "", "", "", ""});
      continue;
    }
    rows.push_back({TextOf(column, "name"), text ? "text (characters)" : TextOf(column, "kind"),
                    TextOf(column, "missing"), TextOf(column, "distinct"), Figure(column, "min"),
                    Median(column), Figure(column, "max"), Figure(column, "mean"), Figure(column, "std")});
  }
  fmt::print("{}", Table(rows));
  for (const Json& column : s.value("columns", Json::array())) {
    const bool label = column.value("classes", Json()) == s.value("classes", Json());  // told below
    const std::string classes = label ? "" : ClassesText(column);
    if (!classes.empty()) fmt::print("  {}: {}\n", TextOf(column, "name"), classes);
    const Json personal = column.value("personal", Json::object());
    for (const auto& [kind, count] : personal.items())
      fmt::print("  {} values of '{}' look like personal data: {}\n", count.dump(), TextOf(column, "name"),
                 kind);
  }
  std::vector<std::vector<std::string>> counts{{"class", "rows"}};
  for (const Json& c : s.value("classes", Json::array()))
    counts.push_back({TextOf(c, "name"), TextOf(c, "rows")});
  if (counts.size() > 1) fmt::print("\n{}", Table(counts));
}

void PrintSuspects(const Json& suspects) {
  fmt::print("\nlabels against {}\n", TextOf(suspects, "model"));
  std::vector<std::vector<std::string>> rows{{"split", "rows", "differing", "suspect"}};
  for (const Json& s : suspects["splits"])
    rows.push_back({TextOf(s, "name"), TextOf(s, "rows"), TextOf(s, "differing"), TextOf(s, "suspects")});
  fmt::print("{}", Table(rows));
  std::vector<std::vector<std::string>> examples{{"split", "row", "label", "model says", "with"}};
  for (const Json& e : suspects["examples"]) {
    if (examples.size() > 20) break;
    examples.push_back({TextOf(e, "split"), TextOf(e, "row"), TextOf(e, "label"), TextOf(e, "predicted"),
                        fmt::format("{:.3f}", e.value("probability", 0.0))});
  }
  if (examples.size() > 1) fmt::print("\n{}", Table(examples));
}

Status Profile(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  const std::string path = fmt::format("/datasets/{}", EscapeSegment(ref));
  TRY(Json all, client->Get(path + "/profile"));
  if (!model.empty()) {
    TRY(all["suspects"], client->Get(fmt::format("{}/suspects?model={}", path, EscapeSegment(model))));
  }
  if (!out.empty()) {
    TRY(const std::string png,
        client->GetBytes(fmt::format("{}/samples?split={}", path, EscapeSegment(split))));
    TRY_STATUS(WriteFileAtomically(out, png));
    fmt::print(stderr, "samples of {} written to {}\n", split, out);
  }
  if (context.json) {
    fmt::print("{}\n", all.dump());
    return {};
  }
  const Json& profile = all["profile"];
  fmt::print("{}\n", all["version"].value("ref", ""));
  for (const Json& s : profile["splits"]) PrintSplit(s);
  if (const Json& pairs = profile["duplicate_examples"]; !pairs.empty())
    fmt::print("\nduplicates: {}\n", Places(pairs));
  if (const Json& pairs = profile["near_examples"]; !pairs.empty())
    fmt::print("near duplicates ({}): {}\n", TextOf(profile, "near_method"), Places(pairs));
  if (!model.empty()) PrintSuspects(all["suspects"]);
  return {};
}

}  // namespace

void AddDataProfileCommand(CLI::App& data, CliContext& context) {
  CLI::App* profile = data.add_subcommand(
      "profile", "Counts, classes, ranges, duplicates, leaks between splits, samples, suspect labels");
  profile->add_option("ref", ref, "NAME or NAME@VERSION")->required();
  profile->add_option("--samples", out, "Write samples of each class to this PNG file");
  profile->add_option("--split", split, "Of which split the samples are")->capture_default_str();
  profile->add_option("--model", model, "A model that says which labels are suspect: NAME or NAME@VERSION");
  AddPlatformOptions(*profile, context);
  profile->callback([&context] { context.action = [&context] { return Profile(context); }; });
}

}  // namespace sinter
