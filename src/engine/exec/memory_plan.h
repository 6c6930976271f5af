// Offsets in one arena for values that live for a while.
#pragma once

#include <cstddef>
#include <vector>

namespace sinter {

// A block that is needed from step `first` to step `last`, both included.
struct Lifetime {
  size_t bytes = 0;
  int first = 0;
  int last = 0;
};

struct MemoryPlan {
  std::vector<size_t> offsets;  // one for each lifetime, 64-aligned
  size_t bytes = 0;
};

// Largest first, each at the lowest place that no block alive at the same time covers: the greedy-by-size
// heuristic of Pisarchyk and Lee (2020), which comes within a few per cent of the lower bound on networks.
MemoryPlan PlanMemory(const std::vector<Lifetime>& lifetimes);

}  // namespace sinter
