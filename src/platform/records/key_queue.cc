#include "platform/records/key_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sinter {

KeyQueue::KeyQueue(const Backoff& backoff, const Clock& clock) : backoff_(backoff), clock_(clock) {}

void KeyQueue::Put(const std::string& key, State& state, Nanoseconds due) {
  if (state.due) {
    if (*state.due <= due) return;
    order_.erase({*state.due, key});
  }
  state.due = due;
  order_.emplace(due, key);
}

void KeyQueue::Add(const std::string& key, std::chrono::milliseconds after) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    State& state = states_[key];
    if (state.running) {
      state.dirty = true;
      state.dirty_after = state.dirty_after ? std::min(*state.dirty_after, after) : after;
    } else if (!(state.failures > 0 && state.due)) {  // one that failed waits its time
      Put(key, state, clock_.Now() + after);
    }
  }
  changed_.notify_one();
}

std::optional<std::string> KeyQueue::TakeLocked() {
  if (order_.empty() || order_.begin()->first > clock_.Now()) return std::nullopt;
  std::string key = order_.begin()->second;
  order_.erase(order_.begin());
  State& state = states_[key];
  state.due.reset();
  state.running = true;
  ++running_;
  return key;
}

std::optional<std::string> KeyQueue::Take() {
  const std::lock_guard lock(mutex_);
  return TakeLocked();
}

std::optional<std::string> KeyQueue::Wait() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (auto key = TakeLocked()) {
      if (!order_.empty()) changed_.notify_one();  // another worker may have one too
      return key;
    }
    if (order_.empty()) {
      changed_.wait(lock);
    } else {
      changed_.wait_for(lock, order_.begin()->first - clock_.Now());
    }
  }
  return std::nullopt;
}

void KeyQueue::Done(const std::string& key, bool succeeded, std::optional<std::chrono::milliseconds> again) {
  {
    const std::lock_guard lock(mutex_);
    const auto at = states_.find(key);
    if (at == states_.end() || !at->second.running) return;
    State& state = at->second;
    state.running = false;
    --running_;
    const bool dirty = std::exchange(state.dirty, false);
    const auto dirty_after = std::exchange(state.dirty_after, std::nullopt);
    if (!stopped_ && !succeeded) {
      const int doublings = std::min(state.failures++, 30);
      const auto wait =
          std::min<std::chrono::milliseconds>(backoff_.most, backoff_.first * (int64_t{1} << doublings));
      Put(key, state, clock_.Now() + wait);
    } else if (!stopped_) {
      state.failures = 0;
      if (dirty) Put(key, state, clock_.Now() + dirty_after.value_or(std::chrono::milliseconds(0)));
      if (again) Put(key, state, clock_.Now() + *again);
    }
    DropIfIdle(key);
  }
  changed_.notify_all();
}

void KeyQueue::DropIfIdle(const std::string& key) {
  const auto at = states_.find(key);
  if (at != states_.end() && !at->second.due && !at->second.running) states_.erase(at);
}

void KeyQueue::Clear() {
  const std::lock_guard lock(mutex_);
  order_.clear();
  for (auto at = states_.begin(); at != states_.end();) {
    const bool running = at->second.running;
    at->second = State();
    at->second.running = running;
    at = running ? std::next(at) : states_.erase(at);
  }
}

void KeyQueue::WaitUntilIdle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return running_ == 0; });
}

void KeyQueue::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

size_t KeyQueue::Waiting() const {
  const std::lock_guard lock(mutex_);
  return order_.size();
}

}  // namespace sinter
