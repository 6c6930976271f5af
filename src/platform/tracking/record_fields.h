// What the records of this room share.
#pragma once

#include <functional>

#include "base/json.h"
#include "platform/records/records.h"
#include "platform/tracking/experiments.h"

namespace sinter {

Json TagsJson(const TagMap& tags);
TagMap ReadTags(JsonReader& reader, std::string_view field);
// "0123456789abcdef...", so many digits; from the system's generator.
std::string RandomHex(size_t digits);
// Every record of a kind, or those whose names begin so, page by page.
Status ForEachRecord(Records& records, std::string_view kind, std::string_view prefix,
                     const std::function<Status(const Record&)>& visit);

}  // namespace sinter
