#include "server/http/range.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace sinter {
namespace {

std::optional<uint64_t> Number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<std::optional<ByteRange>> ParseByteRange(std::string_view header, uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit) || header.find(',') != std::string_view::npos) return std::nullopt;
  header.remove_prefix(kUnit.size());
  const size_t dash = header.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view from = header.substr(0, dash), to = header.substr(dash + 1);
  const auto first = Number(from), last = Number(to);
  // "-2" has no first and "7-" no last; what stands there and is no number makes it no range.
  if ((!first && !from.empty()) || (!last && !to.empty()) || (!first && !last)) return std::nullopt;
  if (first && last && *first > *last) return std::nullopt;
  ByteRange range;
  range.begin = first ? *first : size - std::min(size, *last);
  range.end = first && last && *last < size ? *last + 1 : size;
  if (range.begin >= range.end)
    return InvalidArgument(fmt::format("the range is outside the {} bytes there are", size));
  return range;
}

}  // namespace sinter
