// Letters of ASCII, whatever the locale.
#pragma once

#include <string>
#include <string_view>

namespace sinter {

// 'A' to 'Z' become small; every other byte stays.
std::string LowerAscii(std::string_view text);

}  // namespace sinter
