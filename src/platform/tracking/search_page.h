// What the searches of this room and of its clients share: in what order, and which page of it.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/tracking/search_filter.h"

namespace sinter {

// Pages of a list that was searched anew each time: the token is where the next one begins.
Result<size_t> ReadPageToken(std::string_view token);
// Keeps that page of what was found. The next one's token; empty: there is none.
template <class T>
std::string CutToPage(std::vector<T>& found, size_t begin, int64_t at_most) {
  const size_t first = std::min(begin, found.size());
  const size_t last = std::min(found.size(), first + static_cast<size_t>(at_most));
  std::string next = last < found.size() ? std::to_string(last) : "";
  found.erase(found.begin() + static_cast<ptrdiff_t>(last), found.end());
  found.erase(found.begin(), found.begin() + static_cast<ptrdiff_t>(first));
  return next;
}

// Of attributes alone: kInvalidArgument for tags.
Result<std::vector<SearchOrder>> ParseAttributeOrders(std::span<const std::string> texts,
                                                      const SearchFields& fields);
// Below 0 where `a` comes first, 0 where the orders leave it open. `value_of(item, key)`: a SearchValue.
template <class T, class ValueOf>
int CompareByOrders(std::span<const SearchOrder> orders, const T& a, const T& b, const ValueOf& value_of) {
  for (const SearchOrder& order : orders) {
    const int compared = CompareForOrder(value_of(a, order.key), value_of(b, order.key), order.ascending);
    if (compared != 0) return compared;
  }
  return 0;
}

}  // namespace sinter
