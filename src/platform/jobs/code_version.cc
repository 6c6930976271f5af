#include "platform/jobs/code_version.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter {
namespace {

constexpr size_t kLongestVersion = 64, kLongestNote = 300;

// Lower-case hexadecimal digits of one length; empty: not known.
std::string Digits(JsonReader& reader, std::string_view field, size_t length) {
  std::string text = reader.String(field, "");
  const bool digits =
      std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!text.empty() && (text.size() != length || !digits))
    reader.Fail(field, fmt::format("must be {} hexadecimal digits", length));
  return text;
}

std::string Short(JsonReader& reader, std::string_view field, size_t most) {
  std::string text = reader.String(field, "");
  if (text.size() > most) reader.Fail(field, fmt::format("has more than {} bytes", most));
  return text;
}

}  // namespace

Json CodeVersionJson(const CodeVersion& code) {
  if (code == CodeVersion()) return Json::object();
  return {{"sinter", code.sinter}, {"commit", code.commit}, {"dirty", code.dirty},
          {"diff", code.diff},     {"files", code.files},   {"note", code.note}};
}

Result<CodeVersion> ReadCodeVersion(const Json& json, std::string where) {
  JsonReader reader(json, std::move(where));
  CodeVersion code;
  code.sinter = Short(reader, "sinter", kLongestVersion);
  code.commit = Digits(reader, "commit", 40);
  code.dirty = reader.Bool("dirty", false);
  code.diff = Digits(reader, "diff", 64);
  code.files = Digits(reader, "files", 64);
  code.note = Short(reader, "note", kLongestNote);
  TRY_STATUS(reader.Finish());
  return code;
}

}  // namespace sinter
