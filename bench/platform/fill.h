// A home with many resources of each kind, for the figures of lists and memory.
#pragma once

#include "base/file.h"
#include "base/result.h"

namespace sinter {

// Into a home that is new: `count` (2 to 1,000,000) of each kind. The services are another server's, so that
// they are listed and not loaded; jobs, sweeps and runs are over.
Status FillHome(const Path& home, int count);

}  // namespace sinter
