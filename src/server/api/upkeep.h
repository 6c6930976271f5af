// Long work on the whole home: collecting garbage, checking, backing up. One at a time, in a thread of its
// own; whoever asked follows it, and may stop it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

#include "base/cancel.h"
#include "base/json.h"
#include "base/result.h"

namespace sinter {

class Platform;

// Any thread.
class Upkeep {
 public:
  explicit Upkeep(Platform& platform) : platform_(platform) {}
  ~Upkeep() { Stop(); }
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  // How far it is: of `total` bytes or things, 0 where that is not known.
  using Progress = std::function<void(std::string_view what, uint64_t done, uint64_t total)>;
  using Work = std::function<Result<Json>(const Progress&, const CancelToken&)>;
  // The task's id. kConflict, naming it, where another is under way.
  Result<std::string> Start(std::string_view kind, Work work);
  // {"task","kind","state":"running"|"done"|"failed","what","done","total","result"?,"error"?}; waits so long
  // for its end. Only the newest is known.
  Result<Json> Show(std::string_view task, std::chrono::milliseconds wait);
  Status Cancel(std::string_view task);

  // Garbage is collected every so often from here on, also counted over restarts of the server.
  void CollectEvery(std::chrono::milliseconds interval);
  // What is under way is cancelled and waited for; nothing begins any more.
  void Stop();

 private:
  void Run(const Work& work);
  void Loop(std::chrono::milliseconds interval);
  Json Shown() const;
  Platform& platform_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false, running_ = false;
  int64_t count_ = 0;
  std::string task_, kind_, what_;
  uint64_t done_ = 0, total_ = 0;
  Result<Json> result_ = Json();
  CancelSource cancel_;
  std::thread worker_, timer_;
};

}  // namespace sinter
