#include "training/trainer/recipe.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "training/trainer/recipe_fields.h"

namespace sinter {
namespace {

std::optional<std::array<int64_t, 2>> Size(const FieldValues& fields, std::string_view path) {
  if (!fields.Has(path)) return std::nullopt;
  const std::vector<double> numbers = fields.Numbers(path);
  const auto first = static_cast<int64_t>(numbers[0]);
  return std::array<int64_t, 2>{first, numbers.size() > 1 ? static_cast<int64_t>(numbers[1]) : first};
}

// "- flatten" or "- dense: {units: 10}".
Result<Layer> ReadLayer(const YamlNode& node) {
  YamlNode name = node, body;
  body.line = node.line;
  body.column = node.column;
  if (node.kind == YamlNode::Kind::kMap && node.fields.size() == 1) {
    name = node.fields[0].first;
    body = node.fields[0].second;
  } else if (node.kind != YamlNode::Kind::kScalar) {
    return node.Invalid("a layer is a name, or a name with its fields: '- dense: {units: 10}'");
  }
  const auto kind = ParseLayerKind(name.scalar);
  if (!kind) {
    return name.Invalid(fmt::format("there is no layer '{}'", name.scalar),
                        "dense, conv2d, max_pool, avg_pool, global_avg_pool, flatten, dropout, batch_norm, "
                        "layer_norm, activation");
  }
  const std::string prefix = name.scalar + ".";
  TRY(const FieldValues fields, FieldValues::Read(body, LayerFields(), prefix));
  Layer layer;
  layer.kind = *kind;
  layer.units = fields.Int(prefix + (*kind == LayerKind::kConv2d ? "filters" : "units"));
  layer.kernel = Size(fields, prefix + "kernel");
  layer.stride = Size(fields, prefix + "stride");
  layer.same_padding = fields.Text(prefix + "padding") == "same";
  if (fields.Has(prefix + "bias")) layer.bias = fields.Flag(prefix + "bias");
  const std::string activation =
      fields.Text(prefix + (*kind == LayerKind::kActivation ? "kind" : "activation"));
  if (!activation.empty()) layer.activation = ParseActivation(activation).value_or(Activation::kNone);
  if (*kind == LayerKind::kDropout) layer.rate = fields.Number("dropout.rate");
  if (*kind == LayerKind::kBatchNorm) layer.momentum = fields.Number("batch_norm.momentum");
  if (*kind == LayerKind::kBatchNorm || *kind == LayerKind::kLayerNorm)
    layer.epsilon = fields.Number(prefix + "epsilon");
  return layer;
}

}  // namespace

Result<Recipe> ParseRecipe(std::string_view text) {
  TRY(const YamlNode root, ParseYaml(text));
  TRY(const FieldValues fields, FieldValues::Read(root, RecipeFields(), ""));
  Recipe recipe;
  recipe.text = text;
  recipe.name = fields.Text("name");
  recipe.dataset = fields.Text("data.dataset");
  recipe.train_split = fields.Text("data.train");
  recipe.test_split = fields.Text("data.test");
  recipe.features = fields.Texts("data.features");
  recipe.onnx = fields.Text("model.onnx");
  if (const YamlNode* layers = fields.Node("model.layers")) {
    if (!recipe.onnx.empty()) return layers->Invalid("a model has layers or an ONNX file, not both");
    for (const YamlNode& layer : layers->items) {
      TRY(recipe.layers.emplace_back(), ReadLayer(layer));
    }
  } else if (recipe.onnx.empty()) {
    return root.Invalid("the model is missing", "give model.layers, or model.onnx");
  }
  recipe.dtype = fields.Text("model.precision") == "f64" ? DType::kF64 : DType::kF32;
  recipe.scale = fields.Number("input.scale");
  recipe.mean = fields.Numbers("input.mean");
  recipe.deviation = fields.Numbers("input.deviation");
  recipe.loss = fields.Text("loss");
  recipe.metrics = fields.Texts("metrics");
  const std::string optimizer = fields.Text("optimizer.kind");
  OptimizerSpec& o = recipe.optimizer;
  o.kind = optimizer == "adam"    ? OptimizerSpec::Kind::kAdam
           : optimizer == "adamw" ? OptimizerSpec::Kind::kAdamW
                                  : OptimizerSpec::Kind::kSgd;
  o.momentum = fields.Number("optimizer.momentum");
  o.nesterov = fields.Flag("optimizer.nesterov");
  o.beta1 = fields.Number("optimizer.beta1");
  o.beta2 = fields.Number("optimizer.beta2");
  o.epsilon = fields.Number("optimizer.epsilon");
  o.weight_decay = fields.Number("optimizer.weight_decay");
  o.clip_norm = fields.Number("optimizer.clip_norm");
  recipe.learning_rate = fields.Number("optimizer.learning_rate");
  const std::string schedule = fields.Text("schedule.kind");
  recipe.schedule.kind = schedule == "cosine" ? ScheduleKind::kCosine
                         : schedule == "step" ? ScheduleKind::kStep
                                              : ScheduleKind::kConstant;
  recipe.schedule.warmup_steps = fields.Int("schedule.warmup_steps");
  recipe.schedule.final_share = fields.Number("schedule.final_share");
  recipe.schedule.factor = fields.Number("schedule.factor");
  recipe.schedule.every_epochs = fields.Int("schedule.every_epochs");
  recipe.augmentation.shift = fields.Int("augment.shift");
  recipe.augmentation.flip = fields.Flag("augment.flip");
  recipe.epochs = fields.Int("epochs");
  recipe.batch_size = fields.Int("batch_size");
  recipe.seed = static_cast<uint64_t>(fields.Int("seed"));
  recipe.checkpoint_every = fields.Int("checkpoint.every_steps");
  return recipe;
}

double LearningRateAt(const Recipe& recipe, int64_t step, int64_t steps_per_epoch) {
  const Schedule& s = recipe.schedule;
  const double rate = recipe.learning_rate;
  if (step <= s.warmup_steps) return rate * static_cast<double>(step) / static_cast<double>(s.warmup_steps);
  const int64_t total = recipe.epochs * steps_per_epoch;
  switch (s.kind) {
    case ScheduleKind::kConstant:
      return rate;
    case ScheduleKind::kCosine: {
      const double progress = static_cast<double>(step - s.warmup_steps) /
                              static_cast<double>(std::max<int64_t>(1, total - s.warmup_steps));
      const double wave = 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, progress)));
      return rate * (s.final_share + (1 - s.final_share) * wave);
    }
    case ScheduleKind::kStep: {
      const int64_t epoch = (step - 1) / std::max<int64_t>(1, steps_per_epoch);
      const int64_t decays = epoch / s.every_epochs;  // whole ones: the rate falls in steps
      return rate * std::pow(s.factor, static_cast<double>(decays));
    }
  }
  return rate;
}

}  // namespace sinter
