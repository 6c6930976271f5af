// Lets services that keep cases learn what usual requests look like, without anybody having asked.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "base/periodic.h"
#include "server/api/platform.h"

namespace sinter {

// Every few seconds it looks at each service; what is known costs a record's reading. Where that fails, it is
// tried again later and later, until the gates change.
class UsualLearner {
 public:
  explicit UsualLearner(Platform& platform);
  ~UsualLearner();  // what is being learned is given up
  UsualLearner(const UsualLearner&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  struct Failure {
    std::string gates;
    Clock::time_point again;
    std::chrono::seconds delay;
  };
  void Look();
  Platform& platform_;
  std::map<std::string, Failure> failures_;  // of the periodic thread
  std::optional<Periodic> looking_;          // last: it uses the others
};

}  // namespace sinter
