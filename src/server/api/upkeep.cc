#include "server/api/upkeep.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/api/hub_api.h"
#include "server/api/platform.h"

namespace sinter {
namespace {

// {"gc_at_ms"}: when garbage was last collected here by itself.
constexpr const char* kFile = "upkeep.json";

void Keep(const Path& file, int64_t gc_at_ms) {
  const Status kept = WriteFileAtomically(file, Json{{"gc_at_ms", gc_at_ms}}.dump() + "\n");
  if (!kept) fmt::print(stderr, "sinter: {}\n", kept.error().ToString());
}

int64_t LastCollection(const Path& file) {
  const auto text = ReadFile(file, 4096);
  if (!text) return 0;
  const auto json = ParseJson(*text);
  return json && json->is_object() ? json->value("gc_at_ms", int64_t{0}) : 0;
}

}  // namespace

Result<std::string> Upkeep::Start(std::string_view kind, Work work) {
  std::unique_lock lock(mutex_);
  if (stopping_) return Error{ErrorCode::kUnavailable, "the server is stopping", ""};
  if (running_)
    return Error{ErrorCode::kConflict, fmt::format("{} is under way as {}", kind_, task_),
                 "one at a time: wait for its end"};
  if (worker_.joinable()) worker_.join();  // it is at its end
  running_ = true;
  task_ = fmt::format("{}-{}", kind, ++count_);
  kind_ = kind;
  what_.clear();
  done_ = total_ = 0;
  cancel_ = CancelSource();
  worker_ = std::thread([this, work = std::move(work)] { Run(work); });
  return task_;
}

void Upkeep::Run(const Work& work) {
  CancelToken token;
  {
    const std::lock_guard lock(mutex_);
    token = cancel_.token();
  }
  auto result = work(
      [this](std::string_view what, uint64_t done, uint64_t total) {
        const std::lock_guard lock(mutex_);
        what_ = what;
        done_ = done;
        total_ = total;
      },
      token);
  const std::lock_guard lock(mutex_);
  result_ = std::move(result);
  running_ = false;
  changed_.notify_all();
}

Json Upkeep::Shown() const {
  Json json = {{"task", task_}, {"kind", kind_}, {"what", what_}, {"done", done_}, {"total", total_}};
  json["state"] = running_ ? "running" : result_ ? "done" : "failed";
  if (!running_ && result_) json["result"] = *result_;
  if (!running_ && !result_) {
    const Error& error = result_.error();
    json["error"] = {{"code", ErrorCodeName(error.code)}, {"message", error.message}, {"hint", error.hint}};
  }
  return json;
}

Result<Json> Upkeep::Show(std::string_view task, std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, wait, [&] { return task_ != task || !running_ || stopping_; });
  if (task_ == task) return Shown();
  return NotFound(fmt::format("there is no task '{}'", task.substr(0, 100)), "only the newest is known");
}

Status Upkeep::Cancel(std::string_view task) {
  const std::lock_guard lock(mutex_);
  if (task_ != task) return NotFound(fmt::format("there is no task '{}'", task.substr(0, 100)));
  cancel_.Cancel();
  return {};
}

void Upkeep::CollectEvery(std::chrono::milliseconds interval) {
  // From the start on the file is there: nothing of a home appears by itself while it is quiet.
  const Path file = platform_.home().folder() / kFile;
  if (LastCollection(file) == 0) Keep(file, 0);
  timer_ = std::thread([this, interval] { Loop(interval); });
}

void Upkeep::Loop(std::chrono::milliseconds interval) {
  constexpr std::chrono::minutes kAgain(1);  // where something else is under way
  const Path file = platform_.home().folder() / kFile;
  const int64_t now = platform_.home().clock().UnixMillis(), last = LastCollection(file);
  // A clock that was set back makes it wait one interval, not until the clock is there again.
  const int64_t ago = last > now ? 0 : now - last;
  auto wait = std::chrono::milliseconds(std::max<int64_t>(0, interval.count() - ago));
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, wait, [&] { return stopping_; })) {
    lock.unlock();
    const auto started = StartCollection(platform_, {});
    if (started) Keep(file, platform_.home().clock().UnixMillis());
    wait = started ? interval : std::chrono::milliseconds(kAgain);
    lock.lock();
  }
}

void Upkeep::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    cancel_.Cancel();
    changed_.notify_all();
  }
  if (timer_.joinable()) timer_.join();
  if (worker_.joinable()) worker_.join();
}

}  // namespace sinter
