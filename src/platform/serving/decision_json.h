// Parts that the records of services and of rollouts share, as JSON.
#pragma once

#include <string>

#include "base/json.h"
#include "platform/serving/rollout.h"

namespace sinter {

struct RevisionRef {
  std::string revision;  // "3"
  std::string model;     // "fashion@2"
  bool operator==(const RevisionRef&) const = default;
};

Json RefJson(const RevisionRef& ref);
RevisionRef ReadRef(const Json& json, const std::string& where, Status& status);

// The figures keep their order: a list of pairs, not an object. Where it leads is not written: it is the
// state of what comes after.
Json DecisionJson(const RolloutDecision& decision);
RolloutDecision ReadDecision(const Json& json, const std::string& where, Status& status);

}  // namespace sinter
