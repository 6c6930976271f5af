// JSON Lines: what the scan accepts, the reader gives, by the same types, also when the bytes come one at a
// time; without --flatten nothing more is accepted than with it.
#include "fuzz/targets.h"
#include "media/tables/jsonl.h"
#include "media/tables/testing.h"

namespace sinter {
namespace {

Result<std::string> ReadAll(std::string_view text, bool flatten, size_t piece) {
  TRY(auto fields, ScanJsonLines(TextSource(text, piece), {flatten}));
  SINTER_CHECK(CheckFields(fields).has_value());
  TRY(const auto reader, OpenJsonLines(TextSource(text, piece), std::move(fields), {flatten}));
  return TableText(*reader, 3);
}

Status Run(std::span<const std::byte> input) {
  const std::string_view text = TextOf(input);
  const auto whole = ReadAll(text, true, SIZE_MAX), pieces = ReadAll(text, true, 1);
  const auto strict = ReadAll(text, false, SIZE_MAX);
  SINTER_CHECK(whole.has_value() == pieces.has_value());
  if (strict) SINTER_CHECK(whole.has_value() && *strict == *whole);
  if (!whole) {
    SINTER_CHECK(whole.error().message == pieces.error().message);
    // The scan keeps no row: a name that stands twice in one is the reader's to see. Nothing else is.
    if (ScanJsonLines(TextSource(text), {true}))
      SINTER_CHECK(whole.error().message.find("stands twice") != std::string::npos);
    return whole.error();
  }
  SINTER_CHECK(*whole == *pieces);
  return strict ? Status() : Status(strict.error());
}

}  // namespace

FuzzTarget JsonLinesTarget() {
  return {&Run, {ErrorCode::kInvalidArgument, ErrorCode::kResourceExhausted, ErrorCode::kCorrupt}, 16384};
}

}  // namespace sinter
