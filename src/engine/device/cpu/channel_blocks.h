// The way between row-major pictures and oneDNN's blocks of channels; compiled for several instruction sets.
#pragma once

#include <cstdint>

namespace sinter {

// Whether the two below serve blocks of so many channels (8 and 16) over planes of `area` elements.
bool MovesChannelBlocks(int64_t block, int64_t area);
// blocked[p * block + c] = plain[c * area + p] for `block` channels, and back.
void BlockChannels(int64_t block, const float* plain, int64_t area, float* blocked);
void UnblockChannels(int64_t block, const float* blocked, int64_t area, float* plain);

}  // namespace sinter
