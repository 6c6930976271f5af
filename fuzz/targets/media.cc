// What an import and its decoding processes say to each other. The first line says who listens; a row is
// asked for as 4 x 6 pixels of one channel, and as six samples.
#include "fuzz/targets.h"
#include "platform/data/media_protocol.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  const auto [who, body] = FirstLine(TextOf(input));
  if (who == "question") {
    TRY(const MediaQuestion question, DecodeMediaQuestion(body));
    SINTER_CHECK(Within(TextOf(question.file), input));
    const auto again = EncodeMediaQuestion(question);
    const auto read = DecodeMediaQuestion(again);
    SINTER_CHECK(read.has_value() && read->form == question.form &&
                 TextOf(read->file) == TextOf(question.file));
    return {};
  }
  if (who == "info") {
    TRY(const PictureInfo info, DecodeMediaInfo(body));
    SINTER_CHECK(DecodeMediaInfo(EncodeMediaInfo(info)).value_or(PictureInfo()) == info);
    return {};
  }
  MediaForm form{.shape = {4, 6, 1}};
  if (who == "sound") form = {.kind = MediaKind::kSounds, .rate = 8000, .samples = 6};
  const auto row = DecodeMediaRow(body, form);
  if (row) SINTER_CHECK(row->bytes.size() == form.RowBytes());
  if (!row) SINTER_CHECK(row.error().message.size() < 2000 && row.error().hint.size() <= 1000);
  return row ? Status() : Status(row.error());
}

}  // namespace

FuzzTarget MediaTarget() {
  return {&Run,
          {ErrorCode::kCorrupt, ErrorCode::kInvalidArgument, ErrorCode::kUnsupported,
           ErrorCode::kResourceExhausted}};
}

}  // namespace sinter
