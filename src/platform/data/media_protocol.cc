#include "platform/data/media_protocol.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace sinter {
namespace {

constexpr size_t kMostHeader = 64 << 10;

// What a worker may answer; anything else it says is taken for damage.
constexpr ErrorCode kCodes[] = {ErrorCode::kCorrupt, ErrorCode::kUnsupported, ErrorCode::kResourceExhausted,
                                ErrorCode::kInvalidArgument};

std::string WithBytes(const Json& header, std::span<const std::byte> bytes) {
  std::string body = header.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return body;
}

struct Parts {
  Json header;
  std::string_view bytes;
};

Result<Parts> Split(std::string_view body) {
  const size_t end = body.substr(0, kMostHeader).find('\n');
  if (end == std::string_view::npos) return Corrupt("a message without a header");
  TRY(Json header, ParseJson(body.substr(0, end), {.bytes = kMostHeader, .depth = 4}));
  return Parts{std::move(header), body.substr(end + 1)};
}

Result<PictureInfo> ReadShape(JsonReader& reader) {
  PictureInfo info{reader.Int("height"), reader.Int("width"), reader.Int("channels")};
  if (info.height < 1 || info.width < 1 || info.height > (1 << 24) || info.width > (1 << 24) ||
      (info.channels != 1 && info.channels != 3))
    reader.Fail("height", "and the others are no picture's size");
  return info;
}

// The error that the answer holds, if it holds one.
Status CheckAnswer(const Json& header) {
  if (!header.is_object()) return Corrupt("an answer that is no object");
  if (!header.contains("error")) return {};
  JsonReader reader(header, "answer");
  const std::string name = reader.String("error");
  Error error{ErrorCode::kCorrupt, reader.String("message").substr(0, 1000),
              reader.String("hint", "").substr(0, 1000)};
  if (Status read = reader.Finish(); !read) return Corrupt(read.error().message);
  for (const ErrorCode code : kCodes) {
    if (ErrorCodeName(code) == name) error.code = code;
  }
  return error;
}

}  // namespace

std::string EncodeMediaQuestion(const MediaQuestion& question) {
  Json header = Json::object();
  if (question.form && question.form->kind == MediaKind::kSounds) {
    header = {{"rate", question.form->rate}, {"samples", question.form->samples}};
  } else if (question.form) {
    const PictureInfo& shape = question.form->shape;
    header = {{"height", shape.height},
              {"width", shape.width},
              {"channels", shape.channels},
              {"fit", PictureFitName(question.form->fit)}};
  }
  return WithBytes(header, question.file);
}

Result<MediaQuestion> DecodeMediaQuestion(std::string_view body) {
  TRY(const Parts parts, Split(body));
  MediaQuestion question{std::nullopt, std::as_bytes(std::span(parts.bytes))};
  if (parts.header == Json::object()) return question;
  JsonReader reader(parts.header, "question");
  question.form.emplace();
  if (parts.header.is_object() && parts.header.contains("rate")) {
    question.form->kind = MediaKind::kSounds;
    question.form->rate = reader.Int("rate");
    question.form->samples = reader.Int("samples");
    TRY_STATUS(reader.Finish());
    TRY_STATUS(CheckMediaForm(*question.form));
    return question;
  }
  TRY(const PictureInfo shape, ReadShape(reader));
  const auto fit = PictureFitOf(reader.String("fit"));
  if (!fit) reader.Fail("fit", "is not known");
  TRY_STATUS(reader.Finish());
  question.form->shape = shape;
  question.form->fit = *fit;
  TRY_STATUS(CheckMediaForm(*question.form));
  return question;
}

std::string EncodeMediaInfo(const PictureInfo& info) {
  return WithBytes({{"height", info.height}, {"width", info.width}, {"channels", info.channels}}, {});
}

std::string EncodeMediaRow(const MediaRow& row, MediaKind kind) {
  Json header = Json::object();
  if (kind == MediaKind::kSounds) header["seconds"] = row.seconds;
  return WithBytes(header, row.bytes);
}

std::string EncodeMediaFailure(const Error& error) {
  return WithBytes({{"error", ErrorCodeName(error.code)},
                    {"message", error.message.substr(0, 1000)},
                    {"hint", error.hint.substr(0, 1000)}},
                   {});
}

Result<PictureInfo> DecodeMediaInfo(std::string_view body) {
  auto parts = Split(body);
  if (!parts) return Corrupt(parts.error().message);
  TRY_STATUS(CheckAnswer(parts->header));
  JsonReader reader(parts->header, "answer");
  TRY(const PictureInfo info, ReadShape(reader));
  if (Status read = reader.Finish(); !read) return Corrupt(read.error().message);
  if (!parts->bytes.empty()) return Corrupt("an answer with bytes behind it");
  return info;
}

Result<MediaRow> DecodeMediaRow(std::string_view body, const MediaForm& form) {
  auto parts = Split(body);
  if (!parts) return Corrupt(parts.error().message);
  TRY_STATUS(CheckAnswer(parts->header));
  MediaRow row;
  if (form.kind == MediaKind::kSounds) {
    JsonReader reader(parts->header, "answer");
    row.seconds = reader.Number("seconds");
    if (!(row.seconds >= 0 && row.seconds < 1e9)) reader.Fail("seconds", "are no length");
    if (Status read = reader.Finish(); !read) return Corrupt(read.error().message);
  } else if (parts->header != Json::object()) {
    return Corrupt("an answer of another kind");
  }
  if (parts->bytes.size() != form.RowBytes())
    return Corrupt(fmt::format("a row of {} bytes, not {}", parts->bytes.size(), form.RowBytes()));
  const auto bytes = std::as_bytes(std::span(parts->bytes));
  row.bytes.assign(bytes.begin(), bytes.end());
  return row;
}

}  // namespace sinter
