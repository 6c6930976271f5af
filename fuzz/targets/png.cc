// PNG by libpng, within our bounds: what fuzz/pictures.h asks of every picture.
#include "fuzz/pictures.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  const auto head = DecodePng(input, kFuzzPictureLimits, PicturePart::kHead);
  const Status whole = RunPictureInput(&DecodePng, input);
  SINTER_CHECK(head.has_value() || !whole);
  return whole;
}

}  // namespace

FuzzTarget PngTarget() { return {&Run, {ErrorCode::kCorrupt, ErrorCode::kResourceExhausted}}; }

}  // namespace sinter
