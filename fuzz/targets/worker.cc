// What a worker process of a replica says and is asked. The first byte chooses what is read: t, tensors; q, a
// question; a, an answer; r, a report. Tensors that are read are no larger than the bytes, and written again
// are the same bytes.
#include "fuzz/targets.h"
#include "platform/serving/worker_protocol.h"

namespace sinter {
namespace {

Status CheckTensors(std::span<const std::byte> body, const std::vector<Tensor>& tensors) {
  const auto again = EncodeTensors(tensors);
  SINTER_CHECK(again.has_value() && *again == TextOf(body));
  return {};
}

Status Run(std::span<const std::byte> input) {
  if (input.empty()) return Corrupt("nothing");
  const char kind = static_cast<char>(input[0]);
  const auto body = input.subspan(1);
  if (kind == 't') {
    TRY(const auto tensors, DecodeTensors(body));
    return CheckTensors(body, tensors);
  }
  if (kind == 'q') {
    TRY(const WorkerQuestion question, DecodeQuestion(body));
    const auto again = EncodeQuestion(question.threads, question.inputs);
    SINTER_CHECK(question.threads <= 1024 && again.has_value() && *again == TextOf(body));
    return {};
  }
  if (kind == 'a') {
    const auto answer = DecodeAnswer(body);
    if (answer) return CheckTensors(body.subspan(1), *answer);
    // An error that the worker has sent, or one about what it has sent.
    if (!body.empty() && body[0] == std::byte{1} && EncodeFailure(answer.error()) == TextOf(body)) return {};
    return Corrupt(answer.error().message);
  }
  auto report = DecodeReport(body);
  if (!report && !body.empty() && body[0] == std::byte{1} && EncodeFailure(report.error()) == TextOf(body))
    return {};
  if (!report) return Corrupt(report.error().message);
  const std::string again = EncodeReport(*report);
  SINTER_CHECK(DecodeReport(std::as_bytes(std::span(again))).has_value());
  return {};
}

}  // namespace

FuzzTarget WorkerTarget() { return {&Run, {ErrorCode::kCorrupt}}; }

}  // namespace sinter
