// The figures of one column of one split.
#pragma once

#include "base/cancel.h"
#include "platform/data/profile.h"

namespace sinter {

Result<ColumnProfile> ProfileColumn(const DatasetVersion& version, size_t split, size_t column,
                                    const CancelToken& cancel);

}  // namespace sinter
