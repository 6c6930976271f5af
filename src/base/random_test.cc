#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace sinter {
namespace {

// Known answers of Random123's kat_vectors, philox4x32 10.
TEST(Philox, KnownAnswers) {
  using Block = std::array<uint32_t, 4>;
  EXPECT_EQ(Philox({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, MomentsAreThoseOfTheDistributions) {
  const int n = 100000;
  double sum = 0, squares = 0, uniform = 0;
  for (int i = 0; i < n; ++i) {
    const double x = RandomNormal(7, 1, static_cast<uint64_t>(i));
    sum += x;
    squares += x * x;
    const double u = RandomUniform(7, 2, static_cast<uint64_t>(i));
    ASSERT_TRUE(u >= 0 && u < 1);
    uniform += u;
  }
  EXPECT_NEAR(sum / n, 0, 0.02);
  EXPECT_NEAR(squares / n, 1, 0.03);
  EXPECT_NEAR(uniform / n, 0.5, 0.005);
}

TEST(Random, PermutationHoldsEachOnceAndDependsOnTheKey) {
  auto a = RandomPermutation(1, 0, 1000);
  EXPECT_EQ(a, RandomPermutation(1, 0, 1000));
  EXPECT_NE(a, RandomPermutation(2, 0, 1000));
  std::ranges::sort(a);
  for (int64_t i = 0; i < 1000; ++i) ASSERT_EQ(a[static_cast<size_t>(i)], i);
}

}  // namespace
}  // namespace sinter
