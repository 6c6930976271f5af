#include "platform/tracking/recipe_parameters.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/yaml.h"

namespace sinter {
namespace {

constexpr size_t kMost = 500;
constexpr size_t kLongestKey = 250, kLongestValue = 6'000;

void Collect(const YamlNode& node, const std::string& path, TagMap& parameters) {
  const auto below = [&](std::string_view name) {
    return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
  };
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return;
    case YamlNode::Kind::kScalar:
      if (!path.empty() && path.size() <= kLongestKey && node.scalar.size() <= kLongestValue &&
          parameters.size() < kMost)
        parameters.emplace(path, node.scalar);
      return;
    case YamlNode::Kind::kSequence:
      for (size_t i = 0; i < node.items.size(); ++i)
        Collect(node.items[i], below(fmt::format("{}", i)), parameters);
      return;
    case YamlNode::Kind::kMap:
      for (const YamlField& field : node.fields) Collect(field.second, below(field.first.scalar), parameters);
      return;
  }
}

}  // namespace

TagMap RecipeParameters(std::string_view recipe) {
  TagMap parameters;
  if (const auto root = ParseYaml(recipe)) Collect(*root, "", parameters);
  return parameters;
}

RunBatch NotesOfTraining(const RunInfo& run) {
  RunBatch batch;
  for (auto& [key, value] : RecipeParameters(run.recipe))
    batch.notes.push_back({RunNote::kParameter, key, value});
  const std::string digest = run.dataset_version.Hex();
  const Json input = {{"dataset",
                       {{"name", run.dataset.substr(0, run.dataset.find('@'))},
                        {"digest", digest.substr(0, 36)},
                        {"source_type", "sinter"},
                        {"source", run.dataset}}},
                      {"tags", {{{"key", "mlflow.data.context"}, {"value", "training"}}}}};
  batch.notes.push_back({RunNote::kDataset, digest, input.dump()});
  return batch;
}

}  // namespace sinter
