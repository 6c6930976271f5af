// Every kind of record of this program, with what it needs. A room that adds a kind names it here, or in the
// function of its own that this calls.
#pragma once

#include "platform/hub/record_rules.h"

namespace sinter {

RecordRules AllRecordRules();

}  // namespace sinter
