// The way between row-major pictures and oneDNN's blocks of channels; compiled for several instruction sets.
#pragma once

#include <cstdint>

namespace sinter {

// Whether the two below serve blocks of so many channels (8 and 16) over planes of `area` elements.
bool MovesChannelBlocks(int64_t block, int64_t area);
// blocked[p * block + c] = plain[c * area + p] for `block` channels, and back.
void BlockChannels(int64_t block, const float* plain, int64_t area, float* blocked);
void UnblockChannels(int64_t block, const float* blocked, int64_t area, float* plain);

// Windows of 2 x 2, two apart, of one block of channels [.., width, block]: the largest of each, for
// rows x columns windows. A NaN stays, as in max pools elsewhere.
void PoolChannelBlocks(int64_t block, const float* blocked, int64_t width, int64_t rows, int64_t columns,
                       float* pooled);

}  // namespace sinter
