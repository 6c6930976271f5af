// From a sweep to its trials.
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/random.h"
#include "base/yaml_text.h"
#include "platform/runs/sweep_spec.h"

namespace sinter {
namespace {

YamlNode Scalar(std::string text) {
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.scalar = std::move(text);
  return node;
}

// Puts a value where the path leads; maps that are not there are made, items of lists are not.
Status SetAt(YamlNode& root, std::string_view path, const YamlNode& value) {
  YamlNode* node = &root;
  std::string_view rest = path;
  const auto fail = [&](std::string_view part) {
    return InvalidArgument(fmt::format("parameter {}: the recipe has no place for '{}'", path, part),
                           "parts are names joined by dots; a number picks an item of a list, from 0");
  };
  for (int depth = 0; !rest.empty(); ++depth) {
    const size_t dot = rest.find('.');
    const std::string_view part = rest.substr(0, dot);
    rest = dot == rest.npos ? std::string_view() : rest.substr(dot + 1);
    if (part.empty() || depth > 16) return fail(part);
    if (node->kind == YamlNode::Kind::kSequence) {
      size_t index = 0;
      const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
      if (error != std::errc() || end != part.data() + part.size() || index >= node->items.size())
        return fail(part);
      node = &node->items[index];
      continue;
    }
    if (node->kind == YamlNode::Kind::kScalar) return fail(part);
    node->kind = YamlNode::Kind::kMap;
    YamlNode* next = nullptr;
    for (auto& [key, field] : node->fields)
      if (key.scalar == part) next = &field;
    if (next == nullptr) {
      node->fields.push_back({Scalar(std::string(part)), YamlNode()});
      next = &node->fields.back().second;
    }
    node = next;
  }
  *node = value;
  return {};
}

// The value of one parameter in one trial.
YamlNode Draw(const SweepParameter& parameter, uint64_t seed, uint64_t stream, uint64_t trial) {
  using Kind = SweepParameter::Kind;
  const double share = RandomUniform(seed, stream, trial);
  switch (parameter.kind) {
    case Kind::kChoice:
      return parameter.choices[RandomBelow(seed, stream, trial, parameter.choices.size())];
    case Kind::kInt: {
      const auto width = static_cast<uint64_t>(parameter.hi - parameter.lo) + 1;
      return Scalar(fmt::format("{}", static_cast<int64_t>(parameter.lo) +
                                          static_cast<int64_t>(RandomBelow(seed, stream, trial, width))));
    }
    // Six digits: as much as people read, and the text is exactly what is trained.
    case Kind::kUniform:
      return Scalar(fmt::format("{:.6g}", parameter.lo + share * (parameter.hi - parameter.lo)));
    case Kind::kLogUniform:
      return Scalar(fmt::format(
          "{:.6g}",
          std::exp(std::log(parameter.lo) + share * (std::log(parameter.hi) - std::log(parameter.lo)))));
  }
  return {};
}

Result<int64_t> CountTrials(const SweepSpec& sweep) {
  if (sweep.random) return sweep.trials;
  int64_t trials = 1;
  for (const SweepParameter& parameter : sweep.parameters) {
    trials *= static_cast<int64_t>(parameter.choices.size());
    if (trials > kMostTrials)
      return InvalidArgument(fmt::format("the grid has more than {} trials", kMostTrials),
                             "fewer values, or search: random");
  }
  return trials;
}

}  // namespace

Result<std::vector<SweepTrial>> ExpandSweep(const SweepSpec& sweep, const YamlNode& recipe) {
  TRY(const int64_t count, CountTrials(sweep));
  std::vector<SweepTrial> trials;
  for (int64_t t = 0; t < count; ++t) {
    YamlNode node = recipe;
    SweepTrial trial;
    TRY_STATUS(SetAt(node, "name", Scalar(sweep.name)));
    std::vector<YamlNode> values(sweep.parameters.size());
    int64_t rest = t;
    for (size_t p = sweep.parameters.size(); p-- > 0;) {
      const SweepParameter& parameter = sweep.parameters[p];
      const auto choices = static_cast<int64_t>(parameter.choices.size());
      values[p] = sweep.random ? Draw(parameter, sweep.seed, p, static_cast<uint64_t>(t))
                               : parameter.choices[static_cast<size_t>(rest % choices)];
      if (!sweep.random) rest /= choices;
    }
    for (size_t p = 0; p < values.size(); ++p) {
      TRY_STATUS(SetAt(node, sweep.parameters[p].path, values[p]));
      trial.values.emplace_back(sweep.parameters[p].path, values[p].scalar);
    }
    trial.recipe = YamlText(node);
    trials.push_back(std::move(trial));
  }
  return trials;
}

}  // namespace sinter
