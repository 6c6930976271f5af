// The version of the code in a folder, for a run or a job that is submitted from there.
#pragma once

#include "base/file.h"
#include "platform/jobs/code_version.h"

namespace sinter {

// The commit of its git repository and whether files differ; else a digest of its files, hidden ones and
// links apart, where they are at most 2,000 and 64 MiB. Never fails: `note` says what is not known, and why.
CodeVersion CodeOfFolder(const Path& folder, std::string sinter_version);

}  // namespace sinter
