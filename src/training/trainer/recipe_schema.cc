#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "training/trainer/recipe.h"
#include "training/trainer/recipe_fields.h"

namespace sinter {
namespace {

Json FallbackOf(const RecipeField& field) {
  const auto node = ParseYaml(field.fallback);
  if (!node) return nullptr;
  auto scalar = [&](const YamlNode& n) -> Json {
    if (const auto flag = YamlBool(n)) return *flag;
    if (const auto integer = YamlInt(n)) return *integer;
    if (const auto number = YamlNumber(n)) return *number;
    return n.scalar;
  };
  if (node->kind != YamlNode::Kind::kSequence) return scalar(*node);
  Json list = Json::array();
  for (const YamlNode& item : node->items) list.push_back(scalar(item));
  return list;
}

Json Choices(std::string_view choices) {
  Json list = Json::array();
  while (!choices.empty()) {
    const size_t end = choices.find('|');
    list.push_back(choices.substr(0, end));
    choices = end == std::string_view::npos ? std::string_view() : choices.substr(end + 1);
  }
  return list;
}

Json Layers();

Json TypeOf(const RecipeField& field) {
  auto number = [&](const char* type) -> Json {
    return {{"type", type}, {"minimum", field.lo}, {"maximum", field.hi}};
  };
  auto text = [&]() -> Json {
    Json json = {{"type", "string"}, {"minLength", 1}};
    if (!field.choices.empty()) json["enum"] = Choices(field.choices);
    return json;
  };
  auto or_list = [](Json one) -> Json {
    return {{"anyOf", {one, {{"type", "array"}, {"items", one}, {"minItems", 1}}}}};
  };
  switch (field.kind) {
    case FieldKind::kText:
      return text();
    case FieldKind::kInt:
      return number("integer");
    case FieldKind::kNumber:
      return number("number");
    case FieldKind::kFlag:
      return {{"type", "boolean"}};
    case FieldKind::kNumbers:
      return or_list(number("number"));
    case FieldKind::kTexts:
      return or_list(text());
    case FieldKind::kSize:
      return {{"anyOf",
               {number("integer"),
                {{"type", "array"}, {"items", number("integer")}, {"minItems", 2}, {"maxItems", 2}}}}};
    case FieldKind::kLayers:
      return {{"type", "array"}, {"minItems", 1}, {"items", Layers()}};
  }
  return {};
}

// The object that holds the fields under `prefix`.
Json ObjectOf(std::span<const RecipeField> table, const std::string& prefix) {
  Json object = {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  Json required = Json::array();
  for (const RecipeField& field : table) {
    if (!field.path.starts_with(prefix)) continue;
    const std::string_view rest = field.path.substr(prefix.size());
    const std::string name(rest.substr(0, rest.find('.')));
    if (object["properties"].contains(name)) continue;
    if (rest.find('.') != std::string_view::npos) {
      object["properties"][name] = ObjectOf(table, prefix + name + ".");
      if (object["properties"][name].contains("required")) required.push_back(name);
      continue;
    }
    Json type = TypeOf(field);
    type["description"] = field.help;
    if (!field.fallback.empty()) type["default"] = FallbackOf(field);
    object["properties"][name] = std::move(type);
    if (field.required) required.push_back(name);
  }
  if (!required.empty()) object["required"] = std::move(required);
  return object;
}

Json Layers() {
  Json names = Json::array(), shapes = Json::array();
  for (auto kind : {LayerKind::kDense, LayerKind::kConv2d, LayerKind::kMaxPool, LayerKind::kAveragePool,
                    LayerKind::kGlobalAveragePool, LayerKind::kFlatten, LayerKind::kDropout,
                    LayerKind::kBatchNorm, LayerKind::kLayerNorm, LayerKind::kActivation}) {
    const std::string name(LayerKindName(kind));
    Json fields = ObjectOf(LayerFields(), name + ".");
    if (!fields.contains("required")) {
      names.push_back(name);
      fields = {{"anyOf", {fields, {{"type", "null"}}}}};
    }
    shapes.push_back({{"type", "object"},
                      {"additionalProperties", false},
                      {"properties", {{name, std::move(fields)}}},
                      {"required", {name}}});
  }
  shapes.push_back({{"type", "string"}, {"enum", names}});
  return {{"oneOf", shapes}};
}

}  // namespace

Json RecipeSchema() {
  Json schema = ObjectOf(RecipeFields(), "");
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "A recipe: what Sinter trains";
  schema["properties"]["model"]["oneOf"] = {{{"required", {"layers"}}}, {{"required", {"onnx"}}}};
  schema["required"].push_back("model");
  return schema;
}

}  // namespace sinter
