#include "server/cli/duration.h"

#include <charconv>

#include <fmt/format.h>

namespace sinter {

Result<std::chrono::seconds> ParseDuration(std::string_view text) {
  constexpr int64_t kMost = int64_t{36'525} * 24 * 3600;
  int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  int64_t seconds = 0;
  if (unit.empty() || unit == "s") seconds = 1;
  if (unit == "m") seconds = 60;
  if (unit == "h") seconds = 3600;
  if (unit == "d") seconds = 24 * 3600;
  if (error == std::errc() && number >= 0 && seconds > 0 && number <= kMost / seconds)
    return std::chrono::seconds(number * seconds);
  return InvalidArgument(fmt::format("'{}' is no span of time", text.substr(0, 40)),
                         "90s, 30m, 24h or 30d; 100 years at most");
}

}  // namespace sinter
