#include <fmt/format.h>

#include "base/json_scanner.h"
#include "server/api/oip/oip.h"
#include "server/api/oip/tensor_data.h"

namespace sinter {
namespace {

struct Parameters {
  std::optional<uint64_t> binary_size;
  std::optional<bool> binary_data;
  bool binary_output = false;
};

class Parser {
 public:
  Parser(std::string_view json, std::span<const std::byte> binary) : s_(json), binary_(binary) {}

  Result<OipRequest> Parse() {
    std::string key;
    bool has_inputs = false;
    s_.EnterObject();
    while (s_.NextKey(key)) {
      if (key == "id") {
        s_.String(request_.id);
      } else if (key == "inputs") {
        if (has_inputs) s_.Fail("'inputs' stands twice");
        has_inputs = true;
        s_.EnterArray();
        while (s_.NextItem()) {
          where_ = fmt::format("inputs[{}]", request_.inputs.size());
          if (request_.inputs.size() == kOipMostTensors) s_.Fail("more than 256 inputs");
          ReadInput();
        }
        if (s_.ok()) where_.clear();
      } else if (key == "outputs") {
        s_.EnterArray();
        while (s_.NextItem()) {
          where_ = fmt::format("outputs[{}]", request_.outputs.size());
          if (request_.outputs.size() == kOipMostTensors) s_.Fail("more than 256 outputs");
          ReadOutput();
        }
        if (s_.ok()) where_.clear();
      } else if (key == "parameters") {
        request_.binary_outputs = ReadParameters(Of::kRequest).binary_output;
      } else {
        s_.Fail(fmt::format("unknown field '{}' (known: id, inputs, outputs, parameters)", key));
      }
    }
    if (s_.ok() && !s_.AtEnd()) s_.Fail("something follows the request");
    if (s_.ok() && !has_inputs) s_.Fail("'inputs' is missing");
    if (s_.ok() && !binary_.empty())
      s_.Fail(fmt::format("{} bytes of binary data belong to no input", binary_.size()));
    if (!status_) return std::move(status_).error();
    if (!s_.ok()) return Located(s_.status().error());
    for (OipOutput& output : request_.outputs) {
      if (!said_binary_[static_cast<size_t>(&output - request_.outputs.data())])
        output.binary = request_.binary_outputs;
    }
    return std::move(request_);
  }

 private:
  enum class Of { kRequest, kInput, kOutput };

  Error Located(Error error) const {
    return where_.empty() ? std::move(error).In("request") : std::move(error).In("request: " + where_);
  }

  void Stop(Error error) {
    if (status_) status_ = Located(std::move(error));
    s_.Fail("stopped");
  }

  Parameters ReadParameters(Of of) {
    Parameters p;
    std::string key;
    s_.EnterObject();
    while (s_.NextKey(key)) {
      if (of == Of::kInput && key == "binary_data_size") {
        uint64_t size = 0;
        if (s_.Unsigned(size)) p.binary_size = size;
      } else if (of == Of::kOutput && key == "binary_data") {
        bool binary = false;
        if (s_.Bool(binary)) p.binary_data = binary;
      } else if (of == Of::kRequest && key == "binary_data_output") {
        s_.Bool(p.binary_output);
      } else if (of == Of::kOutput && key == "classification") {
        uint64_t classes = 0;
        if (s_.Unsigned(classes) && classes > 0)
          Stop(Unsupported("classification is not offered", "take the output and sort it"));
      } else if (key.starts_with("shared_memory_")) {
        Stop(Unsupported("shared memory is not offered", "send the data in the request"));
      } else if (of == Of::kRequest) {
        // The protocol leaves a request's parameters open (priority, timeout, a client's own); none of them
        // changes an answer here.
        s_.Skip();
      } else {
        s_.Fail(fmt::format("unknown parameter '{}'", key));
      }
    }
    return p;
  }

  Dims ReadShape() {
    Dims dims;
    s_.EnterArray();
    while (s_.NextItem()) {
      if (dims.size() == kOipMostRank) s_.Fail("more than 16 dimensions");
      int64_t size = 0;
      if (s_.Int(size) && size < 0) s_.Fail(fmt::format("dimension {} is {}", dims.size(), size));
      dims.push_back(size);
    }
    return dims;
  }

  void ReadInput() {
    NamedTensor input;
    std::string key, datatype;
    std::optional<DType> dtype;
    std::optional<Dims> dims;
    std::optional<size_t> data_at;
    Parameters parameters;
    s_.EnterObject();
    while (s_.NextKey(key)) {
      if (key == "name") {
        if (s_.String(input.name) && input.name.empty()) s_.Fail("an empty name");
      } else if (key == "datatype") {
        if (s_.String(datatype)) dtype = ParseOipDatatype(datatype);
        if (s_.ok() && !dtype) {
          s_.Fail(
              fmt::format("unknown datatype '{}' (known: BOOL, UINT8 .. UINT64, INT8 .. INT64, FP16, FP32, "
                          "FP64, BF16, BYTES)",
                          datatype.substr(0, 40)));
        }
      } else if (key == "shape") {
        dims = ReadShape();
      } else if (key == "parameters") {
        parameters = ReadParameters(Of::kInput);
      } else if (key == "data") {
        if (data_at) s_.Fail("'data' stands twice");
        s_.Peek();
        data_at = s_.offset();
        if (dtype && dims)
          input.tensor = ReadJsonTensor(s_, *dtype, *dims);
        else
          s_.Skip();  // and read once they are known
      } else {
        s_.Fail(fmt::format("unknown field '{}' (known: name, shape, datatype, parameters, data)",
                            key.substr(0, 80)));
      }
    }
    if (!s_.ok()) return;
    if (input.name.empty()) s_.Fail("'name' is missing");
    if (!dtype) s_.Fail("'datatype' is missing");
    if (!dims) s_.Fail("'shape' is missing");
    if (!s_.ok()) return;
    where_ += fmt::format(" '{}'", input.name.substr(0, 80));
    if (parameters.binary_size) {
      if (data_at) {
        s_.Fail("'data' and 'binary_data_size' are both given");
        return;
      }
      if (*parameters.binary_size > binary_.size()) {
        s_.Fail(fmt::format("binary_data_size is {}; {} bytes are left after the JSON",
                            *parameters.binary_size, binary_.size()));
        return;
      }
      const auto bytes = binary_.first(static_cast<size_t>(*parameters.binary_size));
      auto tensor = ReadBinaryTensor(bytes, *dtype, *dims);
      if (!tensor) return Stop(std::move(tensor).error());
      input.tensor = *std::move(tensor);
      binary_ = binary_.subspan(bytes.size());
    } else if (!data_at) {
      s_.Fail("'data' is missing (or the parameter binary_data_size)");
      return;
    } else if (!input.tensor.defined()) {
      JsonScanner again = s_.From(*data_at);
      input.tensor = ReadJsonTensor(again, *dtype, *dims);
      if (!again.ok()) return Stop(again.status().error());
    }
    request_.inputs.push_back(std::move(input));
  }

  void ReadOutput() {
    OipOutput output;
    std::string key;
    Parameters parameters;
    s_.EnterObject();
    while (s_.NextKey(key)) {
      if (key == "name")
        s_.String(output.name);
      else if (key == "parameters")
        parameters = ReadParameters(Of::kOutput);
      else
        s_.Fail(fmt::format("unknown field '{}' (known: name, parameters)", key.substr(0, 80)));
    }
    if (s_.ok() && output.name.empty()) s_.Fail("'name' is missing");
    output.binary = parameters.binary_data.value_or(false);
    said_binary_.push_back(parameters.binary_data.has_value());
    request_.outputs.push_back(std::move(output));
  }

  JsonScanner s_;
  std::span<const std::byte> binary_;
  OipRequest request_;
  std::vector<bool> said_binary_;
  std::string where_;
  Status status_;  // an error that the scanner did not make
};

}  // namespace

Result<OipRequest> ParseOipRequest(std::span<const std::byte> body, std::optional<size_t> json_bytes) {
  const size_t length = json_bytes.value_or(body.size());
  if (length > body.size()) {
    return InvalidArgument(fmt::format(
        "request: Inference-Header-Content-Length is {}; the body has {} bytes", length, body.size()));
  }
  const std::string_view json(reinterpret_cast<const char*>(body.data()), length);
  return Parser(json, body.subspan(length)).Parse();
}

}  // namespace sinter
