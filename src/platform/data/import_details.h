// What a version's details say of how files come in.
#pragma once

#include "base/json.h"
#include "platform/hub/repositories.h"

namespace sinter {

// A version that is made out of `from` takes new files as that does: `details` gets its "import".
void KeepImport(const RepositoryVersion& from, Json& details);

}  // namespace sinter
