// Sound by libsndfile, within our bounds: a length that the limits allow, values that are numbers, and what a
// head says is read without the rest.
#include "media/sound/sound.h"

#include <cmath>

#include "fuzz/targets.h"
#include "media/sound/resample.h"

namespace sinter {
namespace {

constexpr SoundLimits kLimits{.seconds = 4, .channels = 2, .highest_rate = 48'000};

Status Run(std::span<const std::byte> input) {
  const auto info = ReadSoundInfo(input, kLimits);
  TRY(const Sound sound, DecodeSound(input, kLimits));
  SINTER_CHECK(info.has_value() && info->rate == sound.rate);
  SINTER_CHECK(sound.rate >= kLimits.lowest_rate && sound.rate <= kLimits.highest_rate);
  SINTER_CHECK(!sound.samples.empty() && sound.Seconds() <= kLimits.seconds);
  for (const float sample : sound.samples) SINTER_CHECK(std::isfinite(sample));
  const auto few = std::span(sound.samples).first(std::min<size_t>(sound.samples.size(), 64));
  for (const float sample : Resample(few, sound.rate, 8000)) SINTER_CHECK(std::isfinite(sample));
  return {};
}

}  // namespace

FuzzTarget SoundTarget() {
  return {&Run, {ErrorCode::kCorrupt, ErrorCode::kUnsupported, ErrorCode::kResourceExhausted}, 8192};
}

}  // namespace sinter
