#include "training/trainer/checkpoint_writer.h"

#include <fmt/format.h>

namespace sinter {

CheckpointWriter::CheckpointWriter(CheckpointSink& sink) : sink_(sink), thread_([this] { Loop(); }) {}

CheckpointWriter::~CheckpointWriter() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Status CheckpointWriter::Write(Checkpoint checkpoint) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !busy_ && !waiting_; });
  TRY_STATUS(status_);
  waiting_ = std::move(checkpoint);
  changed_.notify_all();
  return {};
}

Status CheckpointWriter::Finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !busy_ && !waiting_; });
  return status_;
}

void CheckpointWriter::Loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stop_ || waiting_; });
    if (!waiting_) return;
    const Checkpoint checkpoint = *std::move(waiting_);
    waiting_.reset();
    busy_ = true;
    lock.unlock();
    Status saved = sink_.Save(checkpoint);
    lock.lock();
    if (!saved)
      status_ = std::move(saved).error().In(fmt::format("the checkpoint of step {}", checkpoint.step));
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace sinter
