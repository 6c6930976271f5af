#include "server/cli/duration.h"

#include <gtest/gtest.h>

namespace sinter {
namespace {

TEST(Duration, IsReadWithItsUnit) {
  EXPECT_EQ(ParseDuration("90")->count(), 90);
  EXPECT_EQ(ParseDuration("90s")->count(), 90);
  EXPECT_EQ(ParseDuration("30m")->count(), 1800);
  EXPECT_EQ(ParseDuration("24h")->count(), 86'400);
  EXPECT_EQ(ParseDuration("30d")->count(), 2'592'000);
  EXPECT_EQ(ParseDuration("0")->count(), 0);
}

TEST(Duration, WhatIsNoneIsRefused) {
  for (const char* text : {"", "h", "-1h", "1.5h", "1w", "1 h", "h1", "9999999999d", "99999999999999999999"})
    EXPECT_FALSE(ParseDuration(text)) << text;
}

}  // namespace
}  // namespace sinter
