// What keeps a sweep of the store and those who write to it apart.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "base/hash.h"

namespace sinter {

struct Sha256Hash {
  size_t operator()(const Sha256Digest& digest) const;
};
using Sha256Set = std::unordered_set<Sha256Digest, Sha256Hash>;

class SweepGuard;

// While it lives, the sweep that began before it does not pass, and one that begins waits for it. Movable.
class SweepHold {
 public:
  SweepHold(SweepHold&& other) noexcept
      : guard_(std::exchange(other.guard_, nullptr)), generation_(other.generation_) {}
  SweepHold& operator=(SweepHold&&) = delete;
  ~SweepHold();

 private:
  friend class SweepGuard;
  SweepHold(SweepGuard* guard, uint64_t generation) : guard_(guard), generation_(generation) {}
  SweepGuard* guard_;
  uint64_t generation_;
};

// Two things together make a sweep safe. A blob that is used while a sweep is under way is noted, and the
// sweep leaves it (a write barrier). Who used blobs before the sweep began, and has not written down yet what
// for, is waited for: then the record is there for the sweep to see. Any thread.
class SweepGuard {
 public:
  SweepHold Enter();
  void Begin();  // waits for those who entered before; never for those who enter after
  void End();
  // `use` under the lock that removals take, so that a blob is used or removed, not both. Noted where it says
  // true.
  bool Use(const Sha256Digest& digest, const std::function<bool()>& use);
  // `remove` under that lock, unless the blob was used since Begin: then false.
  bool Unused(const Sha256Digest& digest, const std::function<void()>& remove);

 private:
  friend class SweepHold;
  void Leave(uint64_t generation);
  std::mutex mutex_;
  std::condition_variable left_;
  uint64_t generation_ = 0;
  std::array<int64_t, 2> held_{};  // of this generation and the one before
  bool sweeping_ = false;
  Sha256Set used_;
};

}  // namespace sinter
