// Who besides versions of data sets holds records, and what to do about it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "server/api/platform.h"

namespace sinter {

// Of a version that holds the records, or may.
std::string AdviceOnVersion(std::string_view ref, bool certain);

// [{"kind","ref","through","certain","state","advice"}]: runs, models and services that came of the versions
// (refs, and whether they certainly hold the records), and rollouts, open labellings, sweeps and services'
// golden sets that read them now. Models whose files were removed hold nothing, but what came of them may.
// `without`: a version of the data set that holds none of the records; empty: there is none yet.
Result<Json> HeldElsewhere(Platform& platform, const std::map<std::string, bool>& versions,
                           std::string_view without);

}  // namespace sinter
