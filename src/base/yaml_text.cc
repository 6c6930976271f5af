#include "base/yaml_text.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace sinter {
namespace {

// Of these nothing is read as YAML's own signs, wherever it stands.
bool Plain(std::string_view text) {
  const auto safe = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '/' || c == '+' || c == '-';
  };
  return !text.empty() && text != "-" && text != "---" && text != "..." && std::ranges::all_of(text, safe);
}

// JSON's quoting is YAML's as well.
std::string Scalar(const YamlNode& node) {
  if (!node.quoted && Plain(node.scalar)) return node.scalar;
  return Json(node.scalar).dump(-1, ' ', false, Json::error_handler_t::replace);
}

void Append(std::string& text, const YamlNode& node, size_t indent);

// What follows a key or a dash.
void AppendValue(std::string& text, const YamlNode& node, size_t indent) {
  const bool list = node.kind == YamlNode::Kind::kSequence, map = node.kind == YamlNode::Kind::kMap;
  if (node.kind == YamlNode::Kind::kScalar) text += " " + Scalar(node) + "\n";
  if (node.kind == YamlNode::Kind::kNull) text += " null\n";
  if (list && node.items.empty()) text += " []\n";
  if (map && node.fields.empty()) text += " {}\n";
  if ((list && !node.items.empty()) || (map && !node.fields.empty())) {
    text += "\n";
    Append(text, node, indent + 2);
  }
}

void Append(std::string& text, const YamlNode& node, size_t indent) {
  for (const auto& [key, value] : node.fields) {
    text += std::string(indent, ' ') + Scalar(key) + ":";
    AppendValue(text, value, indent);
  }
  for (const YamlNode& item : node.items) {
    text += std::string(indent, ' ') + "-";
    AppendValue(text, item, indent);
  }
}

}  // namespace

std::string YamlText(const YamlNode& node) {
  std::string text;
  const bool filled = !node.fields.empty() || !node.items.empty();
  if (filled) {
    Append(text, node, 0);
  } else {
    AppendValue(text, node, 0);
    text.erase(0, 1);
  }
  return text;
}

}  // namespace sinter
