// YAML with positions: each lies inside the text, keys stand once, and nothing is nested deeper than said.
#include <algorithm>

#include "base/yaml.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

void Check(const YamlNode& node, std::string_view text, int depth) {
  SINTER_CHECK(depth <= 32);
  SINTER_CHECK(node.line >= 1 &&
               node.line <= std::ranges::count_if(text, [](char c) { return c == '\n' || c == '\r'; }) + 1);
  SINTER_CHECK(node.column >= 1 && static_cast<size_t>(node.column) <= text.size() + 1);
  if (const auto number = YamlInt(node)) SINTER_CHECK(YamlNumber(node).has_value());
  (void)YamlBool(node);
  SINTER_CHECK(YamlString(node).has_value() == (node.kind == YamlNode::Kind::kScalar));
  for (const YamlNode& item : node.items) Check(item, text, depth + 1);
  for (const auto& [key, value] : node.fields) {
    SINTER_CHECK(node.Find(key.scalar) == &value);
    Check(value, text, depth + 1);
  }
}

Status Run(std::span<const std::byte> input) {
  TRY(const YamlNode node, ParseYaml(TextOf(input)));
  Check(node, TextOf(input), 0);
  return {};
}

}  // namespace

FuzzTarget YamlTarget() { return {&Run, {ErrorCode::kInvalidArgument}, 2048}; }

}  // namespace sinter
