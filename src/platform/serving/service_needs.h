// What the records of services and rollouts rely on.
#pragma once

#include "platform/hub/record_rules.h"

namespace sinter {

// The models that it answers with or may go back to, those of a rollout under way, and its golden set.
RecordRule ServiceRecordRule();
RecordRule RolloutRecordRule();

}  // namespace sinter
