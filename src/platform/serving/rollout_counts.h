// How the rollouts of a service were decided, counted since the process began.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "platform/serving/rollout.h"

namespace sinter {

struct RolloutDecisionCount {
  std::string_view gate;     // the state in which a gate decided ("golden", ...), or "person"
  std::string_view outcome;  // RolloutActionName
  uint64_t count = 0;
};

// Any thread.
class RolloutCounts {
 public:
  // `stage`: where the rollout stood, or was paused.
  void Add(RolloutState stage, bool by_person, RolloutAction action) {
    const size_t gate = by_person || stage > RolloutState::kBaking ? kPerson : static_cast<size_t>(stage);
    counts_[gate][static_cast<size_t>(action)].fetch_add(1, std::memory_order_relaxed);
  }
  std::vector<RolloutDecisionCount> Read() const {  // those that there were
    std::vector<RolloutDecisionCount> read;
    for (size_t gate = 0; gate <= kPerson; ++gate) {
      for (size_t action = 0; action < kActions; ++action) {
        const uint64_t count = counts_[gate][action].load(std::memory_order_relaxed);
        if (count == 0) continue;
        read.push_back({gate == kPerson ? "person" : RolloutStateName(static_cast<RolloutState>(gate)),
                        RolloutActionName(static_cast<RolloutAction>(action)), count});
      }
    }
    return read;
  }

 private:
  static constexpr size_t kPerson = static_cast<size_t>(RolloutState::kBaking) + 1;
  static constexpr size_t kActions = static_cast<size_t>(RolloutAction::kFinish) + 1;
  std::array<std::array<std::atomic<uint64_t>, kActions>, kPerson + 1> counts_{};
};

}  // namespace sinter
