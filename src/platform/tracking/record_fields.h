// What the records of this room share.
#pragma once

#include "base/json.h"
#include "platform/records/records.h"
#include "platform/tracking/experiments.h"

namespace sinter {

Json TagsJson(const TagMap& tags);
TagMap ReadTags(JsonReader& reader, std::string_view field);
// "0123456789abcdef...", so many digits; from the system's generator.
std::string RandomHex(size_t digits);

}  // namespace sinter
