// There and back.
#include "engine/device/cpu/channel_blocks.h"

#include <gtest/gtest.h>

#include <vector>

namespace sinter {
namespace {

TEST(ChannelBlocks, EveryElementFindsItsPlaceAndTheWayBack) {
  for (const int64_t block : {8, 16}) {
    for (const int64_t area : {8, 16, 17, 49, 196}) {
      if (!MovesChannelBlocks(block, area)) continue;
      const size_t size = static_cast<size_t>(block * area);
      std::vector<float> plain(size), blocked(size, -1), back(size, -1);
      for (size_t i = 0; i < size; ++i) plain[i] = static_cast<float>(i);
      BlockChannels(block, plain.data(), area, blocked.data());
      for (int64_t c = 0; c < block; ++c) {
        for (int64_t p = 0; p < area; ++p) {
          ASSERT_EQ(blocked[static_cast<size_t>(p * block + c)], plain[static_cast<size_t>(c * area + p)])
              << "channel " << c << " of " << block << ", element " << p << " of " << area;
        }
      }
      UnblockChannels(block, blocked.data(), area, back.data());
      EXPECT_EQ(back, plain) << block << ", " << area;
    }
  }
  EXPECT_FALSE(MovesChannelBlocks(16, 15));
  EXPECT_FALSE(MovesChannelBlocks(4, 100));
}

}  // namespace
}  // namespace sinter
