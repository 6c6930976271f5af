// Inference requests. The first line is the header Inference-Header-Content-Length ("-": none), the rest the
// body. The inputs of what is accepted, encoded as an answer in JSON and in binary, read back as a request
// with the same tensors.
#include <charconv>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "fuzz/targets.h"
#include "server/api/oip/oip.h"

namespace sinter {
namespace {

OipEncoded Answer(const OipRequest& request, bool binary) {
  OipAnswer answer{"model", "1", request.id, {}};
  for (const NamedTensor& input : request.inputs)
    answer.outputs.push_back({input.name, &input.tensor, binary});
  return EncodeOipAnswer(answer);
}

void CheckSame(const OipRequest& request, const Result<OipRequest>& again) {
  SINTER_CHECK(again.has_value() && again->inputs.size() == request.inputs.size());
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    SINTER_CHECK(again->inputs[i].name == request.inputs[i].name);
    SINTER_CHECK(again->inputs[i].tensor.SameAs(request.inputs[i].tensor));
  }
}

// An answer's outputs stand as a request's inputs do.
std::string AsRequest(const std::string& json) {
  const auto parsed = ParseJson(json);
  SINTER_CHECK(parsed.has_value() && (*parsed)["outputs"].is_array());
  return Json{{"inputs", (*parsed)["outputs"]}}.dump();
}

bool OnlyText(const OipRequest& request) {
  // What JSON cannot say: NaN and infinities, and strings that are no UTF-8.
  const std::string body = Answer(request, false).body;
  return body.find("null") == std::string::npos && body.find("\\ufffd") == std::string::npos;
}

Status Run(std::span<const std::byte> input) {
  const auto [line, body] = FirstLine(TextOf(input));
  std::optional<size_t> json_bytes;
  if (line != "-") (void)std::from_chars(line.data(), line.data() + line.size(), json_bytes.emplace(0));
  TRY(const OipRequest request, ParseOipRequest(std::as_bytes(std::span(body)), json_bytes));
  SINTER_CHECK(request.inputs.size() <= kOipMostTensors && request.outputs.size() <= kOipMostTensors);
  const OipEncoded binary = Answer(request, true);
  if (binary.json_bytes > 0) {
    const std::string json = AsRequest(binary.body.substr(0, binary.json_bytes));
    const std::string whole = json + binary.body.substr(binary.json_bytes);
    CheckSame(request, ParseOipRequest(std::as_bytes(std::span(whole)), json.size()));
  }
  if (OnlyText(request)) {
    const std::string json = AsRequest(Answer(request, false).body);
    CheckSame(request, ParseOipRequest(std::as_bytes(std::span(json)), std::nullopt));
  }
  return {};
}

}  // namespace

FuzzTarget OipTarget() { return {&Run, {ErrorCode::kInvalidArgument, ErrorCode::kUnsupported}}; }

}  // namespace sinter
