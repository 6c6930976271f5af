// Ranks as processes that Open MPI's mpirun (or srun) started. The library is loaded when it is asked for, so
// that the program runs where there is none.
#pragma once

#include <memory>

#include "engine/graph/communicator.h"

namespace sinter {

// The world of this process; once. For one thread. Destroyed, it waits for the others and ends MPI. Errors:
// kUnavailable, where Open MPI is not installed or this process was not started by it.
Result<std::unique_ptr<Communicator>> MpiCommunicator();

// Ends all ranks of the job at once: for a rank that cannot go on while the others wait for it.
[[noreturn]] void MpiAbort(int code);

}  // namespace sinter
