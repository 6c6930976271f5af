// Records in one SQLite file.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/file.h"
#include "platform/records/records.h"

namespace sinter {

// `clock` must outlive it.
Result<std::unique_ptr<Records>> OpenSqliteRecords(const Path& path, const Clock& clock = Clock::Real());

}  // namespace sinter
