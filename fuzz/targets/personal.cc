// Personal data in texts: what is found lies in the text, in order; what was masked is not found again.
#include "platform/data/personal.h"

#include "fuzz/targets.h"

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
  return {};
}

}  // namespace

FuzzTarget PersonalTarget() { return {&Run, {}, 1024}; }

}  // namespace sinter
