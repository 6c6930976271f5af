// JSON of foreign origin: bounded, read field by field, unknown fields refused by name.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"

namespace sinter {

using Json = nlohmann::json;

struct JsonLimits {
  size_t bytes = size_t{64} << 20;
  int depth = 64;
};

// Errors name the offset. Duplicate keys are refused: two readers would disagree about them.
Result<Json> ParseJson(std::string_view text, const JsonLimits& limits = {});

// Reads an object's fields and remembers which were asked for. The first error sticks; Finish() gives it, or
// names the fields that nobody asked for. Holds a reference to the object.
class JsonReader {
 public:
  // `where` goes in front of messages: "signature.json: inputs[0]".
  JsonReader(const Json& object, std::string where);
  bool Has(std::string_view field);
  std::string String(std::string_view field);
  std::string String(std::string_view field, std::string_view otherwise);
  int64_t Int(std::string_view field);
  int64_t Int(std::string_view field, int64_t otherwise);
  double Number(std::string_view field);
  double Number(std::string_view field, double otherwise);
  bool Bool(std::string_view field, bool otherwise);
  const Json& Object(std::string_view field);         // an empty object where it is absent or wrong
  const Json& Array(std::string_view field);          // an empty array where it is absent or wrong
  const Json& OptionalArray(std::string_view field);  // absent is empty
  const Json& OptionalObject(std::string_view field);
  std::vector<std::string> Strings(std::string_view field);  // absent is empty
  std::vector<int64_t> Ints(std::string_view field);
  std::vector<double> Numbers(std::string_view field);
  const Json* Any(std::string_view field);  // null where it is absent
  void Fail(std::string_view field, std::string_view message);
  const std::string& where() const { return where_; }
  // All fields known, all of the right kind.
  Status Finish();

 private:
  const Json* Find(std::string_view field, bool required);
  const Json& object_;
  std::string where_;
  std::vector<std::string> asked_;
  Status status_;
};

}  // namespace sinter
