// Personal data in texts: what is found lies in the text, in order; what was masked is not found again.
#include "platform/data/personal.h"

#include "fuzz/targets.h"
#include "platform/data/name_columns.h"
#include "platform/data/name_text.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  const std::string_view text = TextOf(input);
  size_t at = 0;
  for (const PersonalSpan& span : FindPersonal(text)) {
    SINTER_CHECK(span.begin >= at && span.end > span.begin && span.end <= text.size());
    at = span.end;
  }
  SINTER_CHECK(MaskPersonal(text, {}) == text);
  if (at == 0) SINTER_CHECK(MaskPersonal(text, {true, true, true, true, true}) == text);
  // The same bytes as a column's heading and as a value of it.
  NameColumn names(text);
  const bool shaped = names.Add(text);
  SINTER_CHECK(!shaped || (LooksLikeName(text) && NameHeadingOf(text) != NameHeading::kNone));
  SINTER_CHECK(shaped || !names.HoldsNames());
  if (text.empty()) SINTER_CHECK(!HasCommonName(text));
  return {};
}

}  // namespace

FuzzTarget PersonalTarget() { return {&Run, {}, 1024}; }

}  // namespace sinter
