// Records in one SQLite file.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/file.h"
#include "platform/records/records.h"

namespace sinter {

// `clock` must outlive it.
Result<std::unique_ptr<Records>> OpenSqliteRecords(const Path& path, const Clock& clock = Clock::Real());

// What Backup() leaves in its folder, and its way back to a file that is not there yet (not synced).
inline constexpr const char* kSqliteBackup = "records.db";
Status RestoreSqliteRecords(const Path& folder, const Path& path);

}  // namespace sinter
