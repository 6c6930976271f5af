#include <png.h>

#include <csetjmp>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "media/pictures/exif.h"
#include "media/pictures/formats.h"

namespace sinter {
namespace {

constexpr png_alloc_size_t kLargestChunk = png_alloc_size_t{8} << 20;  // of those that are not pixels
constexpr png_uint_32 kMostChunks = 1000;

// libpng tells errors by a jump. So each step is a function of its own that holds nothing to be destroyed.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &OnError, &OnWarning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
  }
  ~Reader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Up to the pixels.
  bool ReadHead() {
    if (png_ == nullptr || info_ == nullptr) return false;
    if (setjmp(jump_) != 0) return false;  // NOLINT(cert-err52-cpp)
    png_set_read_fn(png_, this, &OnRead);
    png_set_chunk_malloc_max(png_, kLargestChunk);
    png_set_chunk_cache_max(png_, kMostChunks);
    png_read_info(png_, info_);
    return true;
  }
  // Everything becomes 8 bits of grey or colour, with alpha where there is transparency.
  bool Start() {
    if (setjmp(jump_) != 0) return false;  // NOLINT(cert-err52-cpp)
    png_set_expand(png_);
    png_set_scale_16(png_);
    passes_ = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }
  bool ReadRow(uint8_t* row) {
    if (setjmp(jump_) != 0) return false;  // NOLINT(cert-err52-cpp)
    png_read_row(png_, row, nullptr);
    return true;
  }
  bool Finish() {
    if (setjmp(jump_) != 0) return false;  // NOLINT(cert-err52-cpp)
    png_read_end(png_, nullptr);
    return true;
  }

  Error Failure() const { return Corrupt(fmt::format("PNG: {}", text_)); }
  int64_t height() const { return png_get_image_height(png_, info_); }
  int64_t width() const { return png_get_image_width(png_, info_); }
  bool colour() const {
    const int type = png_get_color_type(png_, info_);
    return type == PNG_COLOR_TYPE_PALETTE || (type & PNG_COLOR_MASK_COLOR) != 0;
  }
  // After Start():
  size_t samples() const { return png_get_channels(png_, info_); }  // a pixel: 1 to 4
  size_t row_bytes() const { return png_get_rowbytes(png_, info_); }
  int passes() const { return passes_; }
  int Orientation() const {
    png_uint_32 size = 0;
    png_bytep exif = nullptr;
    if (png_get_eXIf_1(png_, info_, &size, &exif) == 0) return 1;
    return ReadExifOrientation({reinterpret_cast<const std::byte*>(exif), size});
  }

 private:
  static void OnError(png_structp png, png_const_charp text) {
    auto* const self = static_cast<Reader*>(png_get_error_ptr(png));
    std::strncpy(self->text_, text, sizeof self->text_ - 1);
    std::longjmp(self->jump_, 1);  // NOLINT(cert-err52-cpp): libpng knows no other way
  }
  static void OnWarning(png_structp, png_const_charp) {}
  static void OnRead(png_structp png, png_bytep to, size_t size) {
    auto* const self = static_cast<Reader*>(png_get_io_ptr(png));
    if (size > self->bytes_.size()) png_error(png, "it is cut short");
    std::memcpy(to, self->bytes_.data(), size);
    self->bytes_ = self->bytes_.subspan(size);
  }

  std::span<const std::byte> bytes_;  // what is left
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
  std::jmp_buf jump_{};
  char text_[128] = "it cannot be read";
};

// Whether every chunk, up to the last, is as long as it says. libpng 1.6.39 asks memory for all of an eXIf
// chunk before it reads any of it, whatever limit it was given.
bool ChunksAreWhole(std::span<const std::byte> bytes) {
  constexpr size_t kSignature = 8, kBefore = 8, kAfter = 4;  // bytes; a chunk: length and type, data, CRC
  const auto* data = reinterpret_cast<const png_byte*>(bytes.data());
  if (bytes.size() < kSignature || png_sig_cmp(data, 0, kSignature) != 0) return true;  // not for us to say
  for (size_t at = kSignature; bytes.size() - at >= kBefore;) {
    const size_t length = png_get_uint_32(data + at), rest = bytes.size() - at - kBefore;
    if (std::memcmp(data + at + 4, "IEND", 4) == 0) return true;
    if (rest < kAfter || length > rest - kAfter) return false;
    at += kBefore + length + kAfter;
  }
  return true;
}

// Leaves `channels` of each pixel; what is transparent lets white through.
void OverWhite(const std::vector<uint8_t>& samples, size_t channels, uint8_t* to) {
  for (size_t at = 0; at < samples.size(); at += channels + 1) {
    const unsigned alpha = samples[at + channels];
    for (size_t c = 0; c < channels; ++c)
      *to++ = static_cast<uint8_t>((samples[at + c] * alpha + 255 * (255 - alpha) + 127) / 255);
  }
}

}  // namespace

Result<StoredPicture> DecodePng(std::span<const std::byte> bytes, const PictureLimits& limits,
                                PicturePart part) {
  if (!ChunksAreWhole(bytes)) return Corrupt("PNG: it is cut short");
  Reader reader(bytes);
  if (!reader.ReadHead()) return reader.Failure();
  StoredPicture stored{{reader.height(), reader.width(), reader.colour() ? 3 : 1, {}}, reader.Orientation()};
  Picture& picture = stored.picture;
  TRY_STATUS(CheckPictureSize(picture.height, picture.width, limits));
  if (part == PicturePart::kHead) return stored;
  if (!reader.Start()) return reader.Failure();
  const size_t height = static_cast<size_t>(picture.height), stride = reader.row_bytes();
  const size_t samples = reader.samples(), channels = static_cast<size_t>(picture.channels);
  if (stride != static_cast<size_t>(picture.width) * samples || samples < channels || samples > channels + 1)
    return Corrupt(fmt::format("PNG: rows of {} samples a pixel", samples));
  std::vector<uint8_t> rows(height * stride);
  for (int pass = 0; pass < reader.passes(); ++pass) {
    for (size_t y = 0; y < height; ++y) {
      if (!reader.ReadRow(rows.data() + y * stride)) return reader.Failure();
    }
  }
  if (!reader.Finish()) return reader.Failure();
  if (samples == channels) {
    picture.pixels = std::move(rows);
  } else {
    picture.pixels.resize(rows.size() / samples * channels);
    OverWhite(rows, channels, picture.pixels.data());
  }
  return stored;
}

}  // namespace sinter
