#include "comparison.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace sinter {
namespace {

double ToleranceOf(DType dtype) {
  if (dtype == DType::kF16) return 2e-3;
  return dtype == DType::kBF16 ? 2e-2 : 1e-4;
}

std::string Floats(const Tensor& given, const Tensor& expected) {
  double largest = 0, furthest = 0;
  int64_t where = -1;
  for (int64_t i = 0; i < expected.elements(); ++i) {
    const double a = given.AsDouble(i), b = expected.AsDouble(i);
    if (std::isfinite(b)) largest = std::max(largest, std::abs(b));
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    const double distance =
        std::isfinite(a) && std::isfinite(b) ? std::abs(a - b) : std::numeric_limits<double>::infinity();
    if (distance <= furthest) continue;
    furthest = distance;
    where = i;
  }
  // Expected values that are rounded zeros leave nothing to measure against.
  if (furthest <= ToleranceOf(expected.dtype()) * std::max(largest, 1e-3)) return "";
  return fmt::format("element {} is {}, not {} (the largest is {})", where, given.AsDouble(where),
                     expected.AsDouble(where), largest);
}

}  // namespace

std::string Difference(const Tensor& given, const Tensor& expected) {
  if (given.dtype() != expected.dtype() || given.dims() != expected.dims()) {
    return fmt::format("{}{} instead of {}{}", DTypeName(given.dtype()), DimsToString(given.dims()),
                       DTypeName(expected.dtype()), DimsToString(expected.dims()));
  }
  if (IsFloat(expected.dtype())) return Floats(given, expected);
  if (given.SameAs(expected)) return "";
  if (expected.dtype() == DType::kString) return "other strings";
  for (int64_t i = 0; i < expected.elements(); ++i) {
    if (given.AsInt(i) != expected.AsInt(i))
      return fmt::format("element {} is {}, not {}", i, given.AsInt(i), expected.AsInt(i));
  }
  return "other bytes";
}

}  // namespace sinter
