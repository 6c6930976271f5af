#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "base/utf8.h"
#include "server/api/oip/oip.h"

namespace sinter {
namespace {

constexpr size_t kLongestNumber = 32;  // of any element, with its comma

// Readers of JSON take "-0" for the integer 0, and lose its sign.
template <class Real>
char* PutReal(char* at, Real value) {
  if (!std::isfinite(value)) return std::ranges::copy(std::string_view("null"), at).out;
  if (value == 0 && std::signbit(value)) return std::ranges::copy(std::string_view("-0.0"), at).out;
  return std::to_chars(at, at + kLongestNumber, value).ptr;
}
char* PutNumber(char* at, double value) { return PutReal(at, value); }
char* PutNumber(char* at, float value) { return PutReal(at, value); }
char* PutNumber(char* at, Half value) { return PutNumber(at, static_cast<float>(value)); }
char* PutNumber(char* at, BFloat16 value) { return PutNumber(at, static_cast<float>(value)); }
char* PutNumber(char* at, bool value) {
  return value ? std::copy_n("true", 4, at) : std::copy_n("false", 5, at);
}
template <class T>
  requires std::is_integral_v<T>
char* PutNumber(char* at, T value) {
  return std::to_chars(at, at + kLongestNumber, value).ptr;
}

void AppendData(std::string& out, const Tensor& tensor) {
  out.push_back('[');
  if (tensor.dtype() == DType::kString) {
    bool first = true;
    for (const std::string& text : tensor.strings()) {
      if (!first) out.push_back(',');
      first = false;
      AppendJsonString(out, text);
    }
  } else {
    DispatchDType(tensor.dtype(), [&]<class T>() {
      char buffer[64 * kLongestNumber];
      char* at = buffer;
      bool first = true;
      for (const T value : tensor.data<T>()) {
        if (at > buffer + sizeof buffer - 2 * kLongestNumber) {
          out.append(buffer, at);
          at = buffer;
        }
        if (!first) *at++ = ',';
        first = false;
        at = PutNumber(at, value);
      }
      out.append(buffer, at);
    });
  }
  out.push_back(']');
}

size_t BinarySize(const Tensor& tensor) {
  if (tensor.dtype() != DType::kString) return tensor.bytes();
  size_t size = 0;
  for (const std::string& text : tensor.strings()) size += 4 + text.size();
  return size;
}

void AppendBinary(std::string& out, const Tensor& tensor) {
  if (tensor.dtype() != DType::kString) {
    out.append(reinterpret_cast<const char*>(tensor.raw()), tensor.bytes());
    return;
  }
  for (const std::string& text : tensor.strings()) {
    const uint32_t length = static_cast<uint32_t>(text.size());
    out.append(reinterpret_cast<const char*>(&length), 4);
    out += text;
  }
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out.push_back('"');
  if (!IsUtf8(text)) {
    // Byte by byte: each that is not ASCII is lost on its own. For names in messages that is enough.
    for (const char c : text) {
      if (static_cast<unsigned char>(c) >= 0x80)
        out += "\\ufffd";
      else if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20)
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
      else
        out.push_back(c);
    }
  } else {
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        out.push_back('\\');
        out.push_back(c);
      } else if (static_cast<unsigned char>(c) < 0x20) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
      } else {
        out.push_back(c);
      }
    }
  }
  out.push_back('"');
}

OipEncoded EncodeOipAnswer(const OipAnswer& answer) {
  OipEncoded encoded;
  std::string& out = encoded.body;
  size_t expected = 256, binary = 0;
  for (const auto& output : answer.outputs) {
    const auto elements = static_cast<size_t>(output.tensor->elements());
    expected += 128 + (output.binary ? output.tensor->bytes() : elements * 12);
    if (output.binary) binary += BinarySize(*output.tensor);
  }
  out.reserve(expected);
  out += "{\"model_name\":";
  AppendJsonString(out, answer.model);
  out += ",\"model_version\":";
  AppendJsonString(out, answer.version);
  if (!answer.id.empty()) {
    out += ",\"id\":";
    AppendJsonString(out, answer.id);
  }
  out += ",\"outputs\":[";
  bool first = true, any_binary = false;
  for (const auto& output : answer.outputs) {
    if (!first) out.push_back(',');
    first = false;
    out += "{\"name\":";
    AppendJsonString(out, output.name);
    out += ",\"datatype\":\"";
    out += OipDatatype(output.tensor->dtype());
    out += "\",\"shape\":[";
    for (size_t d = 0; d < output.tensor->rank(); ++d)
      fmt::format_to(std::back_inserter(out), "{}{}", d == 0 ? "" : ",", output.tensor->dim(d));
    out.push_back(']');
    if (output.binary) {
      any_binary = true;
      fmt::format_to(std::back_inserter(out), ",\"parameters\":{{\"binary_data_size\":{}}}",
                     BinarySize(*output.tensor));
    } else {
      out += ",\"data\":";
      AppendData(out, *output.tensor);
    }
    out.push_back('}');
  }
  out += "]}";
  if (any_binary) {
    encoded.json_bytes = out.size();
    out.reserve(out.size() + binary);
    for (const auto& output : answer.outputs) {
      if (output.binary) AppendBinary(out, *output.tensor);
    }
  }
  return encoded;
}

std::string OipErrorText(const Error& error) {
  std::string out = "{\"error\":";
  AppendJsonString(out, error.ToString());
  out.push_back('}');
  return out;
}

}  // namespace sinter
