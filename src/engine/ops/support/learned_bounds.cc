#include "engine/ops/support/learned_bounds.h"

#include <algorithm>

#include "engine/ops/support/broadcast.h"

namespace sinter {
namespace {

// n where `dim` is min(n, symbol).
std::optional<int64_t> LeastWith(const Dim& dim, const Dim& symbol) {
  constexpr int64_t kHuge = int64_t{1} << 60;
  const auto whole = dim.Evaluate([&](std::string_view) { return std::optional(kHuge); });
  if (!whole || *whole <= 1 || *whole == kHuge || !(dim == sinter::Min(Dim(*whole), symbol)))
    return std::nullopt;
  return *whole;
}

// `cut` as `whole`, where it is min(n, whole); the symbol then is at most n.
void Learn(InferContext& c, Dim& cut, const Dim& whole) {
  const auto name = whole.SymbolName();
  if (!name || cut.IsConstant()) return;
  const auto most = LeastWith(cut, whole);
  const auto bound = c.module().symbols.find(*name);
  if (!most || bound == c.module().symbols.end()) return;
  const auto known = bound->second.hi.Constant();
  if (!known || bound->second.lo > *most) return;
  bound->second.hi = std::min(*known, *most);
  cut = whole;
}

}  // namespace

Result<Shape> BroadcastAndLearn(InferContext& c, Shape a, Shape b) {
  for (size_t i = 1; i <= std::min(a.size(), b.size()); ++i) {
    Dim& x = a[a.size() - i];
    Dim& y = b[b.size() - i];
    if (x == y) continue;
    Learn(c, x, y);
    Learn(c, y, x);
  }
  return BroadcastShapes(a, b);
}

}  // namespace sinter
