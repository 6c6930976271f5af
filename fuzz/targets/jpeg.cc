// JPEG by libjpeg-turbo, within our bounds: what fuzz/pictures.h asks of every picture.
#include "fuzz/pictures.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  const auto head = DecodeJpeg(input, kFuzzPictureLimits, PicturePart::kHead);
  const Status whole = RunPictureInput(&DecodeJpeg, input);
  SINTER_CHECK(head.has_value() || !whole);
  return whole;
}

}  // namespace

FuzzTarget JpegTarget() {
  return {&Run, {ErrorCode::kCorrupt, ErrorCode::kUnsupported, ErrorCode::kResourceExhausted}};
}

}  // namespace sinter
