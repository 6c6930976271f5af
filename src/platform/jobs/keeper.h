// The process beside an attempt: it starts the command, limits and isolates it, passes on the wish that it
// end, and writes down how it ended. It outlives the server, so that a server that comes back finds what
// became of the attempt; the command does not outlive its keeper.
#pragma once

#include "base/file.h"
#include "base/result.h"

namespace sinter {

// Claims FOLDER (launch.h) and runs what its launch.json says, to the end. SIGTERM to this process is passed
// on to the command's process group; SIGINT ends the command at once. Returns once exit.json stands. Errors:
// kAlreadyExists where another has claimed it; what makes it impossible to write exit.json. For a process of
// its own, with one thread.
Status KeepJob(const Path& folder);

}  // namespace sinter
