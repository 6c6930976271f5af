#include "media/sound/wav.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "media/sound/sound.h"

namespace sinter {
namespace {

TEST(Wav, IsReadBack) {
  std::vector<float> samples;
  samples.reserve(1000);
  for (int i = 0; i < 1000; ++i)
    samples.push_back(0.8F * std::sin(2 * std::numbers::pi_v<float> * 440 * static_cast<float>(i) / 8000));
  const auto wav = EncodeWav(samples, 8000);
  ASSERT_TRUE(wav) << wav.error().ToString();
  EXPECT_EQ(wav->size(), 44u + 2000u);
  const auto sound = DecodeSound(std::as_bytes(std::span(*wav)));
  ASSERT_TRUE(sound) << sound.error().ToString();
  EXPECT_EQ(sound->rate, 8000);
  ASSERT_EQ(sound->samples.size(), samples.size());
  // Half a step of 16 bits, and that they are read with 32,768 as full scale.
  for (size_t i = 0; i < samples.size(); ++i) EXPECT_NEAR(sound->samples[i], samples[i], 5e-5F) << i;
}

TEST(Wav, OddSamplesAreTamed) {
  const float infinite = std::numeric_limits<float>::infinity();
  const std::vector<float> samples = {2, -infinite, std::numeric_limits<float>::quiet_NaN(), infinite};
  const auto wav = EncodeWav(samples, 16'000);
  ASSERT_TRUE(wav);
  EXPECT_EQ(wav->substr(44), std::string("\xff\x7f\x01\x80\x00\x00\xff\x7f", 8));
  EXPECT_EQ(EncodeWav({}, 8000)->size(), 44u);
}

TEST(Wav, IsBounded) {
  EXPECT_EQ(EncodeWav({}, 0).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(EncodeWav({}, 768'001).error().code, ErrorCode::kInvalidArgument);
  const std::vector<float> one(1);
  // Of the size alone: nothing is read.
  EXPECT_EQ(EncodeWav(std::span(one.data(), kMostWavSamples + 1), 8000).error().code,
            ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace sinter
