#include "platform/tracking/search_page.h"

#include <charconv>

#include <fmt/format.h>

namespace sinter {

Result<size_t> ReadPageToken(std::string_view token) {
  if (token.empty()) return size_t{0};
  size_t at = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), at);
  if (error == std::errc() && end == token.data() + token.size()) return at;
  return InvalidArgument(fmt::format("Invalid page token '{}'", token.substr(0, 100)));
}

Result<std::vector<SearchOrder>> ParseAttributeOrders(std::span<const std::string> texts,
                                                      const SearchFields& fields) {
  std::vector<SearchOrder> orders;
  orders.reserve(texts.size());
  for (const std::string& text : texts) {
    TRY(SearchOrder order, ParseSearchOrder(text, fields));
    if (order.key.entity != SearchEntity::kAttribute) return InvalidArgument("Invalid order_by entity: tag");
    orders.push_back(std::move(order));
  }
  return orders;
}

}  // namespace sinter
