#include <csetjmp>
#include <cstdio>
// jpeglib.h needs FILE and size_t declared before it.
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "media/pictures/exif.h"
#include "media/pictures/formats.h"

namespace sinter {
namespace {

// Real files have some ten; each costs a pass over all pixels.
constexpr int kMostScans = 100;
constexpr std::string_view kExif("Exif\0\0", 6);

// Warnings that leave the pixels alone; after any other one libjpeg makes pixels up.
bool IsHarmless(int code) {
  switch (code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_ICC:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_TOO_MUCH_DATA:
      return true;
    default:
      return false;
  }
}

bool IsUnsupported(int code) {
  switch (code) {
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_NOTIMPL:
    case JERR_SOF_UNSUPPORTED:
      return true;
    default:
      return false;
  }
}

// libjpeg tells errors by a jump. So each step is a function of its own that holds nothing to be destroyed.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) {
    info_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = [](j_common_ptr info) {
      info->err->format_message(info, ErrorsOf(info)->text);
      std::longjmp(ErrorsOf(info)->jump, 1);  // NOLINT(cert-err52-cpp): libjpeg knows no other way
    };
    errors_.base.emit_message = [](j_common_ptr info, int level) {
      if (level >= 0 || IsHarmless(info->err->msg_code)) return;
      info->err->error_exit(info);
    };
    errors_.base.output_message = [](j_common_ptr) {};
    progress_.progress_monitor = [](j_common_ptr info) {
      auto* const self = reinterpret_cast<j_decompress_ptr>(info);
      if (self->input_scan_number <= kMostScans) return;
      std::snprintf(ErrorsOf(info)->text, JMSG_LENGTH_MAX, "more than %d scans", kMostScans);
      std::longjmp(ErrorsOf(info)->jump, 1);  // NOLINT(cert-err52-cpp)
    };
    bytes_ = bytes;
  }
  ~Reader() {
    if (created_) jpeg_destroy_decompress(&info_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool ReadHead() {
    if (setjmp(errors_.jump) != 0) return false;  // NOLINT(cert-err52-cpp)
    created_ = true;
    jpeg_create_decompress(&info_);
    info_.progress = &progress_;
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
    jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(&info_, TRUE);
    if (info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK)
      info_.out_color_space = JCS_CMYK;
    else if (info_.jpeg_color_space != JCS_GRAYSCALE)
      info_.out_color_space = JCS_RGB;
    return true;
  }
  bool Start() {
    if (setjmp(errors_.jump) != 0) return false;  // NOLINT(cert-err52-cpp)
    jpeg_start_decompress(&info_);
    return true;
  }
  // The next row: of CMYK four samples a pixel, else one or three.
  bool ReadRow(uint8_t* row) {
    if (setjmp(errors_.jump) != 0) return false;  // NOLINT(cert-err52-cpp)
    return jpeg_read_scanlines(&info_, &row, 1) == 1;
  }
  bool Finish() {
    if (setjmp(errors_.jump) != 0) return false;  // NOLINT(cert-err52-cpp)
    jpeg_finish_decompress(&info_);
    return true;
  }

  Error Failure() const {
    const std::string text = fmt::format("JPEG: {}", errors_.text);
    return IsUnsupported(errors_.base.msg_code) ? Unsupported(text) : Corrupt(text);
  }
  int64_t height() const { return info_.image_height; }
  int64_t width() const { return info_.image_width; }
  bool cmyk() const { return info_.out_color_space == JCS_CMYK; }
  bool grey() const { return info_.out_color_space == JCS_GRAYSCALE; }
  bool inverted() const { return info_.saw_Adobe_marker == TRUE; }  // CMYK as Adobe writes it
  int Orientation() const {
    for (const auto* m = info_.marker_list; m != nullptr; m = m->next) {
      const std::span data(reinterpret_cast<const std::byte*>(m->data), m->data_length);
      if (data.size() >= kExif.size() && std::memcmp(data.data(), kExif.data(), kExif.size()) == 0)
        return ReadExifOrientation(data.subspan(kExif.size()));
    }
    return 1;
  }

 private:
  struct Errors {
    jpeg_error_mgr base;  // first: libjpeg hands a pointer to it around
    std::jmp_buf jump;
    char text[JMSG_LENGTH_MAX] = "";
  };
  static Errors* ErrorsOf(j_common_ptr info) { return reinterpret_cast<Errors*>(info->err); }

  std::span<const std::byte> bytes_;
  jpeg_decompress_struct info_{};
  jpeg_progress_mgr progress_{};
  Errors errors_{};
  bool created_ = false;
};

// The complement of ink over the complement of black.
void RgbOfCmyk(const std::vector<uint8_t>& row, bool inverted, uint8_t* to) {
  for (size_t at = 0; at + 4 <= row.size(); at += 4) {
    const unsigned flip = inverted ? 0 : 255, black = row[at + 3] ^ flip;
    for (size_t i = 0; i < 3; ++i) *to++ = static_cast<uint8_t>(((row[at + i] ^ flip) * black + 127) / 255);
  }
}

}  // namespace

Result<StoredPicture> DecodeJpeg(std::span<const std::byte> bytes, const PictureLimits& limits,
                                 PicturePart part) {
  Reader reader(bytes);
  if (!reader.ReadHead()) return reader.Failure();
  StoredPicture stored{{reader.height(), reader.width(), reader.grey() ? 1 : 3, {}}, reader.Orientation()};
  Picture& picture = stored.picture;
  TRY_STATUS(CheckPictureSize(picture.height, picture.width, limits));
  if (part == PicturePart::kHead) return stored;
  if (!reader.Start()) return reader.Failure();
  const auto stride = static_cast<size_t>(picture.width * picture.channels);
  picture.pixels.resize(static_cast<size_t>(picture.height) * stride);
  std::vector<uint8_t> ink(reader.cmyk() ? static_cast<size_t>(picture.width) * 4 : 0);
  for (size_t y = 0; y < static_cast<size_t>(picture.height); ++y) {
    uint8_t* const row = picture.pixels.data() + y * stride;
    if (!reader.ReadRow(reader.cmyk() ? ink.data() : row)) return reader.Failure();
    if (reader.cmyk()) RgbOfCmyk(ink, reader.inverted(), row);
  }
  if (!reader.Finish()) return reader.Failure();
  return stored;
}

}  // namespace sinter
