#include "engine/exec/memory_plan.h"

#include <algorithm>
#include <numeric>

#include "engine/tensor/tensor.h"

namespace sinter {

MemoryPlan PlanMemory(const std::vector<Lifetime>& lifetimes) {
  MemoryPlan plan;
  plan.offsets.assign(lifetimes.size(), 0);
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order,
                           [&](size_t a, size_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });
  struct Placed {
    size_t offset, end;
    int first, last;
  };
  std::vector<Placed> placed;  // by offset
  for (size_t i : order) {
    const Lifetime& life = lifetimes[i];
    const size_t bytes = (life.bytes + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
    size_t at = 0;
    for (const Placed& other : placed) {
      if (other.last < life.first || other.first > life.last) continue;
      if (other.offset >= at + bytes) break;  // a gap that fits
      at = std::max(at, other.end);
    }
    plan.offsets[i] = at;
    plan.bytes = std::max(plan.bytes, at + bytes);
    const Placed here{at, at + bytes, life.first, life.last};
    placed.insert(std::ranges::upper_bound(placed, at, {}, &Placed::offset), here);
  }
  return plan;
}

}  // namespace sinter
