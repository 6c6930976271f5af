#include "server/api/usual_learner.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace sinter {
namespace {

using namespace std::chrono_literals;

constexpr auto kEvery = 5s;
constexpr std::chrono::seconds kFirstDelay = 10s, kLongestDelay = 600s;

}  // namespace

UsualLearner::UsualLearner(Platform& platform) : platform_(platform) {
  looking_.emplace(kEvery, [this] { Look(); });
}

UsualLearner::~UsualLearner() { platform_.services().StopLearning(); }

void UsualLearner::Look() {
  const auto services = platform_.services().List();
  if (!services) return;
  for (const ServiceInfo& info : *services) {
    if (!info.gates.cases.consent || !info.gates.golden) continue;
    const std::string gates = info.current.revision + GatesJson(info.gates).dump();
    const auto failed = failures_.find(info.name);
    const bool same = failed != failures_.end() && failed->second.gates == gates;
    if (same && Clock::now() < failed->second.again) continue;
    if (platform_.services().LearnUsual(info.name)) {
      failures_.erase(info.name);
      continue;
    }
    const auto delay = same ? std::min(kLongestDelay, 2 * failed->second.delay) : kFirstDelay;
    failures_[info.name] = {gates, Clock::now() + delay, delay};
  }
  std::erase_if(failures_, [&](const auto& failure) {
    return std::ranges::find(*services, failure.first, &ServiceInfo::name) == services->end();
  });
}

}  // namespace sinter
