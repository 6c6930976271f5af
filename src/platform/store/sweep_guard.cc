#include "platform/store/sweep_guard.h"

#include <cstring>

namespace sinter {

// A hash's first bytes are as good a hash as any.
size_t Sha256Hash::operator()(const Sha256Digest& digest) const {
  size_t value = 0;
  std::memcpy(&value, digest.bytes.data(), sizeof value);
  return value;
}

SweepHold::~SweepHold() {
  if (guard_ != nullptr) guard_->Leave(generation_);
}

SweepHold SweepGuard::Enter() {
  const std::lock_guard lock(mutex_);
  ++held_[generation_ % 2];
  return {this, generation_};
}

void SweepGuard::Leave(uint64_t generation) {
  const std::lock_guard lock(mutex_);
  if (--held_[generation % 2] == 0) left_.notify_all();
}

void SweepGuard::Begin() {
  std::unique_lock lock(mutex_);
  // One sweep at a time: the generation before the last has left by the time that another begins.
  left_.wait(lock, [&] { return !sweeping_; });
  sweeping_ = true;
  used_.clear();
  const uint64_t before = generation_++;
  left_.wait(lock, [&] { return held_[before % 2] == 0; });
}

void SweepGuard::End() {
  const std::lock_guard lock(mutex_);
  sweeping_ = false;
  used_ = {};
  left_.notify_all();
}

bool SweepGuard::Use(const Sha256Digest& digest, const std::function<bool()>& use) {
  const std::lock_guard lock(mutex_);
  if (!use()) return false;
  if (sweeping_) used_.insert(digest);
  return true;
}

bool SweepGuard::Unused(const Sha256Digest& digest, const std::function<void()>& remove) {
  const std::lock_guard lock(mutex_);
  if (used_.contains(digest)) return false;
  remove();
  return true;
}

}  // namespace sinter
