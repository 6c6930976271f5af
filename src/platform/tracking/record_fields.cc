#include "platform/tracking/record_fields.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/hash.h"

namespace sinter {

Json TagsJson(const TagMap& tags) {
  Json json = Json::object();
  for (const auto& [key, value] : tags) json[key] = value;
  return json;
}

TagMap ReadTags(JsonReader& reader, std::string_view field) {
  TagMap tags;
  for (const auto& [key, value] : reader.OptionalObject(field).items()) {
    if (value.is_string()) {
      tags[key] = value.get<std::string>();
    } else {
      reader.Fail(field, "must be texts");
    }
  }
  return tags;
}

std::string RandomHex(size_t digits) {
  std::string text;
  while (text.size() < digits) {
    std::byte bytes[16];
    RandomSecret(bytes);
    for (const std::byte b : bytes) text += fmt::format("{:02x}", static_cast<unsigned>(b));
  }
  text.resize(digits);
  return text;
}

}  // namespace sinter
