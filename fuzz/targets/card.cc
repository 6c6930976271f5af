// Cards: what is read of one, written and read again, is the same.
#include "platform/hub/card.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  TRY(const Card card, ParseCard(TextOf(input)));
  SINTER_CHECK(TextOf(input).ends_with(card.body));
  const auto again = ParseCard(CardText(card));
  SINTER_CHECK(again.has_value() && *again == card);
  return {};
}

}  // namespace

FuzzTarget CardTarget() { return {&Run, {ErrorCode::kInvalidArgument}}; }

}  // namespace sinter
