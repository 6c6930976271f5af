// Sound out of files, as samples of a rate that a model takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace sinter {

struct Sound {
  int64_t rate = 0;            // samples a second
  std::vector<float> samples;  // of all channels' mean; full scale is -1 to 1
  double Seconds() const { return static_cast<double>(samples.size()) / static_cast<double>(rate); }
};

struct SoundInfo {
  int64_t rate = 0, channels = 0;
  double seconds = 0;  // as the head says; of MP3 a guess
};

// Checked as samples come: a head may lie.
struct SoundLimits {
  double seconds = 3600;
  int64_t channels = 16;
  int64_t lowest_rate = 1'000, highest_rate = 768'000;
};

// WAV (RIFF and RF64, all that libsndfile knows in it), FLAC, Ogg (Vorbis, Opus, FLAC), MP3. libsndfile is
// loaded when the first sound is read.
//
// Errors: kCorrupt, saying what: cut short (of Ogg and MP3 that cannot be told), damaged, values that are no
// numbers, no sound at all; kUnsupported for another format or encoding, and where libsndfile is not
// installed or cannot read MP3 (before 1.1); kResourceExhausted beyond the limits. Any thread.
Result<Sound> DecodeSound(std::span<const std::byte> bytes, const SoundLimits& limits = {});

// From the head alone.
Result<SoundInfo> ReadSoundInfo(std::span<const std::byte> bytes, const SoundLimits& limits = {});

}  // namespace sinter
