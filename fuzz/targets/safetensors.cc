// safetensors files: the tensors are the file's bytes, each once, and no bytes beside.
#include "engine/formats/safetensors/safetensors.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  TRY(const Safetensors contents, ReadSafetensorsBytes(input, nullptr));
  uint64_t header = 0, data = 0;
  for (size_t i = 0; i < 8; ++i) header |= std::to_integer<uint64_t>(input[i]) << (8 * i);
  const std::string_view bytes = TextOf(input).substr(8 + header);
  for (const auto& [name, tensor] : contents.tensors) {
    SINTER_CHECK(tensor.defined() && name != "__metadata__");
    data += tensor.bytes();
    const std::string_view own(reinterpret_cast<const char*>(tensor.raw()), tensor.bytes());
    SINTER_CHECK(bytes.find(own) != std::string_view::npos);
    if (tensor.dtype() == DType::kBool)
      for (const char value : own) SINTER_CHECK(value == 0 || value == 1);
  }
  SINTER_CHECK(data == bytes.size());
  return {};
}

}  // namespace

FuzzTarget SafetensorsTarget() { return {&Run, {ErrorCode::kCorrupt, ErrorCode::kUnsupported}}; }

}  // namespace sinter
