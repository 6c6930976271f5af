#include "platform/serving/worker_protocol.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace sinter {
namespace {

// Two lives' cases of a table of 256 columns; what a count may claim is bounded by the bytes behind it.
constexpr uint32_t kMostTensors = 1 << 20;
constexpr uint8_t kMostRank = 16;
constexpr uint32_t kMostThreads = 1024;

template <class T>
void Append(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

// Reads from the front; what there is not is remembered.
class Bytes {
 public:
  explicit Bytes(std::span<const std::byte> rest) : rest_(rest) {}
  template <class T>
  T Take() {
    T value{};
    if (rest_.size() < sizeof(T)) {
      ok_ = false;
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }
  std::span<const std::byte> Take(uint64_t count) {
    if (rest_.size() < count) {
      ok_ = false;
      return {};
    }
    const auto taken = rest_.first(static_cast<size_t>(count));
    rest_ = rest_.subspan(static_cast<size_t>(count));
    return taken;
  }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }
  uint64_t left() const { return rest_.size(); }

 private:
  std::span<const std::byte> rest_;
  bool ok_ = true;
};

Error Broken(std::string_view what) { return Corrupt(fmt::format("a worker's message: {}", what)); }

std::string TextOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Adds tensors to what there is.
Result<std::string> WithTensors(std::string out, std::span<const Tensor> tensors) {
  size_t bytes = out.size() + sizeof(uint32_t);
  for (const Tensor& tensor : tensors) bytes += 2 + 8 * tensor.rank() + tensor.bytes();
  out.reserve(bytes);
  Append(out, static_cast<uint32_t>(tensors.size()));
  for (const Tensor& tensor : tensors) {
    if (tensor.dtype() == DType::kString || !tensor.encoding().IsPlain() || tensor.rank() > kMostRank)
      return Unsupported("a worker process takes and gives plain numbers", "serve this model in-process");
    Append(out, static_cast<uint8_t>(tensor.dtype()));
    Append(out, static_cast<uint8_t>(tensor.rank()));
    for (const int64_t dim : tensor.dims()) Append(out, dim);
    out.append(reinterpret_cast<const char*>(tensor.raw()), tensor.bytes());
  }
  return out;
}

}  // namespace

Result<std::string> EncodeTensors(std::span<const Tensor> tensors) { return WithTensors("", tensors); }

Result<std::vector<Tensor>> DecodeTensors(std::span<const std::byte> bytes) {
  Bytes in(bytes);
  const auto count = in.Take<uint32_t>();
  if (!in.ok() || count > kMostTensors) return Broken("a number of tensors that there cannot be");
  std::vector<Tensor> tensors;
  for (uint32_t i = 0; i < count; ++i) {
    const auto dtype = static_cast<DType>(in.Take<uint8_t>());
    const auto rank = in.Take<uint8_t>();
    if (!in.ok() || rank > kMostRank || dtype == DType::kString) return Broken("a tensor's type");
    const bool known = DispatchDType(dtype, []<class T>() {});
    if (!known) return Broken("a tensor's type");
    Dims dims;
    for (uint8_t d = 0; d < rank; ++d) dims.push_back(in.Take<int64_t>());
    auto elements = CountElements(dims);
    if (!in.ok() || !elements) return Broken("a tensor's shape");
    const uint64_t size = static_cast<uint64_t>(*elements) * DTypeSize(dtype);
    if (size > in.left()) return Broken("a tensor of more bytes than there are");
    const auto content = in.Take(size);
    TRY(Tensor tensor, Tensor::Create(dtype, std::move(dims)));
    if (size > 0) std::memcpy(tensor.mutable_raw(), content.data(), content.size());
    tensors.push_back(std::move(tensor));
  }
  if (!in.done()) return Broken("bytes after its end");
  return tensors;
}

Result<std::string> EncodeQuestion(int threads, std::span<const Tensor> inputs) {
  std::string out;
  Append(out, static_cast<uint32_t>(threads));
  return WithTensors(std::move(out), inputs);
}

Result<WorkerQuestion> DecodeQuestion(std::span<const std::byte> body) {
  Bytes in(body);
  const auto threads = in.Take<uint32_t>();
  if (!in.ok() || threads > kMostThreads) return Broken("a number of threads that there cannot be");
  WorkerQuestion question;
  question.threads = static_cast<int>(threads);
  TRY(question.inputs, DecodeTensors(body.subspan(sizeof threads)));
  return question;
}

std::string EncodeFailure(const Error& error) {
  std::string out(1, '\1');
  Append(out, static_cast<uint8_t>(error.code));
  Append(out, static_cast<uint32_t>(error.message.size()));
  return out + error.message + error.hint;
}

Result<std::vector<Tensor>> DecodeAnswer(std::span<const std::byte> body) {
  Bytes in(body);
  const auto failed = in.Take<uint8_t>();
  if (in.ok() && failed == 0) return DecodeTensors(body.subspan(1));
  const auto code = in.Take<uint8_t>();
  const auto length = in.Take<uint32_t>();
  const auto message = in.Take(uint64_t{length});
  if (!in.ok() || failed != 1 || code > static_cast<uint8_t>(ErrorCode::kInternal))
    return Broken("no answer");
  return Error{static_cast<ErrorCode>(code), TextOf(message), TextOf(in.Take(in.left()))};
}

std::string EncodeReport(const WarmUpReport& report) {
  std::string out;
  Append(out, report.runs);
  Append(out, report.first_ms);
  Append(out, report.median_ms);
  Append(out, report.median_batch_ms);
  Append(out, report.batch_rows);
  Append(out, report.not_finite);
  Append(out, report.batch_difference);
  Append(out, static_cast<uint8_t>(report.rows_apart));
  return std::string(1, '\0') + out;
}

Result<WarmUpReport> DecodeReport(std::span<const std::byte> body) {
  Bytes in(body);
  if (in.Take<uint8_t>() != 0) {
    auto failure = DecodeAnswer(body);
    return failure ? Broken("no report") : std::move(failure).error();
  }
  WarmUpReport report;
  report.runs = in.Take<int64_t>();
  report.first_ms = in.Take<double>();
  report.median_ms = in.Take<double>();
  report.median_batch_ms = in.Take<double>();
  report.batch_rows = in.Take<int64_t>();
  report.not_finite = in.Take<int64_t>();
  report.batch_difference = in.Take<double>();
  report.rows_apart = in.Take<uint8_t>() == 1;
  if (!in.done()) return Broken("no report");
  return report;
}

}  // namespace sinter
