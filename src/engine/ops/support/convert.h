// One element in another dtype, as Cast defines it.
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>

#include "engine/ops/support/elementwise.h"

namespace sinter {

// `x` is widened. Truncation of what does not fit an integer is undefined in C++: it saturates here, and NaN
// becomes 0.
template <class To, class From>
To ConvertElement(From x) {
  if constexpr (std::is_same_v<To, bool>)
    return x != From(0);
  else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (std::isnan(x)) return 0;
    if (x <= static_cast<From>(std::numeric_limits<To>::lowest())) return std::numeric_limits<To>::lowest();
    if (x >= static_cast<From>(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
    return static_cast<To>(x);
  } else if constexpr (std::is_same_v<To, Half> || std::is_same_v<To, BFloat16>) {
    return To(static_cast<float>(x));
  } else {
    return static_cast<To>(x);
  }
}

}  // namespace sinter
