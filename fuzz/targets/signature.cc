// signature.json: what is accepted is the same when it is written and read again.
#include <nlohmann/json.hpp>

#include "engine/signature/signature.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  TRY(const Signature signature, ParseSignature(TextOf(input)));
  const auto again = ParseSignature(SignatureJson(signature).dump());
  SINTER_CHECK(again.has_value() && *again == signature);
  return {};
}

}  // namespace

FuzzTarget SignatureTarget() { return {&Run, {ErrorCode::kInvalidArgument}}; }

}  // namespace sinter
