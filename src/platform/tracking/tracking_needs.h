// What the records of tracking rely on.
#pragma once

#include <vector>

#include "platform/hub/record_rules.h"

namespace sinter {

// An artifact needs its blob. What is registered is a version of the hub, whose own records name its files.
std::vector<RecordRule> TrackingRecordRules();

}  // namespace sinter
