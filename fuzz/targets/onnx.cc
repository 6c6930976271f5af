// ONNX to a module: what is imported verifies, and its text parses back to the same text.
#include "engine/formats/onnx/onnx.h"
#include "engine/graph/text.h"
#include "engine/graph/verifier.h"
#include "engine/ops/catalog.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  // No folder: data outside of the file is refused. The input outlives the module.
  TRY(const Module module, ImportOnnxBytes(input, nullptr, {}));
  const Status verified = VerifyModule(module, Operators());
  SINTER_CHECK(verified.has_value());
  const std::string text = PrintModule(module);
  const auto again = ParseModule(text);
  SINTER_CHECK(again.has_value() && PrintModule(*again) == text);
  return {};
}

}  // namespace

FuzzTarget OnnxTarget() {
  return {&Run, {ErrorCode::kCorrupt, ErrorCode::kUnsupported, ErrorCode::kInvalidArgument}, 8192};
}

}  // namespace sinter
