// What a server and the worker processes of a replica say to each other, over a local socket.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/tensor/tensor.h"
#include "platform/serving/warm_up.h"

namespace sinter {

// Bodies of frames (base/worker_channel.h): of a question, how many threads it may use (u32; 0: all) and
// tensors; of an answer, a byte that is 0 and tensors, or 1 and an error; the first answer of a worker, which
// no question asks for, is its report of warming up. Tensors: their number (u32), and of each its dtype (u8),
// rank (u8), dims (i64 each) and elements.

// No strings and no encodings: kUnsupported.
Result<std::string> EncodeTensors(std::span<const Tensor> tensors);
// Copies. kCorrupt where the bytes are not exactly such tensors; sizes are checked against the bytes that
// there are before anything is allocated.
Result<std::vector<Tensor>> DecodeTensors(std::span<const std::byte> bytes);

struct WorkerQuestion {
  int threads = 0;
  std::vector<Tensor> inputs;
};
Result<std::string> EncodeQuestion(int threads, std::span<const Tensor> inputs);
Result<WorkerQuestion> DecodeQuestion(std::span<const std::byte> body);

std::string EncodeFailure(const Error& error);  // with the leading 1
// Of an answer: its tensors, or the error that it holds.
Result<std::vector<Tensor>> DecodeAnswer(std::span<const std::byte> body);

std::string EncodeReport(const WarmUpReport& report);
Result<WarmUpReport> DecodeReport(std::span<const std::byte> body);

}  // namespace sinter
