#include "media/tables/gunzip.h"

#include <zlib.h>

#include <array>
#include <optional>
#include <vector>

#include <fmt/format.h>

namespace sinter {
namespace {

// What was read ahead to look at the magic, then the rest.
class PrefixedSource final : public ByteSource {
 public:
  PrefixedSource(std::array<std::byte, 2> prefix, size_t size, std::unique_ptr<ByteSource> rest)
      : prefix_(prefix), size_(size), rest_(std::move(rest)) {}
  Result<size_t> Read(std::span<std::byte> out) override {
    if (at_ == size_) return rest_->Read(out);
    const size_t n = std::min(out.size(), size_ - at_);
    std::copy_n(prefix_.begin() + static_cast<std::ptrdiff_t>(at_), n, out.begin());
    at_ += n;
    return n;
  }

 private:
  std::array<std::byte, 2> prefix_;
  size_t size_;
  size_t at_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

class GunzipSource final : public ByteSource {
 public:
  explicit GunzipSource(std::unique_ptr<ByteSource> source) : source_(std::move(source)), input_(64 << 10) {}
  ~GunzipSource() override {
    if (started_) ::inflateEnd(&stream_);
  }
  Status Start() {
    if (::inflateInit2(&stream_, 16 + MAX_WBITS) != Z_OK) return Internal("zlib has no memory to start");
    started_ = true;
    return {};
  }

  Result<size_t> Read(std::span<std::byte> out) override {
    if (out.empty()) return size_t{0};
    if (damage_) return *damage_;
    const size_t want = std::min<size_t>(out.size(), 1 << 30);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(want);
    while (stream_.avail_out == want) {
      if (stream_.avail_in == 0) {
        TRY(const size_t n, source_->Read(input_));
        if (n == 0) {
          if (between_members_) return size_t{0};
          return Corrupt(fmt::format("gzip stream is truncated after {} bytes of content", stream_.total_out),
                         "fetch the file again");
        }
        stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
        stream_.avail_in = static_cast<uInt>(n);
      }
      if (between_members_) {
        if (::inflateReset(&stream_) != Z_OK) return Internal("zlib cannot restart");
        between_members_ = false;
      }
      const int code = ::inflate(&stream_, Z_NO_FLUSH);
      if (code == Z_STREAM_END) {
        between_members_ = true;
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        // What came before the damage is given first, so that the same bytes give the same rows and the same
        // error in whatever pieces they are read.
        damage_ = Corrupt(fmt::format("gzip stream is damaged: {}",
                                      stream_.msg != nullptr ? stream_.msg : "the data is not valid"),
                          "fetch the file again");
        if (stream_.avail_out == want) return *damage_;
      }
    }
    return want - stream_.avail_out;
  }

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<std::byte> input_;
  z_stream stream_{};
  bool started_ = false;
  bool between_members_ = false;
  std::optional<Error> damage_;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> MaybeGunzip(std::unique_ptr<ByteSource> source) {
  std::array<std::byte, 2> magic{};
  size_t size = 0;
  while (size < magic.size()) {
    TRY(const size_t n, source->Read(std::span(magic).subspan(size)));
    if (n == 0) break;
    size += n;
  }
  const bool gzip = size == 2 && magic[0] == std::byte{0x1f} && magic[1] == std::byte{0x8b};
  auto whole = std::make_unique<PrefixedSource>(magic, size, std::move(source));
  if (!gzip) return std::unique_ptr<ByteSource>(std::move(whole));
  auto gunzip = std::make_unique<GunzipSource>(std::move(whole));
  TRY_STATUS(gunzip->Start());
  return std::unique_ptr<ByteSource>(std::move(gunzip));
}

}  // namespace sinter
