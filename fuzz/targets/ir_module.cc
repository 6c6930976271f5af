// The IR's text: what parses prints, the print parses, and prints the same again. The verifier survives all.
#include "engine/graph/text.h"
#include "engine/graph/verifier.h"
#include "engine/ops/catalog.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  TRY(const Module module, ParseModule(TextOf(input)));
  const std::string text = PrintModule(module);
  const auto again = ParseModule(text);
  SINTER_CHECK(again.has_value());
  SINTER_CHECK(PrintModule(*again) == text);
  const Status verified = VerifyModule(module, Operators());
  SINTER_CHECK(VerifyModule(*again, Operators()).has_value() == verified.has_value());
  return verified;
}

}  // namespace

FuzzTarget IrModuleTarget() { return {&Run, {ErrorCode::kInvalidArgument}}; }

}  // namespace sinter
