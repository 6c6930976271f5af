// The tables of metrics.db, for the files of this room.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/records/sqlite.h"

namespace sinter {

// The number of a run's series; kNotFound.
Result<int64_t> FindSeries(SqliteConnection& db, std::string_view run, std::string_view name);
// ... made where it is new; kResourceExhausted where the run has too many.
Result<int64_t> FindOrMakeSeries(SqliteConnection& db, std::string_view run, std::string_view name);

}  // namespace sinter
