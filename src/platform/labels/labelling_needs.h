// What the records of labellings rely on.
#pragma once

#include <vector>

#include "platform/hub/record_rules.h"

namespace sinter {

// A labelling needs the version whose rows it shows while it is open; its parts, answers and decisions need
// nothing more.
std::vector<RecordRule> LabellingRecordRules();

}  // namespace sinter
