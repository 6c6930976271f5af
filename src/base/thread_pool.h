// The engine's own threads: static splits, no allocation, bounded spinning.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "base/function_ref.h"

namespace sinter {

// How work is split depends on its size and the number of threads alone, never on timing, so that sums made
// per chunk are the same bits at every run. One caller at a time has the threads; another that comes
// meanwhile, and a call from inside a chunk, runs the same chunks on its own thread. Idle threads spin for
// some tens of microseconds, then sleep. Any thread may call.
class ThreadPool {
 public:
  // `threads` counts the caller: 1 starts none. At most 1,024.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // The process's pool: SINTER_THREADS, else the processors this process may use.
  static ThreadPool& Shared();

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls run(0) ... run(chunks - 1), each once, on any thread; returns when all are done. At most 65,535.
  void RunChunks(int chunks, FunctionRef<void(int)> run);

  // Splits 0..n-1 into at most threads() equal ranges of at least `grain` indexes and runs them.
  void ParallelFor(int64_t n, int64_t grain, FunctionRef<void(int64_t begin, int64_t end)> run);
  // How many ranges ParallelFor makes, and where range i begins (i == count: n).
  int RangeCount(int64_t n, int64_t grain) const;
  static int64_t RangeBegin(int64_t n, int count, int i) { return n * i / count; }

 private:
  void Work();
  bool TakeChunk();

  // generation << 32 | chunks << 16 | next chunk: taking a chunk is one compare-and-swap, which succeeds only
  // while its job stands, so that what the job points to may be read afterwards.
  std::atomic<uint64_t> job_{0};
  std::atomic<const FunctionRef<void(int)>*> run_{nullptr};
  std::atomic<uint32_t> done_{0};
  std::atomic<uint32_t> wake_{0};
  std::atomic<bool> busy_{false};
  std::atomic<bool> stop_{false};
  std::vector<std::thread> workers_;
};

}  // namespace sinter
