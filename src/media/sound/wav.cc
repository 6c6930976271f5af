#include "media/sound/wav.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr float kFullScale = 32767;
constexpr uint32_t kHeadBytes = 36;  // of the file after its length, before the samples

// Little-endian on any machine.
void Append(std::string& out, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

}  // namespace

Result<std::string> EncodeWav(std::span<const float> samples, int64_t rate) {
  if (rate < 1 || rate > 768'000)
    return InvalidArgument(fmt::format("sound of {} samples a second; there are 1 to 768,000", rate));
  if (samples.size() > kMostWavSamples)
    return Error{ErrorCode::kResourceExhausted,
                 fmt::format("sound of {} samples; {} are the most", samples.size(), kMostWavSamples), ""};
  const auto bytes = static_cast<uint32_t>(2 * samples.size());
  const auto hertz = static_cast<uint32_t>(rate);
  std::string out = "RIFF";
  out.reserve(kHeadBytes + 8 + bytes);
  Append(out, kHeadBytes + bytes, 4);
  out += "WAVEfmt ";
  Append(out, 16, 4);         // what follows of the format
  Append(out, 1, 2);          // PCM
  Append(out, 1, 2);          // channels
  Append(out, hertz, 4);      // samples a second
  Append(out, 2 * hertz, 4);  // bytes a second
  Append(out, 2, 2);          // bytes of a sample of all channels
  Append(out, 16, 2);         // bits
  out += "data";
  Append(out, bytes, 4);
  for (const float sample : samples) {
    const float level = std::isnan(sample) ? 0 : std::clamp(sample, -1.0F, 1.0F);
    const auto value = static_cast<int16_t>(std::lround(level * kFullScale));
    Append(out, static_cast<uint16_t>(value), 2);
  }
  return out;
}

}  // namespace sinter
