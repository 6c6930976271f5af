#include "server/cli/yaml_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/yaml.h"

namespace sinter {
namespace {

constexpr size_t kFileLimit = size_t{1} << 20;

Json JsonOf(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return nullptr;
    case YamlNode::Kind::kSequence: {
      Json list = Json::array();
      for (const YamlNode& item : node.items) list.push_back(JsonOf(item));
      return list;
    }
    case YamlNode::Kind::kMap: {
      Json map = Json::object();
      for (const YamlField& field : node.fields) map[field.first.scalar] = JsonOf(field.second);
      return map;
    }
    case YamlNode::Kind::kScalar:
      break;
  }
  if (node.quoted) return node.scalar;
  if (const auto whole = YamlInt(node)) return *whole;
  if (const auto number = YamlNumber(node)) return *number;
  if (const auto flag = YamlBool(node)) return *flag;
  return node.scalar;
}

}  // namespace

Result<Json> ReadYamlMap(const std::string& file, std::string_view what) {
  TRY(const std::string text, ReadFile(file, kFileLimit));
  auto node = ParseYaml(text);
  if (!node) return std::move(node).error().In(file);
  if (node->kind != YamlNode::Kind::kMap) return node->Invalid(fmt::format("{} a map", what)).In(file);
  return JsonOf(*node);
}

}  // namespace sinter
