// The fields of recipes, in one table: what the reader accepts and what the schema says follow from it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/yaml.h"

namespace sinter {

enum class FieldKind : uint8_t { kText, kInt, kNumber, kFlag, kNumbers, kTexts, kSize, kLayers };

struct RecipeField {
  std::string_view path;  // "optimizer.learning_rate"; of layers "conv2d.filters"
  FieldKind kind;
  std::string_view help;
  bool required = false;
  std::string_view fallback = {};  // as YAML; empty: none
  double lo = 0, hi = 0;           // numbers, both ends included
  std::string_view choices = {};   // texts: "a|b|c"; empty: any
};

std::span<const RecipeField> RecipeFields();
std::span<const RecipeField> LayerFields();  // the first part of a path is the kind of layer

// The scalars and lists of a map by the table's paths, checked; nested maps follow from dots in paths.
class FieldValues {
 public:
  // `prefix` as it stands before the map's keys in the table ("" or "conv2d.").
  static Result<FieldValues> Read(const YamlNode& map, std::span<const RecipeField> table,
                                  std::string_view prefix);
  bool Has(std::string_view path) const { return values_.contains(path); }
  const YamlNode* Node(std::string_view path) const;
  std::string Text(std::string_view path) const;  // the fallback where absent; "" where there is none
  int64_t Int(std::string_view path) const;
  double Number(std::string_view path) const;
  bool Flag(std::string_view path) const;
  std::vector<double> Numbers(std::string_view path) const;
  std::vector<std::string> Texts(std::string_view path) const;

 private:
  Status Walk(const YamlNode& map, const std::string& prefix);
  const RecipeField* Find(std::string_view path) const;
  std::span<const RecipeField> table_;
  std::map<std::string, YamlNode, std::less<>> values_;
};

}  // namespace sinter
