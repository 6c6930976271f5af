// Paths and queries of request targets.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sinter {

// "%2F" -> "/"; '+' stays. Errors: a broken escape, a NUL byte.
Result<std::string> PercentDecode(std::string_view text);
// Everything but letters, digits and "-._~" escaped.
std::string PercentEncode(std::string_view text);

// "a=1&b=2&a=3", decoded, in its order; '+' is a space in values. Errors: a broken escape, a NUL byte.
Result<std::vector<std::pair<std::string, std::string>>> ParseQuery(std::string_view query);

struct Target {
  std::string path;  // still encoded
  // The last of equal names.
  std::map<std::string, std::string, std::less<>> query;
};
// An origin-form target, "/path?query". Errors: none of that form, blanks and control
// characters, broken escapes in the query.
Result<Target> ParseTarget(std::string_view target);

}  // namespace sinter
