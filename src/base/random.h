// Counter-based random numbers: the n-th number of a key is a pure function of both, so that any rank or
// thread can draw any element's number. Philox4x32-10 (Salmon et al., SC 2011).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace sinter {

std::array<uint32_t, 4> Philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// 64 random bits for (key, stream, index).
uint64_t RandomBits(uint64_t key, uint64_t stream, uint64_t index);
// Uniform in [0, 1), 53 bits.
double RandomUniform(uint64_t key, uint64_t stream, uint64_t index);
// Standard normal, by Box and Muller's transform of two uniforms of the same block.
double RandomNormal(uint64_t key, uint64_t stream, uint64_t index);
// Uniform in 0..n-1, n > 0, by Lemire's multiplication (bias below 2^-32 for n < 2^32).
uint64_t RandomBelow(uint64_t key, uint64_t stream, uint64_t index, uint64_t n);

// 0..n-1 in the order that (key, stream) shuffles them: Fisher and Yates.
std::vector<int64_t> RandomPermutation(uint64_t key, uint64_t stream, int64_t n);

}  // namespace sinter
