// Spans of time as people write them.
#pragma once

#include <chrono>
#include <string_view>

#include "base/result.h"

namespace sinter {

// "90s", "30m", "24h", "30d", or seconds: "90". At most 100 years.
Result<std::chrono::seconds> ParseDuration(std::string_view text);

}  // namespace sinter
