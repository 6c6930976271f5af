// The header of a safetensors file. The first line says how many bytes of data follow it, the rest is its
// JSON: the entries lie side by side from the first byte to the last, and the header written again is equal.
#include <charconv>

#include "engine/formats/safetensors/header.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  const auto [line, json] = FirstLine(TextOf(input));
  uint64_t bytes = 0;
  (void)std::from_chars(line.data(), line.data() + line.size(), bytes);
  TRY(const SafetensorsHeader header, ParseSafetensorsHeader(json, bytes));
  uint64_t at = 0;
  for (const SafetensorsEntry& entry : header.entries) {
    SINTER_CHECK(entry.begin == at && entry.end >= at);
    at = entry.end;
  }
  SINTER_CHECK(at == bytes);
  const std::string text = SafetensorsHeaderText(header);
  SINTER_CHECK(text.size() % 8 == 0);
  const auto again = ParseSafetensorsHeader(text, bytes);
  SINTER_CHECK(again.has_value() && SafetensorsHeaderText(*again) == text);
  SINTER_CHECK(again->entries.size() == header.entries.size() && again->metadata == header.metadata);
  return {};
}

}  // namespace

FuzzTarget SafetensorsHeaderTarget() { return {&Run, {ErrorCode::kCorrupt, ErrorCode::kUnsupported}}; }

}  // namespace sinter
