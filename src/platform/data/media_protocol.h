// What an import and its decoding processes say to each other, in frames of
// base/worker_channel.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/data/media_decoder.h"

namespace sinter {

// A question is a line of JSON and the file's bytes; without a form it asks for the size alone.
//   {"channels":3,"fit":"crop","height":64,"width":64}\n...
//   {"rate":16000,"samples":16000}\n...
// An answer is a line of JSON and a row's bytes:
//   {"channels":3,"height":480,"width":640}\n      a size
//   {}\n...                                        a picture's row
//   {"seconds":2.5}\n...                           a sound's
//   {"error":"corrupt","hint":"","message":"..."}\n
struct MediaQuestion {
  std::optional<MediaForm> form;
  std::span<const std::byte> file;
};
std::string EncodeMediaQuestion(const MediaQuestion& question);
// The file lies in `body`.
Result<MediaQuestion> DecodeMediaQuestion(std::string_view body);

std::string EncodeMediaInfo(const PictureInfo& info);
std::string EncodeMediaRow(const MediaRow& row, MediaKind kind);
std::string EncodeMediaFailure(const Error& error);

// The other side may have been taken over by the file that it read: its bytes are checked like any others.
// kCorrupt where they are no answer; else what was answered, the error too (its texts cut to 1,000 bytes).
Result<PictureInfo> DecodeMediaInfo(std::string_view body);
Result<MediaRow> DecodeMediaRow(std::string_view body, const MediaForm& form);

}  // namespace sinter
