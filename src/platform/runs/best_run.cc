#include "platform/runs/best_run.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "base/yaml.h"

namespace sinter {
namespace {

constexpr size_t kMost = 20;

// The scalar at a path of names joined by dots; a number picks an item of a list.
std::optional<std::string> RecipeField(const YamlNode& recipe, std::string_view path) {
  const YamlNode* node = &recipe;
  while (node != nullptr && !path.empty()) {
    const size_t dot = path.find('.');
    const std::string_view part = path.substr(0, dot);
    path = dot == path.npos ? std::string_view() : path.substr(dot + 1);
    if (node->kind == YamlNode::Kind::kSequence) {
      size_t index = 0;
      const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
      const bool good = error == std::errc() && end == part.data() + part.size();
      node = good && index < node->items.size() ? &node->items[index] : nullptr;
    } else {
      node = node->Find(part);
    }
  }
  if (node == nullptr || node->kind != YamlNode::Kind::kScalar) return std::nullopt;
  return node->scalar;
}

// "fashion" stands for all versions of it.
bool NamesVersion(std::string_view ref, std::string_view wanted) {
  return ref == wanted || (ref.starts_with(wanted) && ref.substr(wanted.size()).starts_with('@'));
}

bool Matches(const RunInfo& run, const BestRule& rule) {
  std::optional<YamlNode> recipe;
  for (const auto& [field, value] : rule.where) {
    if (field == "dataset") {
      if (!NamesVersion(run.dataset, value)) return false;
    } else if (field == "model") {
      if (!NamesVersion(run.model, value)) return false;
    } else if (field == "created_by") {
      if (run.created_by != value) return false;
    } else if (field == "sweep") {
      if (run.sweep != value) return false;
    } else {
      if (!recipe) recipe = ParseYaml(run.recipe).value_or(YamlNode());
      if (RecipeField(*recipe, field == "recipe" ? "name" : field) != value) return false;
    }
  }
  return true;
}

// Empty: it may be chosen.
std::string WhyNot(const RunFigures& candidate, const BestRule& rule) {
  if (candidate.run.state != RunState::kSucceeded)
    return fmt::format("it is {}", RunStateName(candidate.run.state));
  const auto value = candidate.figures.find(rule.figure);
  if (value == candidate.figures.end()) return fmt::format("it has no {}", rule.figure);
  if (!std::isfinite(value->second)) return fmt::format("its {} is {}", rule.figure, value->second);
  for (const RunBound& bound : rule.bounds) {
    const auto figure = candidate.figures.find(bound.figure);
    if (figure == candidate.figures.end()) return fmt::format("it has no {}", bound.figure);
    const bool within = bound.at_most ? figure->second <= bound.value : figure->second >= bound.value;
    if (!within)  // NaN is never within
      return fmt::format("its {} is {}, not {} {}", bound.figure, figure->second,
                         bound.at_most ? "at most" : "at least", bound.value);
  }
  return "";
}

Status CheckName(std::string_view what, std::string_view name) {
  if (Status status = CheckRecordName(name); !status) return std::move(status).error().In(std::string(what));
  return {};
}

}  // namespace

Result<RunBound> ParseRunBound(std::string_view text) {
  const size_t at = text.find_first_of("<>");
  if (at == text.npos || at + 1 >= text.size() || text[at + 1] != '=')
    return InvalidArgument(fmt::format("'{}' is no bound", text.substr(0, 80)),
                           "FIGURE<=VALUE or FIGURE>=VALUE");
  RunBound bound;
  bound.figure = text.substr(0, at);
  bound.at_most = text[at] == '<';
  const std::string_view number = text.substr(at + 2);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), bound.value);
  if (number.empty() || error != std::errc() || end != number.data() + number.size() ||
      !std::isfinite(bound.value))
    return InvalidArgument(fmt::format("'{}' is no number", number.substr(0, 80)));
  TRY_STATUS(CheckName("bound", bound.figure));
  return bound;
}

Status CheckBestRule(const BestRule& rule) {
  TRY_STATUS(CheckName("figure", rule.figure));
  if (rule.bounds.size() > kMost || rule.where.size() > kMost)
    return InvalidArgument(fmt::format("at most {} bounds and {} conditions", kMost, kMost));
  for (const RunBound& bound : rule.bounds) {
    TRY_STATUS(CheckName("bound", bound.figure));
    if (!std::isfinite(bound.value)) return InvalidArgument("a bound is no finite number");
  }
  for (const auto& [field, value] : rule.where) {
    TRY_STATUS(CheckName("where", field));
    TRY_STATUS(CheckName("where " + field, value));
  }
  return {};
}

std::string BestRuleText(const BestRule& rule) {
  std::string text = fmt::format("{} {}", rule.maximise ? "max" : "min", rule.figure);
  for (size_t i = 0; i < rule.where.size(); ++i)
    text += fmt::format("{}{}={}", i == 0 ? " where " : ", ", rule.where[i].first, rule.where[i].second);
  for (size_t i = 0; i < rule.bounds.size(); ++i)
    text += fmt::format("{}{}{}{}", i == 0 ? " with " : ", ", rule.bounds[i].figure,
                        rule.bounds[i].at_most ? "<=" : ">=", rule.bounds[i].value);
  return text;
}

RankedRuns RankRuns(const BestRule& rule, std::span<const RunFigures> runs) {
  RankedRuns result;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (!Matches(runs[i].run, rule)) continue;
    if (std::string why = WhyNot(runs[i], rule); !why.empty())
      result.refused.push_back({i, std::move(why)});
    else
      result.ranked.push_back({i, runs[i].figures.find(rule.figure)->second});
  }
  std::ranges::sort(result.ranked, [&](const RankedRun& a, const RankedRun& b) {
    if (a.value != b.value) return (a.value > b.value) == rule.maximise;
    const RunInfo &x = runs[a.index].run, &y = runs[b.index].run;
    return std::tie(x.created_ms, x.id) < std::tie(y.created_ms, y.id);
  });
  return result;
}

}  // namespace sinter
