#include "base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <cstdlib>

#include "base/pool_usage.h"
#include "base/pool_width.h"
#include "base/result.h"

namespace sinter {
namespace {

// About 20-50 microseconds of pauses: longer than the gap between two kernels, shorter than a scheduler tick.
constexpr int kSpins = 2000;

thread_local bool inside_chunk = false;
thread_local int width = 0;         // pool_width.h
thread_local int worker_index = 0;  // of a pool's thread, from 1

// ThreadPool::job_ in parts. Helpers: how many of the pool's threads may take chunks, those of the lowest
// indexes. That a generation comes again after 4 million jobs does no harm: a chunk is taken from the job
// that stands, and what is run is read after that.
constexpr int kHelpersBits = 10;
constexpr uint32_t kAllHelpers = (1u << kHelpersBits) - 1;
uint64_t JobWord(uint64_t generation, uint32_t helpers, int chunks) {
  return generation << (32 + kHelpersBits) | static_cast<uint64_t>(helpers) << 32 |
         static_cast<uint64_t>(chunks) << 16;
}
uint64_t GenerationOf(uint64_t job) { return job >> (32 + kHelpersBits); }
bool MayHelp(uint64_t job) {
  return static_cast<uint32_t>(worker_index) <= (static_cast<uint32_t>(job >> 32) & kAllHelpers);
}

// Of work within work only the outermost piece is measured (pool_usage.h).
thread_local bool measured = false;

class Measured {
 public:
  Measured() : outer_(measured), begin_(outer_ ? 0 : PoolTicks()) { measured = true; }
  ~Measured() {
    if (!outer_) AddPoolWork(begin_);
    measured = outer_;
  }
  Measured(const Measured&) = delete;
  Measured& operator=(const Measured&) = delete;

 private:
  const bool outer_;
  const uint64_t begin_;
};

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

int DefaultThreads() {
  if (const char* text = std::getenv("SINTER_THREADS")) {
    const int threads = std::atoi(text);
    if (threads >= 1 && threads <= 1024) return threads;
  }
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return 1;
}

}  // namespace

PoolWidth::PoolWidth(int threads) : before_(width) { width = std::clamp(threads, 0, 1024); }
PoolWidth::~PoolWidth() { width = before_; }

ThreadPool::ThreadPool(int threads) {
  SINTER_CHECK(threads >= 1 && threads <= 1024);
  for (int i = 1; i < threads; ++i) {
    workers_.emplace_back([this, i] {
      worker_index = i;
      Work();
    });
  }
}

ThreadPool::~ThreadPool() {
  stop_.store(true);
  wake_.fetch_add(1);
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

ThreadPool& ThreadPool::Shared() {
  static ThreadPool pool(DefaultThreads());
  return pool;
}

bool ThreadPool::TakeChunk() {
  uint64_t job = job_.load(std::memory_order_acquire);
  while (true) {
    const uint32_t chunks = static_cast<uint32_t>(job >> 16) & 0xffffu;
    const uint32_t next = static_cast<uint32_t>(job) & 0xffffu;
    if (next >= chunks || !MayHelp(job)) return false;
    if (!job_.compare_exchange_weak(job, job + 1, std::memory_order_acq_rel)) continue;
    {
      const Measured work;
      (*run_.load(std::memory_order_relaxed))(static_cast<int>(next));
    }
    if (done_.fetch_add(1, std::memory_order_acq_rel) + 1 == chunks) done_.notify_one();
    return true;
  }
}

void ThreadPool::Work() {
  inside_chunk = true;
  while (!stop_.load(std::memory_order_relaxed)) {
    const uint32_t seen = wake_.load(std::memory_order_acquire);
    bool worked = false;
    for (int i = 0; i < kSpins; ++i) {
      if (TakeChunk()) {
        worked = true;
        break;
      }
      if (wake_.load(std::memory_order_relaxed) != seen) break;
      // Whom the caller does not want sleeps at once, and leaves the processor to others.
      if (!MayHelp(job_.load(std::memory_order_relaxed))) break;
      Pause();
    }
    if (!worked && !stop_.load(std::memory_order_relaxed)) wake_.wait(seen, std::memory_order_acquire);
  }
}

void ThreadPool::RunChunks(int chunks, FunctionRef<void(int)> run) {
  SINTER_CHECK(chunks <= 0xffff);
  if (chunks <= 0) return;
  if (chunks == 1 || workers_.empty() || inside_chunk || width == 1 ||
      busy_.exchange(true, std::memory_order_acquire)) {
    const Measured work;
    for (int i = 0; i < chunks; ++i) run(i);
    return;
  }
  run_.store(&run, std::memory_order_relaxed);
  done_.store(0, std::memory_order_relaxed);
  const uint64_t generation = GenerationOf(job_.load(std::memory_order_relaxed)) + 1;
  const uint32_t helpers = width == 0 ? kAllHelpers : static_cast<uint32_t>(width - 1);
  job_.store(JobWord(generation, helpers, chunks), std::memory_order_release);
  wake_.fetch_add(1, std::memory_order_release);
  wake_.notify_all();
  inside_chunk = true;
  while (TakeChunk()) {
  }
  inside_chunk = false;
  const uint32_t all = static_cast<uint32_t>(chunks);
  for (int i = 0; i < kSpins && done_.load(std::memory_order_acquire) != all; ++i) Pause();
  for (uint32_t done = done_.load(std::memory_order_acquire); done != all;
       done = done_.load(std::memory_order_acquire)) {
    done_.wait(done, std::memory_order_acquire);
  }
  busy_.store(false, std::memory_order_release);
}

int ThreadPool::RangeCount(int64_t n, int64_t grain) const {
  if (n <= 0) return 0;
  return static_cast<int>(std::clamp<int64_t>(n / std::max<int64_t>(grain, 1), 1, threads()));
}

void ThreadPool::ParallelFor(int64_t n, int64_t grain, FunctionRef<void(int64_t, int64_t)> run) {
  const int count = RangeCount(n, grain);
  RunChunks(count, [&](int i) { run(RangeBegin(n, count, i), RangeBegin(n, count, i + 1)); });
}

}  // namespace sinter
