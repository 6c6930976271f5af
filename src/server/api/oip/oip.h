// Open Inference Protocol v2, REST, with the binary tensor extension: bytes to tensors and back. Knows no
// HTTP. https://github.com/kserve/open-inference-protocol, and Triton's protocol extension_binary_data.md.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/tensor/tensor.h"
#include "platform/serving/named_tensor.h"

namespace sinter {

// "FP32", "INT64", "BYTES" ...; empty for what the protocol has no word for.
std::string_view OipDatatype(DType dtype);
std::optional<DType> ParseOipDatatype(std::string_view name);

struct OipOutput {
  std::string name;
  bool binary = false;
};

struct OipRequest {
  std::string id;
  std::vector<NamedTensor> inputs;
  std::vector<OipOutput> outputs;  // those asked for; empty: all
  bool binary_outputs = false;     // where an output does not say
};

inline constexpr size_t kOipMostTensors = 256;  // inputs, and outputs
inline constexpr size_t kOipMostRank = 16;

// `json_bytes` is what the header Inference-Header-Content-Length says: that many bytes are JSON, the rest
// are the inputs' bytes in their order. Without it all is JSON. Tensors are copies of their own. Errors
// (kInvalidArgument; kUnsupported for shared memory and classification): the field or byte, and what is
// wrong. Sizes are checked against the bytes there are before anything is allocated.
Result<OipRequest> ParseOipRequest(std::span<const std::byte> body, std::optional<size_t> json_bytes);

struct OipAnswer {
  struct Output {
    std::string_view name;
    const Tensor* tensor = nullptr;
    bool binary = false;
  };
  std::string_view model, version, id;
  std::vector<Output> outputs;
};

struct OipEncoded {
  std::string body;
  size_t json_bytes = 0;  // above 0: binary tensors follow the first so many bytes
};

// Numbers as their shortest text that reads back the same. What JSON has no number for (NaN, infinities) is
// null; ask for binary outputs to tell them apart.
OipEncoded EncodeOipAnswer(const OipAnswer& answer);

// {"error":"..."}, the protocol's form.
std::string OipErrorText(const Error& error);

// Appends `text` as a JSON string; what is no UTF-8 becomes U+FFFD.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace sinter
