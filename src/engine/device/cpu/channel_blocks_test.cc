// There and back.
#include "engine/device/cpu/channel_blocks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
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

TEST(ChannelBlocks, TheLargestOfEachWindow) {
  constexpr int64_t kRows = 3, kColumns = 2, kWidth = 5;  // the last column is in no window
  for (const int64_t block : {8, 16}) {
    std::vector<float> blocked(static_cast<size_t>(2 * kRows * kWidth * block));
    for (size_t i = 0; i < blocked.size(); ++i) blocked[i] = static_cast<float>(i * 7919 % 1000) - 500;
    blocked[static_cast<size_t>(block + 3)] = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> pooled(static_cast<size_t>(kRows * kColumns * block));
    PoolChannelBlocks(block, blocked.data(), kWidth, kRows, kColumns, pooled.data());
    for (int64_t y = 0; y < kRows; ++y) {
      for (int64_t x = 0; x < kColumns; ++x) {
        for (int64_t c = 0; c < block; ++c) {
          float most = -1e9f;
          for (int64_t k = 0; k < 4; ++k) {
            const int64_t place = ((2 * y + k / 2) * kWidth + 2 * x + k % 2) * block + c;
            const float value = blocked[static_cast<size_t>(place)];
            most = std::isnan(value) || std::isnan(most) ? std::nanf("") : std::max(most, value);
          }
          const float given = pooled[static_cast<size_t>((y * kColumns + x) * block + c)];
          EXPECT_TRUE(given == most || (std::isnan(given) && std::isnan(most))) << y << " " << x << " " << c;
        }
      }
    }
  }
}

}  // namespace
}  // namespace sinter
