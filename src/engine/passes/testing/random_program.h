// Random programs that verify, for tests of what changes programs.
#pragma once

#include <cstdint>
#include <string>

namespace sinter {

// The text of a module with one function @f over f32[N,3,4] and f32[N,4,3] inputs, a condition and a state:
// element-wise chains, transposes, reductions, products, neutral constants, shape arithmetic, duplicates,
// dead nodes and branches. The same seed gives the same text.
std::string RandomProgram(uint32_t seed);

}  // namespace sinter
