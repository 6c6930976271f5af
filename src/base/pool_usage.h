// How busy the engine's pools keep their threads.
#pragma once

#include <cstdint>

namespace sinter {

// In ticks of one counter of the processor (elsewhere nanoseconds), which runs at a constant rate: reading it
// costs some nanoseconds, so that every piece of work can be measured. Only ratios of differences mean
// something.
struct PoolUsage {
  uint64_t busy = 0;  // ticks that threads, the callers of pools included, spent in pieces of work, in all
  uint64_t now = 0;
};

// Of all pools of this process together. Any thread; pieces that are under way are not counted yet.
PoolUsage PoolUsageNow();

// The share of `threads` threads' time between the two that was work: 0 to 1.
double PoolUtilisation(const PoolUsage& before, const PoolUsage& after, int threads);

// The counter itself.
uint64_t PoolTicks();
// Adds a piece of work, from `begin` until now; a caller inside another piece must not.
void AddPoolWork(uint64_t begin);

}  // namespace sinter
