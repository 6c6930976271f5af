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

Status ForEachRecord(Records& records, std::string_view kind, std::string_view prefix,
                     const std::function<Status(const Record&)>& visit) {
  RecordQuery query{.kind = std::string(kind), .prefix = std::string(prefix), .after = {}, .limit = 1000};
  do {
    TRY(const RecordPage page, records.List(query));
    for (const Record& record : page.records) TRY_STATUS(visit(record));
    query.after = page.next;
  } while (!query.after.empty());
  return {};
}

}  // namespace sinter
