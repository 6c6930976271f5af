#include "training/trainer/recipe_fields.h"

#include <algorithm>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr double kHuge = 1e12;

constexpr RecipeField kRecipe[] = {
    {"name", FieldKind::kText, "What the run and its model are called.", true},
    {"data.dataset", FieldKind::kText, "The data set: a name, or NAME@VERSION.", true},
    {"data.train", FieldKind::kText, "The split to learn from.", false, "train"},
    {"data.test", FieldKind::kText, "The split to measure on.", false, "test"},
    {"data.features", FieldKind::kTexts,
     "Of a table: the columns to learn from, numbers and classes; all of them but the label when absent.",
     false, "[]"},
    {"model.onnx", FieldKind::kText, "An ONNX file whose model is trained further; instead of layers."},
    {"model.layers", FieldKind::kLayers, "The layers, one after another."},
    {"model.precision", FieldKind::kText, "What weights and sums are held in.", false, "f32", 0, 0,
     "f32|f64"},
    {"input.scale", FieldKind::kNumber, "What values are multiplied by before anything else.", false, "1",
     -kHuge, kHuge},
    {"input.mean", FieldKind::kNumbers, "Taken from the scaled values: one number, or one a channel.", false,
     "[0]", -kHuge, kHuge},
    {"input.deviation", FieldKind::kNumbers, "What they are then divided by.", false, "[1]", 1e-12, kHuge},
    {"loss", FieldKind::kText, "What is made small.", false, "cross_entropy", 0, 0, "cross_entropy"},
    {"metrics", FieldKind::kTexts, "What is measured on the test split.", false, "[accuracy]", 0, 0,
     "accuracy|macro_f1|calibration"},
    {"optimizer.kind", FieldKind::kText, "How weights follow gradients.", false, "sgd", 0, 0,
     "sgd|adam|adamw"},
    {"optimizer.learning_rate", FieldKind::kNumber, "The size of a step.", true, "", 0, 1000},
    {"optimizer.momentum", FieldKind::kNumber, "Of sgd: the share of the last step that goes on.", false,
     "0.9", 0, 0.9999},
    {"optimizer.nesterov", FieldKind::kFlag, "Of sgd: look ahead by the momentum.", false, "false"},
    {"optimizer.beta1", FieldKind::kNumber, "Of adam and adamw.", false, "0.9", 0, 0.999999},
    {"optimizer.beta2", FieldKind::kNumber, "Of adam and adamw.", false, "0.999", 0, 0.999999},
    {"optimizer.epsilon", FieldKind::kNumber, "Of adam and adamw.", false, "1e-8", 1e-30, 1},
    {"optimizer.weight_decay", FieldKind::kNumber, "Draws weights (not biases) to zero.", false, "0", 0, 100},
    {"optimizer.clip_norm", FieldKind::kNumber, "The largest norm of all gradients together; 0: any.", false,
     "0", 0, kHuge},
    {"schedule.kind", FieldKind::kText, "How the learning rate changes.", false, "constant", 0, 0,
     "constant|cosine|step"},
    {"schedule.warmup_steps", FieldKind::kInt, "Steps over which the rate grows from 0.", false, "0", 0, 1e9},
    {"schedule.final_share", FieldKind::kNumber, "Of cosine: the rate at the end, as a share.", false, "0", 0,
     1},
    {"schedule.factor", FieldKind::kNumber, "Of step: what the rate is multiplied by.", false, "0.1", 0, 1},
    {"schedule.every_epochs", FieldKind::kInt, "Of step: how often.", false, "1", 1, 1e6},
    {"augment.shift", FieldKind::kInt, "Pictures move by up to so many pixels.", false, "0", 0, 64},
    {"augment.flip", FieldKind::kFlag, "Pictures are mirrored half of the time.", false, "false"},
    {"epochs", FieldKind::kInt, "How often the whole split is seen.", true, "", 1, 100000},
    {"batch_size", FieldKind::kInt, "Examples of one step, over all ranks.", true, "", 1, 65536},
    {"seed", FieldKind::kInt, "Where all random numbers come from.", false, "0", 0, 9e15},
    {"checkpoint.every_steps", FieldKind::kInt, "0: at the end of each epoch.", false, "0", 0, 1e9},
};

constexpr std::string_view kActivationChoices = "none|relu|leaky_relu|elu|gelu|silu|sigmoid|tanh|softplus";

constexpr RecipeField kLayers[] = {
    {"dense.units", FieldKind::kInt, "Outputs.", true, "", 1, 1e6},
    {"dense.activation", FieldKind::kText, "What follows.", false, "none", 0, 0, kActivationChoices},
    {"dense.bias", FieldKind::kFlag, "Whether one is added.", false, "true"},
    {"conv2d.filters", FieldKind::kInt, "Outputs.", true, "", 1, 65536},
    {"conv2d.kernel", FieldKind::kSize, "One number, or [rows, columns].", false, "3", 1, 255},
    {"conv2d.stride", FieldKind::kSize, "One number, or [rows, columns].", false, "1", 1, 255},
    {"conv2d.padding", FieldKind::kText, "same: the output is as large as the input (over the stride).",
     false, "valid", 0, 0, "same|valid"},
    {"conv2d.activation", FieldKind::kText, "What follows.", false, "none", 0, 0, kActivationChoices},
    {"conv2d.bias", FieldKind::kFlag, "Whether one is added.", false, "true"},
    {"max_pool.kernel", FieldKind::kSize, "One number, or [rows, columns].", false, "2", 1, 255},
    {"max_pool.stride", FieldKind::kSize, "The kernel's size when absent.", false, "", 1, 255},
    {"max_pool.padding", FieldKind::kText, "As of conv2d.", false, "valid", 0, 0, "same|valid"},
    {"avg_pool.kernel", FieldKind::kSize, "One number, or [rows, columns].", false, "2", 1, 255},
    {"avg_pool.stride", FieldKind::kSize, "The kernel's size when absent.", false, "", 1, 255},
    {"avg_pool.padding", FieldKind::kText, "As of conv2d.", false, "valid", 0, 0, "same|valid"},
    {"dropout.rate", FieldKind::kNumber, "The probability of zero.", false, "0.5", 0, 0.99},
    {"batch_norm.momentum", FieldKind::kNumber, "Share of the old running statistics.", false, "0.9", 0,
     0.9999},
    {"batch_norm.epsilon", FieldKind::kNumber, "Added to the variance.", false, "1e-5", 1e-12, 1},
    {"layer_norm.epsilon", FieldKind::kNumber, "Added to the variance.", false, "1e-5", 1e-12, 1},
    {"activation.kind", FieldKind::kText, "Which.", true, "", 0, 0, kActivationChoices},
};

bool IsChoice(std::string_view choices, std::string_view word) {
  while (!choices.empty()) {
    const size_t end = choices.find('|');
    if (choices.substr(0, end) == word) return true;
    choices = end == std::string_view::npos ? std::string_view() : choices.substr(end + 1);
  }
  return false;
}

std::string List(std::string_view choices) {
  std::string text(choices);
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos;) text.replace(at, 1, ", ");
  return text;
}

Status CheckNumber(const RecipeField& field, const YamlNode& node) {
  const bool whole = field.kind == FieldKind::kInt || field.kind == FieldKind::kSize;
  double value = 0;
  if (whole) {
    TRY(const int64_t integer, YamlInt(node));
    value = static_cast<double>(integer);
  } else {
    TRY(value, YamlNumber(node));
  }
  if (value >= field.lo && value <= field.hi) return {};
  return node.Invalid(
      fmt::format("{} must be in {}..{}, not {}", field.path, field.lo, field.hi, node.scalar));
}

Status CheckText(const RecipeField& field, const YamlNode& node) {
  TRY(const std::string text, YamlString(node));
  if (text.empty()) return node.Invalid(fmt::format("{} is empty", field.path));
  if (field.choices.empty() || IsChoice(field.choices, text)) return {};
  return node.Invalid(fmt::format("{} '{}' is not offered", field.path, text),
                      fmt::format("one of {}", List(field.choices)));
}

Status Check(const RecipeField& field, const YamlNode& node) {
  const bool list = node.kind == YamlNode::Kind::kSequence;
  auto each = [&](auto check) -> Status {
    if (!list) return check(field, node);
    if (node.items.empty()) return node.Invalid(fmt::format("{} is an empty list", field.path));
    for (const YamlNode& item : node.items) TRY_STATUS(check(field, item));
    return {};
  };
  switch (field.kind) {
    case FieldKind::kText:
      return CheckText(field, node);
    case FieldKind::kInt:
    case FieldKind::kNumber:
      return CheckNumber(field, node);
    case FieldKind::kFlag: {
      TRY([[maybe_unused]] const bool flag, YamlBool(node));
      return {};
    }
    case FieldKind::kNumbers:
      return each(CheckNumber);
    case FieldKind::kTexts:
      return each(CheckText);
    case FieldKind::kSize:
      if (list && node.items.size() != 2)
        return node.Invalid(fmt::format("{} is one number or [rows, columns]", field.path));
      return each(CheckNumber);
    case FieldKind::kLayers:
      if (!list || node.items.empty()) return node.Invalid(fmt::format("{} is a list of layers", field.path));
      return {};
  }
  return {};
}

}  // namespace

std::span<const RecipeField> RecipeFields() { return kRecipe; }
std::span<const RecipeField> LayerFields() { return kLayers; }

const RecipeField* FieldValues::Find(std::string_view path) const {
  const auto found = std::ranges::find(table_, path, &RecipeField::path);
  return found == table_.end() ? nullptr : &*found;
}

Status FieldValues::Walk(const YamlNode& map, const std::string& prefix) {
  if (map.kind == YamlNode::Kind::kNull) return {};
  if (map.kind != YamlNode::Kind::kMap) return map.Invalid("fields are expected here: 'name: value'");
  for (const auto& [key, value] : map.fields) {
    const std::string path = prefix + key.scalar;
    if (const RecipeField* field = Find(path)) {
      TRY_STATUS(Check(*field, value));
      values_.emplace(path, value);
      continue;
    }
    const bool inner =
        std::ranges::any_of(table_, [&](const RecipeField& f) { return f.path.starts_with(path + "."); });
    if (inner) {
      TRY_STATUS(Walk(value, path + "."));
      continue;
    }
    std::string known;
    for (const RecipeField& field : table_) {
      if (!field.path.starts_with(prefix)) continue;
      std::string_view name = field.path.substr(prefix.size());
      name = name.substr(0, name.find('.'));
      if (known.ends_with(name)) continue;
      known += (known.empty() ? "" : ", ") + std::string(name);
    }
    return key.Invalid(fmt::format("there is no field '{}'", path), fmt::format("known here: {}", known));
  }
  return {};
}

Result<FieldValues> FieldValues::Read(const YamlNode& map, std::span<const RecipeField> table,
                                      std::string_view prefix) {
  FieldValues values;
  values.table_ = table;
  TRY_STATUS(values.Walk(map, std::string(prefix)));
  for (const RecipeField& field : table) {
    if (field.required && field.path.starts_with(prefix) && !values.Has(field.path))
      return map.Invalid(fmt::format("'{}' is missing", field.path), std::string(field.help));
  }
  return values;
}

const YamlNode* FieldValues::Node(std::string_view path) const {
  const auto found = values_.find(path);
  return found == values_.end() ? nullptr : &found->second;
}

std::string FieldValues::Text(std::string_view path) const {
  if (const YamlNode* node = Node(path)) return node->scalar;
  const RecipeField* field = Find(path);
  return field == nullptr ? "" : std::string(field->fallback);
}
int64_t FieldValues::Int(std::string_view path) const {
  const std::string text = Text(path);
  return text.empty() ? 0 : std::stoll(text);
}
double FieldValues::Number(std::string_view path) const {
  const std::string text = Text(path);
  return text.empty() ? 0 : std::stod(text);
}
bool FieldValues::Flag(std::string_view path) const { return Text(path) == "true"; }

std::vector<std::string> FieldValues::Texts(std::string_view path) const {
  std::vector<std::string> texts;
  YamlNode fallback;
  const YamlNode* node = Node(path);
  if (node == nullptr) {
    const RecipeField* field = Find(path);
    auto parsed = ParseYaml(field == nullptr ? "[]" : field->fallback);
    SINTER_CHECK(parsed.has_value());
    fallback = *std::move(parsed);
    node = &fallback;
  }
  if (node->kind == YamlNode::Kind::kScalar) texts.push_back(node->scalar);
  for (const YamlNode& item : node->items) texts.push_back(item.scalar);
  return texts;
}
std::vector<double> FieldValues::Numbers(std::string_view path) const {
  std::vector<double> numbers;
  for (const std::string& text : Texts(path)) numbers.push_back(std::stod(text));
  return numbers;
}

}  // namespace sinter
