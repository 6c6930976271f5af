#include "base/pool_usage.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>

namespace sinter {
namespace {

// Threads add to a slot each, as far as there are some: a shared counter would be fought for.
constexpr size_t kSlots = 64;
struct alignas(64) Slot {
  std::atomic<uint64_t> ticks{0};
};
constinit std::array<Slot, kSlots> slots;
constinit std::atomic<size_t> threads_seen{0};

std::atomic<uint64_t>& MySlot() {
  thread_local const size_t mine = threads_seen.fetch_add(1, std::memory_order_relaxed) % kSlots;
  return slots[mine].ticks;
}

}  // namespace

uint64_t PoolTicks() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

void AddPoolWork(uint64_t begin) {
  const uint64_t end = PoolTicks();
  // A thread that moved to another processor may see its counter a little behind.
  if (end > begin) MySlot().fetch_add(end - begin, std::memory_order_relaxed);
}

PoolUsage PoolUsageNow() {
  PoolUsage usage;
  for (const Slot& slot : slots) usage.busy += slot.ticks.load(std::memory_order_relaxed);
  usage.now = PoolTicks();
  return usage;
}

double PoolUtilisation(const PoolUsage& before, const PoolUsage& after, int threads) {
  if (after.now <= before.now || after.busy < before.busy || threads < 1) return 0;
  const double share =
      static_cast<double>(after.busy - before.busy) / static_cast<double>(after.now - before.now);
  return std::clamp(share / threads, 0.0, 1.0);
}

}  // namespace sinter
