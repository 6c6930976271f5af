// Tables and sizes for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace sinter {

// Columns as wide as they need; the first row is the heading.
std::string Table(const std::vector<std::vector<std::string>>& rows);
std::string Bytes(uint64_t bytes);                             // "47.0 MB"
std::string Ago(int64_t unix_ms);                              // "3 min ago"
std::string TextOf(const Json& json, std::string_view field);  // whatever its kind; "" where absent

}  // namespace sinter
