// Counts heap allocations of the whole process, for tests of paths that must make none. Linking the room
// replaces operator new and malloc of the whole test binary.
#pragma once

#include <cstdint>

namespace sinter {

struct AllocationCount {
  int64_t ours = 0;       // asked for by code of the executable itself
  int64_t libraries = 0;  // asked for by shared libraries: oneDNN, the C++ runtime on its own account
};

// False under the sanitizers, which have an allocator of their own: skip the test.
bool CountsAllocations();

// What all threads have allocated since the process began.
AllocationCount AllocationsSoFar();

}  // namespace sinter
