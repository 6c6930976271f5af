// Whether a pack names only what is there. For .cc files of this room alone.
#pragma once

#include "base/file.h"
#include "base/result.h"

namespace sinter {

// Reads every commit, tree and tag of the pack that `index` belongs to; what they name must be in the pack,
// or in the repository whose folder of objects is `objects`. A submodule's commit is another repository's and
// not looked for. kInvalidArgument names the object and what it lacks; kCorrupt where one does not parse.
Status CheckPackIsComplete(const Path& index, const Path& objects);

}  // namespace sinter
