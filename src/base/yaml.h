// YAML with positions, for files that people write: scalars stay text until a reader asks for a kind.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sinter {

struct YamlField;

struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  int line = 0, column = 0;  // counted from 1
  std::string scalar;
  bool quoted = false;  // "12" in quotes is no number
  std::vector<YamlNode> items;
  std::vector<YamlField> fields;  // in the file's order; keys are scalars

  const YamlNode* Find(std::string_view key) const;  // null when absent, or this is no map
  // An error that begins with "line L, column C: ".
  Error Invalid(std::string message, std::string hint = {}) const;
};

// A struct of its own: a pair would need the node to be complete inside itself.
struct YamlField {
  YamlNode first;   // the key
  YamlNode second;  // the value
};

// One document. Errors say line and column: broken syntax, a key twice, aliases and anchors (refused), more
// than 1 MB, nesting deeper than 32, a second document.
Result<YamlNode> ParseYaml(std::string_view text);

// Scalars of a kind; errors say where and what was expected. Numbers and booleans are those of YAML 1.2.
Result<int64_t> YamlInt(const YamlNode& node);
Result<double> YamlNumber(const YamlNode& node);
Result<bool> YamlBool(const YamlNode& node);
Result<std::string> YamlString(const YamlNode& node);

}  // namespace sinter
