#include "server/http/stream.h"

#include <utility>

namespace sinter {

void ResponseStream::Attach(std::function<void()> ready) {
  std::unique_lock lock(mutex_);
  ready_ = std::move(ready);
  called_ = false;
  if (!waiting_.empty() || ended_) CallWhenReady(std::move(lock));
}

ResponseStream::Taken ResponseStream::Take() {
  const std::lock_guard lock(mutex_);
  called_ = false;
  return {std::exchange(waiting_, {}), ended_};
}

void ResponseStream::Abandon() {
  const std::lock_guard lock(mutex_);
  gone_ = true;
  waiting_.clear();
  ready_ = nullptr;
}

// Outside the lock: what is called may take.
void ResponseStream::CallWhenReady(std::unique_lock<std::mutex> lock) {
  if (ready_ == nullptr || std::exchange(called_, true)) return;
  const auto ready = ready_;
  lock.unlock();
  ready();
}

bool ResponseStream::Write(std::string_view text, size_t bound) {
  std::unique_lock lock(mutex_);
  if (gone_ || ended_ || (!waiting_.empty() && waiting_.size() + text.size() > bound)) return false;
  waiting_ += text;
  CallWhenReady(std::move(lock));
  return true;
}

void ResponseStream::End() {
  std::unique_lock lock(mutex_);
  ended_ = true;
  CallWhenReady(std::move(lock));
}

StreamWriter::StreamWriter(size_t bound) : stream_(std::make_shared<ResponseStream>()), bound_(bound) {}

StreamWriter& StreamWriter::operator=(StreamWriter&& other) noexcept {
  if (this == &other) return *this;
  if (stream_ != nullptr) stream_->End();
  stream_ = std::move(other.stream_);
  bound_ = other.bound_;
  return *this;
}

StreamWriter::~StreamWriter() {
  if (stream_ != nullptr) stream_->End();
}

bool StreamWriter::Write(std::string_view text) { return stream_->Write(text, bound_); }

bool StreamWriter::Gone() const {
  const std::lock_guard lock(stream_->mutex_);
  return stream_->gone_;
}

size_t StreamWriter::Waiting() const {
  const std::lock_guard lock(stream_->mutex_);
  return stream_->waiting_.size();
}

}  // namespace sinter
