#include "media/sound/sound.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "media/sound/sndfile_library.h"

namespace sinter {
namespace {

constexpr int64_t kBlock = 4096;  // frames read at once

std::string_view Head(std::span<const std::byte> bytes, size_t at, size_t size) {
  if (bytes.size() < at + size) return {};
  return {reinterpret_cast<const char*>(bytes.data()) + at, size};
}

enum class Format : uint8_t { kWav, kFlac, kOgg, kMp3 };

Result<Format> FormatOf(std::span<const std::byte> bytes) {
  const std::string_view four = Head(bytes, 0, 4);
  if ((four == "RIFF" || four == "RF64") && Head(bytes, 8, 4) == "WAVE") return Format::kWav;
  if (four == "fLaC") return Format::kFlac;
  if (four == "OggS") return Format::kOgg;
  // Eleven set bits and no reserved version or layer begin a frame of MPEG audio.
  const bool frame =
      bytes.size() > 4 && bytes[0] == std::byte{0xFF} && (bytes[1] & std::byte{0xE0}) == std::byte{0xE0} &&
      (bytes[1] & std::byte{0x18}) != std::byte{0x08} && (bytes[1] & std::byte{0x06}) != std::byte{0};
  if (Head(bytes, 0, 3) == "ID3" || frame) return Format::kMp3;
  std::string_view other;
  if (four == "FORM") other = "AIFF";
  if (Head(bytes, 4, 4) == "ftyp") other = "MP4 (AAC)";
  if (four == "RIFF") other = "RIFF, and no WAVE";
  if (!other.empty())
    return Unsupported(fmt::format("it is a {} file; sound is read from WAV, FLAC, Ogg and MP3", other),
                       "convert it to FLAC");
  return Corrupt(bytes.empty() ? "it is empty" : "it is no sound: neither WAV, FLAC, Ogg nor MP3");
}

// libsndfile makes do with what is there; what RIFF's head says must be there. 0 and what is near 4 GB stand
// for "not known" in files that were written as a stream.
Status CheckRiff(std::span<const std::byte> bytes) {
  uint32_t size = 0;
  std::memcpy(&size, bytes.data() + 4, sizeof size);
  if (Head(bytes, 0, 4) != "RIFF" || size == 0 || size >= 0x7FFFF000) return {};
  if (uint64_t{size} + 8 > bytes.size() + 1)
    return Corrupt("it is cut short");  // a last byte of padding may lack
  return {};
}

// The bytes as a file that libsndfile reads.
struct Memory {
  std::span<const std::byte> bytes;
  sf_count_t at = 0;

  sf_count_t size() const { return static_cast<sf_count_t>(bytes.size()); }
  static Memory& Of(void* data) { return *static_cast<Memory*>(data); }
  static SF_VIRTUAL_IO Functions() {
    return {.get_filelen = [](void* data) { return Of(data).size(); },
            .seek = [](sf_count_t offset, int whence, void* data) -> sf_count_t {
              Memory& memory = Of(data);
              const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? memory.at : memory.size();
              sf_count_t to = 0;
              if (__builtin_add_overflow(base, offset, &to) || to < 0 || to > memory.size()) return -1;
              return memory.at = to;
            },
            .read = [](void* to, sf_count_t count, void* data) -> sf_count_t {
              Memory& memory = Of(data);
              const sf_count_t n = std::clamp<sf_count_t>(count, 0, memory.size() - memory.at);
              if (n > 0) std::memcpy(to, memory.bytes.data() + memory.at, static_cast<size_t>(n));
              memory.at += n;
              return n;
            },
            .write = [](const void*, sf_count_t, void*) -> sf_count_t { return 0; },
            .tell = [](void* data) { return Of(data).at; }};
  }
};

class Reader {
 public:
  static Result<std::unique_ptr<Reader>> Open(std::span<const std::byte> bytes, const SoundLimits& limits) {
    TRY(const Format format, FormatOf(bytes));
    if (format == Format::kWav) TRY_STATUS(CheckRiff(bytes));
    TRY(const SndfileLibrary* library, LoadSndfile());
    std::unique_ptr<Reader> reader(new Reader(*library, bytes, format));
    SF_VIRTUAL_IO functions = Memory::Functions();
    reader->file_ = library->open_virtual(&functions, SFM_READ, &reader->info_, &reader->memory_);
    if (reader->file_ == nullptr) {
      const int code = library->error(nullptr);
      const std::string text = fmt::format("sound: {}", library->strerror(nullptr));
      if (code == SF_ERR_UNSUPPORTED_ENCODING || code == SF_ERR_UNRECOGNISED_FORMAT) return Unsupported(text);
      return Corrupt(text);
    }
    const SF_INFO& info = reader->info_;
    if (info.channels < 1 || info.channels > limits.channels || info.samplerate < limits.lowest_rate ||
        info.samplerate > limits.highest_rate) {
      return Error{ErrorCode::kResourceExhausted,
                   fmt::format("it has {} channels of {} samples a second; read are 1 to {} of {} to {}",
                               info.channels, info.samplerate, limits.channels, limits.lowest_rate,
                               limits.highest_rate),
                   ""};
    }
    return reader;
  }
  ~Reader() {
    if (file_ != nullptr) library_.close(file_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  SoundInfo Info() const {
    return {info_.samplerate, info_.channels,
            static_cast<double>(std::max<sf_count_t>(0, info_.frames)) / info_.samplerate};
  }

  Result<Sound> ReadAll(const SoundLimits& limits) {
    Sound sound{info_.samplerate, {}};
    const auto channels = static_cast<size_t>(info_.channels);
    const double most = limits.seconds * static_cast<double>(info_.samplerate);
    std::vector<float> block(static_cast<size_t>(kBlock) * channels);
    for (;;) {
      const sf_count_t frames = library_.readf_float(file_, block.data(), kBlock);
      if (frames <= 0) break;
      for (size_t f = 0; f < static_cast<size_t>(frames); ++f) {
        float sum = 0;
        for (size_t c = 0; c < channels; ++c) sum += block[f * channels + c];
        sound.samples.push_back(sum / static_cast<float>(channels));
      }
      if (static_cast<double>(sound.samples.size()) > most)
        return Error{ErrorCode::kResourceExhausted, fmt::format("it is longer than {} s", limits.seconds),
                     "cut it"};
    }
    if (library_.error(file_) != SF_ERR_NO_ERROR)
      return Corrupt(fmt::format("sound: {}", library_.strerror(file_)));
    if (sound.samples.empty()) return Corrupt("it holds no samples");
    if (format_ == Format::kFlac && static_cast<sf_count_t>(sound.samples.size()) < info_.frames &&
        info_.frames < INT64_MAX)
      return Corrupt("it is cut short");
    // Full scale is 1; floats may go beyond, but none of sound goes this far.
    if (!std::ranges::all_of(sound.samples, [](float s) { return std::abs(s) <= 1e6f; }))
      return Corrupt("it holds values that are no sound: NaN, infinite or beyond all measure");
    return sound;
  }

 private:
  Reader(const SndfileLibrary& library, std::span<const std::byte> bytes, Format format)
      : library_(library), memory_{bytes}, format_(format) {}
  const SndfileLibrary& library_;
  Memory memory_;
  Format format_;
  SF_INFO info_{};
  SNDFILE* file_ = nullptr;
};

}  // namespace

Result<Sound> DecodeSound(std::span<const std::byte> bytes, const SoundLimits& limits) {
  TRY(const auto reader, Reader::Open(bytes, limits));
  return reader->ReadAll(limits);
}

Result<SoundInfo> ReadSoundInfo(std::span<const std::byte> bytes, const SoundLimits& limits) {
  TRY(const auto reader, Reader::Open(bytes, limits));
  return reader->Info();
}

}  // namespace sinter
