#include "server/api/best_run_api.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/hub/card.h"
#include "server/api/repository_api.h"
#include "server/api/routes.h"

namespace sinter {
namespace {

constexpr size_t kLooked = 1000;
constexpr const char* kTies = "equal values: the run that was created first, then by id";

// The runs and their figures, and among them the order.
struct Found {
  std::vector<RunFigures> runs;
  RankedRuns order;
};

Result<RunFigures> FiguresOf(Platform& platform, RunInfo run) {
  RunFigures result{std::move(run), {}};
  TRY(const auto last, platform.metrics().Last(result.run.id));
  for (const MetricPoint& point : last) result.figures[point.name] = point.value;
  double milliseconds = 0, core_seconds = 0;
  for (const RunAttempt& attempt : result.run.attempts) {
    milliseconds += static_cast<double>(std::max<int64_t>(0, attempt.ended_ms - attempt.started_ms));
    core_seconds += attempt.cpu_seconds;
  }
  result.figures["run/seconds"] = milliseconds / 1000;
  result.figures["run/core_seconds"] = core_seconds;
  if (!result.run.model.empty()) {
    // A model that was made by hand under that name, or removed, has no size here.
    if (const auto version = platform.repositories(RepositoryKind::kModel).Find(result.run.model))
      result.figures["model/bytes"] = static_cast<double>(version->bytes);
  }
  return result;
}

Result<Found> Find(Platform& platform, const BestRule& rule) {
  TRY_STATUS(CheckBestRule(rule));
  TRY(auto runs, platform.runs().List(kLooked));
  Found found;
  for (RunInfo& run : runs) {
    TRY(found.runs.emplace_back(), FiguresOf(platform, std::move(run)));
  }
  found.order = RankRuns(rule, found.runs);
  if (!found.order.ranked.empty()) return found;
  std::string why = fmt::format("no run can be chosen by: {}", BestRuleText(rule));
  for (size_t i = 0; i < found.order.refused.size() && i < 3; ++i)
    why +=
        fmt::format("; {}: {}", found.runs[found.order.refused[i].index].run.id, found.order.refused[i].why);
  return NotFound(std::move(why), "look at: sinter runs list");
}

Json FoundJson(const BestRule& rule, const Found& found, size_t limit) {
  Json items = Json::array(), refused = Json::array();
  for (const RankedRun& ranked : found.order.ranked) {
    if (items.size() >= limit) break;
    const RunFigures& run = found.runs[ranked.index];
    Json figures = Json::object();
    for (const auto& [name, value] : run.figures)
      if (std::isfinite(value)) figures[name] = value;
    items.push_back({{"run", run.run.id},
                     {"value", ranked.value},
                     {"model", run.run.model},
                     {"figures", std::move(figures)}});
  }
  for (const RefusedRun& one : found.order.refused) {
    if (refused.size() >= limit) break;
    refused.push_back({{"run", found.runs[one.index].run.id}, {"why", one.why}});
  }
  return {{"rule", BestRuleText(rule)},
          {"ties", kTies},
          {"candidates", found.order.ranked.size()},
          {"items", std::move(items)},
          {"refused", std::move(refused)}};
}

// A,B,C
std::vector<std::string> Split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
  }
  return parts;
}

Status SetGoal(BestRule& rule, std::string_view goal) {
  rule.maximise = goal == "max";
  if (goal == "max" || goal == "min") return {};
  return InvalidArgument("goal must be max or min");
}

Result<BestRule> RuleOfQuery(const HttpRequest& request) {
  BestRule rule;
  rule.figure = request.Query("figure");
  TRY_STATUS(SetGoal(rule, request.Query("goal", "max")));
  for (const std::string& pair : Split(request.Query("where"))) {
    const size_t equals = pair.find('=');
    if (equals == pair.npos) return InvalidArgument(fmt::format("where '{}': FIELD=VALUE is expected", pair));
    rule.where.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  }
  for (const std::string& text : Split(request.Query("bounds"))) {
    TRY(rule.bounds.emplace_back(), ParseRunBound(text));
  }
  return rule;
}

Result<BestRule> RuleOfBody(JsonReader& reader) {
  BestRule rule;
  rule.figure = reader.String("figure");
  TRY_STATUS(SetGoal(rule, reader.String("goal", "max")));
  const Json& where = reader.OptionalObject("where");
  for (const auto& [field, value] : where.items()) {
    if (!value.is_string()) return InvalidArgument("where holds texts");
    rule.where.emplace_back(field, value.get<std::string>());
  }
  for (const std::string& text : reader.Strings("bounds")) {
    TRY(rule.bounds.emplace_back(), ParseRunBound(text));
  }
  return rule;
}

// The files of the model, with what was chosen and how in its card.
Result<Manifest> WithChoice(Platform& platform, const RepositoryVersion& model, std::string_view name,
                            const std::string& section) {
  TRY(Manifest manifest, platform.repositories(RepositoryKind::kModel).ManifestOf(model));
  Card card;
  if (const ManifestFile* file = manifest.Find(kCardFile)) {
    TRY(const std::string text, platform.store().ReadText(file->sha256, kCardLimit));
    TRY(card, ParseCard(text));
  }
  card.name = name;
  card.body += section;
  TRY(const BlobInfo blob, platform.store().Put(CardText(card)));
  std::erase_if(manifest.files, [](const ManifestFile& file) { return file.path == kCardFile; });
  manifest.files.push_back({std::string(kCardFile), blob.size, blob.digest});
  return Manifest::Make(std::move(manifest.files));
}

}  // namespace

Result<Json> FindBestRun(Platform& platform, const BestRule& rule, size_t limit) {
  TRY(const Found found, Find(platform, rule));
  return FoundJson(rule, found, limit);
}

Result<Json> PublishBestRun(Platform& platform, const BestRule& rule, std::string_view name,
                            std::string_view who) {
  TRY(const Found found, Find(platform, rule));
  const RankedRun& best = found.order.ranked.front();
  const RunInfo& run = found.runs[best.index].run;
  Repositories& models = platform.repositories(RepositoryKind::kModel);
  TRY(const RepositoryVersion model, models.Find(run.model));
  const std::string text = BestRuleText(rule);
  const std::string section = fmt::format(
      "\n## Why this one\n\nThe best of {} runs by the rule `{}`: run {} with {} (model {}). Of {}.\n",
      found.order.ranked.size(), text, run.id, best.value, run.model, kTies);
  TRY(const Manifest manifest, WithChoice(platform, model, name, section));
  Json details = Json::parse(model.details, nullptr, false);
  if (!details.is_object()) details = Json::object();
  details["run"] = run.id;
  details["from"] = model.Ref();
  details["rule"] = {{"text", text}, {"value", best.value}, {"candidates", found.order.ranked.size()}};
  TRY(const Json manifest_json, ParseJson(ManifestText(manifest)));
  TRY(const Json version, AddVersion(platform, RepositoryKind::kModel, name,
                                     {{"manifest", manifest_json},
                                      {"details", std::move(details)},
                                      {"message", fmt::format("The best by: {}", text)}},
                                     who));
  Json json = FoundJson(rule, found, 10);
  json["published"] = version;
  return json;
}

std::vector<Route> BestRunRoutes(Platform& platform) {
  std::vector<Route> routes;
  const std::string path = "/sinter/v1/runs/best";
  routes.push_back(JsonRoute("GET", path, Access::kRead, "The best runs by a rule.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY(const BestRule rule, RuleOfQuery(r));
                               TRY(const int64_t limit, r.QueryInt("limit", 10, 1, 1000));
                               return FindBestRun(platform, rule, static_cast<size_t>(limit));
                             }));
  routes.push_back(JsonRoute("POST", path, Access::kWrite,
                             "The best run by a rule; its model becomes a version of another, with the rule.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY(const Json body, r.JsonBody());
                               JsonReader reader(body, "rule");
                               TRY(const BestRule rule, RuleOfBody(reader));
                               const std::string name = reader.String("publish", "");
                               TRY_STATUS(reader.Finish());
                               if (name.empty()) return FindBestRun(platform, rule, 10);
                               return PublishBestRun(platform, rule, name, r.principal.name);
                             }));
  return routes;
}

}  // namespace sinter
