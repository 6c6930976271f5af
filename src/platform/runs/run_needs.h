// What the record of a run relies on.
#pragma once

#include "platform/hub/record_rules.h"

namespace sinter {

// Its checkpoints, whatever became of it; the data set's version only while it may still be read. What it
// made is a model of its own.
RecordRule RunRecordRule();

// A sweep needs its data set's version until it is over.
RecordRule SweepRecordRule();

}  // namespace sinter
