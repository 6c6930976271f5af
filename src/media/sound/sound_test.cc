#include "media/sound/sound.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <string>

#include "base/file.h"

namespace sinter {
namespace {

std::span<const std::byte> BytesOf(const std::string& text) { return std::as_bytes(std::span(text)); }

template <class T>
void Put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// A WAV file of 16 bits (format 1) or of floats (format 3).
template <class T>
std::string Wav(const std::vector<T>& samples, uint16_t channels, uint32_t rate) {
  const auto bytes = static_cast<uint32_t>(samples.size() * sizeof(T));
  std::string out = "RIFF";
  Put(out, uint32_t{36} + bytes);
  out += "WAVEfmt ";
  Put(out, uint32_t{16});
  Put(out, static_cast<uint16_t>(sizeof(T) == 2 ? 1 : 3));
  Put(out, channels);
  Put(out, rate);
  Put(out, static_cast<uint32_t>(rate * channels * sizeof(T)));
  Put(out, static_cast<uint16_t>(channels * sizeof(T)));
  Put(out, static_cast<uint16_t>(8 * sizeof(T)));
  out += "data";
  Put(out, bytes);
  for (const T sample : samples) Put(out, sample);
  return out;
}

std::string Told(const std::string& bytes, const SoundLimits& limits = {}) {
  const auto sound = DecodeSound(BytesOf(bytes), limits);
  return sound ? "read" : sound.error().message;
}

std::string Corpus(const std::string& name) {
  return ReadFile(Path(SINTER_SOURCE_DIR) / "fuzz" / "corpus" / "sound" / name).value_or("");
}

TEST(Sound, WavIsReadAndMixed) {
  const std::string wav = Wav<int16_t>({16384, 0, -16384, -16384, 0, 8192}, 2, 8000);
  const auto sound = DecodeSound(BytesOf(wav));
  ASSERT_TRUE(sound) << sound.error().ToString();
  EXPECT_EQ(sound->rate, 8000);
  EXPECT_EQ(sound->samples, (std::vector<float>{0.25f, -0.5f, 0.125f}));
  const auto info = ReadSoundInfo(BytesOf(wav));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->channels, 2);
  EXPECT_DOUBLE_EQ(info->seconds, 3.0 / 8000);
}

// The corpus holds half a second of 440 Hz at 16,000 a second, as libsndfile's own tools write it.
TEST(Sound, EveryFormatHoldsTheTone) {
  for (const auto* name : {"tone_wav", "tone_flac", "tone_vorbis", "tone_opus", "tone_mp3"}) {
    const std::string bytes = Corpus(name);
    const auto sound = DecodeSound(BytesOf(bytes));
    ASSERT_TRUE(sound) << name << ": " << sound.error().ToString();
    EXPECT_NEAR(sound->Seconds(), 0.5, 0.1) << name;
    // Where it is not noise: the share of the energy that lies at 440 Hz.
    double sine = 0, cosine = 0, energy = 0;
    const size_t first = sound->samples.size() / 4, last = first * 3;
    for (size_t i = first; i < last; ++i) {
      const double s = sound->samples[i], phase = 2 * std::numbers::pi * 440 * static_cast<double>(i) /
                                                  static_cast<double>(sound->rate);
      sine += s * std::sin(phase);
      cosine += s * std::cos(phase);
      energy += s * s;
    }
    EXPECT_GT((sine * sine + cosine * cosine) * 2 / static_cast<double>(last - first) / energy, 0.99) << name;
  }
}

TEST(Sound, DamageIsNamed) {
  const std::string wav = Wav<int16_t>(std::vector<int16_t>(100, 5), 1, 8000);
  EXPECT_EQ(Told(wav), "read");
  EXPECT_EQ(Told(wav.substr(0, wav.size() - 20)), "it is cut short");
  EXPECT_EQ(Told(Wav<int16_t>({}, 1, 8000)), "it holds no samples");
  EXPECT_EQ(Told(Wav<float>({0, std::numeric_limits<float>::quiet_NaN()}, 1, 8000)),
            "it holds values that are no sound: NaN, infinite or beyond all measure");
  EXPECT_EQ(Told(""), "it is empty");
  EXPECT_EQ(Told("hello"), "it is no sound: neither WAV, FLAC, Ogg nor MP3");
  EXPECT_EQ(Told(std::string("\0\0\0\x20"
                             "ftypM4A ",
                             12)),
            "it is a MP4 (AAC) file; sound is read from WAV, FLAC, Ogg and MP3");
  const std::string flac = Corpus("tone_flac");
  EXPECT_NE(Told(flac.substr(0, flac.size() / 2)), "read");
}

TEST(Sound, IsBounded) {
  const std::string wav = Wav<int16_t>(std::vector<int16_t>(8001, 5), 1, 8000);
  EXPECT_EQ(Told(wav, {.seconds = 2}), "read");
  EXPECT_EQ(Told(wav, {.seconds = 1}), "it is longer than 1 s");
  EXPECT_EQ(Told(Wav<int16_t>({1, 2}, 1, 100)),
            "it has 1 channels of 100 samples a second; read are 1 to 16 of 1000 to 768000");
}

}  // namespace
}  // namespace sinter
