#include "media/sound/resample.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace sinter {
namespace {

std::vector<float> Tone(double hertz, int64_t rate, double seconds) {
  std::vector<float> tone(static_cast<size_t>(std::ceil(static_cast<double>(rate) * seconds)));
  for (size_t i = 0; i < tone.size(); ++i)
    tone[i] = static_cast<float>(
        std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / static_cast<double>(rate)));
  return tone;
}

// Of the difference, in the middle, where the ends do not reach; a tone's own power is -3 dB.
double ErrorInDecibels(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  size_t count = 0;
  for (size_t i = a.size() / 4; i < a.size() * 3 / 4; ++i, ++count) {
    const double apart = static_cast<double>(a[i]) - (b.empty() ? 0 : static_cast<double>(b[i]));
    sum += apart * apart;
  }
  return 10 * std::log10(sum / static_cast<double>(count) + 1e-30);
}

TEST(Resample, TonesStayWhatTheyAre) {
  for (const auto& [from, to] : {std::pair<int64_t, int64_t>{44100, 16000},
                                 {16000, 44100},
                                 {48000, 16000},
                                 {8000, 16000},
                                 {44101, 16000},
                                 {22050, 16000},
                                 {16000, 8000}}) {
    const auto half = static_cast<double>(std::min(from, to)) / 2;
    for (const double share : {0.01, 0.2, 0.5, 0.8, 0.86}) {
      const auto heard = Resample(Tone(share * half, from, 0.5), from, to);
      EXPECT_LT(ErrorInDecibels(heard, Tone(share * half, to, 0.5)), -83)
          << from << " to " << to << " at " << share;
    }
  }
}

TEST(Resample, WhatTheLowerRateCannotHoldIsGone) {
  for (const double hertz : {8100.0, 9000.0, 12000.0, 20000.0})
    EXPECT_LT(ErrorInDecibels(Resample(Tone(hertz, 44100, 0.5), 44100, 16000), {}), -83) << hertz;
}

TEST(Resample, LengthsFollowTheRates) {
  EXPECT_EQ(Resample(std::vector<float>(441), 44100, 16000).size(), 160u);
  EXPECT_EQ(Resample(std::vector<float>(442), 44100, 16000).size(), 161u);
  EXPECT_EQ(Resample(std::vector<float>(1, 0.5f), 8000, 8000), std::vector<float>(1, 0.5f));
  EXPECT_TRUE(Resample({}, 8000, 16000).empty());
}

}  // namespace
}  // namespace sinter
