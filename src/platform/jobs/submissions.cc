#include "platform/jobs/submissions.h"

#include <vector>

namespace sinter {
namespace {

constexpr size_t kMostTogether = 500;

}  // namespace

Result<Record> Submissions::Submit(RecordWrite write, std::string_view who) {
  Entry entry{std::move(write), std::string(who), std::nullopt};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&entry);
  while (!entry.result) {
    if (leading_)
      done_.wait(lock);
    else
      Lead(lock);
  }
  return *std::move(entry.result);
}

// Commits what waits now; who comes meanwhile is led by the next.
void Submissions::Lead(std::unique_lock<std::mutex>& lock) {
  leading_ = true;
  std::vector<Entry*> batch;
  const std::string who = waiting_.front()->who;
  // A transaction has one author: those of others wait for theirs.
  for (auto it = waiting_.begin(); it != waiting_.end() && batch.size() < kMostTogether;) {
    if ((*it)->who != who) {
      ++it;
      continue;
    }
    batch.push_back(*it);
    it = waiting_.erase(it);
  }
  lock.unlock();
  Commit(batch);
  lock.lock();
  leading_ = false;
  done_.notify_all();
}

void Submissions::Commit(std::vector<Entry*>& batch) {
  std::vector<RecordWrite> writes;
  writes.reserve(batch.size());
  for (const Entry* entry : batch) writes.push_back(entry->write);
  auto made = records_.Apply(writes, batch[0]->who);
  if (made) {
    for (size_t i = 0; i < batch.size(); ++i) batch[i]->result = std::move((*made)[i]);
    return;
  }
  for (Entry* entry : batch) {
    if (batch.size() == 1) {
      entry->result = made.error();
      return;
    }
    auto alone = records_.Apply(std::span(&entry->write, 1), entry->who);
    if (alone)
      entry->result = std::move((*alone)[0]);
    else
      entry->result = std::move(alone).error();
  }
}

}  // namespace sinter
