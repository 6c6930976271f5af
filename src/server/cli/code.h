// The version of the code that a command submits.
#pragma once

#include "base/file.h"
#include "base/json.h"

namespace sinter {

// As platform/jobs/code_version.h writes it; an empty path is where the command runs.
Json CodeOf(const Path& folder);
// For people: "0123456789ab, files differ (diff 89abcdef0123)"; empty: nothing is known.
std::string CodeText(const Json& code);

}  // namespace sinter
