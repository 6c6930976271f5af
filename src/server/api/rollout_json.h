// Rollouts and gates as people and programs read them over the own API.
#pragma once

#include "base/json.h"
#include "platform/serving/rollout_record.h"

namespace sinter {

// {"name","service","from","to","state","share","seconds","reason","now":{...},"shadow":{...},"examples":[...],
//  "history":[{"at_ms","by","state","share","decision","reason","figures":{...}}],"gates":{...},"by","asked_ms"}
Json RolloutJson(const RolloutInfo& rollout);
Json RevisionJson(const RevisionRef& ref);  // null where there is none
Json FiguresJson(const RolloutDecision& decision);

}  // namespace sinter
