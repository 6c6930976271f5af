// How many of a pool's threads (base/thread_pool.h) help a caller: fewer than there are, where others shall
// have the rest.
#pragma once

namespace sinter {

// Of the calls that this thread makes while it lives; the innermost one counts. Work is split as ever, so
// that what is computed is the same bits at any width: only who computes it changes. With a width of 1 the
// caller works alone, and the pool is free for others meanwhile.
class PoolWidth {
 public:
  explicit PoolWidth(int threads);  // with the caller; 0: all that the pool has
  ~PoolWidth();
  PoolWidth(const PoolWidth&) = delete;
  PoolWidth& operator=(const PoolWidth&) = delete;

 private:
  const int before_;
};

}  // namespace sinter
