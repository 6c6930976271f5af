// Pictures moved and mirrored, as drawn from the seed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "training/trainer/recipe.h"

namespace sinter {

// Writes the u8 picture [height, width, channels] augmented to `to`. The draws are keyed by (seed, epoch,
// place) alone.
void AugmentPicture(const Augmentation& augmentation, uint64_t seed, int64_t epoch, int64_t place,
                    std::span<const uint8_t> from, int64_t height, int64_t width, int64_t channels,
                    uint8_t* to);

}  // namespace sinter
