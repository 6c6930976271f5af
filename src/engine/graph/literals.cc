#include "engine/graph/literals.h"

#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "engine/graph/text.h"

namespace sinter {
namespace {

constexpr int kDeepest = 16;

bool LooksInteger(std::string_view text) { return text.find_first_of(".eEin") == std::string_view::npos; }

template <class T>
bool ReadNumber(std::string_view text, T& value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (text == "inf" || text == "-inf")
      return value =
                 text[0] == '-' ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity(),
             true;
    if (text == "nan" || text == "-nan")
      return value = std::copysign(std::numeric_limits<T>::quiet_NaN(), text[0] == '-' ? T(-1) : T(1)), true;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

Result<Encoding> ReadEncoding(Lexer& lexer) {
  Encoding encoding;
  if (!lexer.TakeIf(":")) return encoding;
  if (lexer.TakeIf("int4")) {
    encoding.kind = Encoding::Kind::kInt4;
    return encoding;
  }
  if (lexer.TakeIf("int8_channel")) {
    encoding.kind = Encoding::Kind::kInt8Channel;
    TRY_STATUS(lexer.Expect("("));
    if (lexer.Peek().kind != Token::Kind::kNumber || !ReadNumber(lexer.Peek().text, encoding.axis) ||
        encoding.axis < 0)
      return lexer.Unexpected("an axis");
    lexer.Take();
  } else if (lexer.TakeIf("gguf")) {
    encoding.kind = Encoding::Kind::kGguf;
    TRY_STATUS(lexer.Expect("("));
    TRY(encoding.format, lexer.ExpectName(Token::Kind::kWord, "a GGUF format"));
  } else {
    return lexer.Unexpected("an encoding (int4, int8_channel(AXIS), gguf(FORMAT))");
  }
  TRY_STATUS(lexer.Expect(")"));
  return encoding;
}

Result<Shape> ReadShape(Lexer& lexer) {
  Shape shape;
  TRY_STATUS(lexer.Expect("["));
  if (lexer.TakeIf("]")) return shape;
  while (true) {
    const Token start = lexer.Peek();
    TRY(const std::string_view raw, lexer.RawUntil(",]"));
    auto dim = ParseDim(raw);
    if (!dim)
      return std::move(dim).error().In(fmt::format("{}:{}", start.position.line, start.position.column));
    shape.push_back(*std::move(dim));
    if (shape.size() > 64) return lexer.Unexpected("at most 64 dimensions");
    if (lexer.TakeIf("]")) return shape;
    TRY_STATUS(lexer.Expect(","));
  }
}

// One element of T from the next token.
template <class T>
Status ReadElement(Lexer& lexer, T& out) {
  const Token& token = lexer.Peek();
  const bool word = token.kind == Token::Kind::kWord;
  if constexpr (std::is_same_v<T, bool>) {
    if (!word || (token.text != "true" && token.text != "false")) return lexer.Unexpected("true or false");
    out = token.text == "true";
  } else if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
    float value = 0;
    if ((token.kind != Token::Kind::kNumber && !word) || !ReadNumber(token.text, value))
      return lexer.Unexpected("a number");
    out = T(value);
  } else {
    if ((token.kind != Token::Kind::kNumber && !word) || !ReadNumber(token.text, out))
      return lexer.Unexpected(fmt::format("a number that fits {}", DTypeName(DTypeOf<T>())));
  }
  lexer.Take();
  return {};
}

template <class ReadOne>
Status ReadList(Lexer& lexer, std::string_view close, ReadOne read_one) {
  if (lexer.TakeIf(close)) return {};
  while (true) {
    TRY_STATUS(read_one());
    if (lexer.TakeIf(close)) return {};
    TRY_STATUS(lexer.Expect(","));
  }
}

Result<Attribute> ReadNumberAttribute(Lexer& lexer) {
  const std::string_view text = lexer.Peek().text;
  int64_t whole = 0;
  double number = 0;
  if (LooksInteger(text) && ReadNumber(text, whole)) {
    lexer.Take();
    return Attribute(whole);
  }
  if (!ReadNumber(text, number)) return lexer.Unexpected("a number");
  lexer.Take();
  return Attribute(number);
}

Result<Attribute> ReadListAttribute(Lexer& lexer) {
  std::vector<int64_t> ints;
  std::vector<double> floats;
  std::vector<std::string> strings;
  bool whole = true;
  TRY_STATUS(lexer.Expect("["));
  TRY_STATUS(ReadList(lexer, "]", [&]() -> Status {
    if (lexer.Peek().kind == Token::Kind::kString) {
      if (!floats.empty()) return lexer.Unexpected("a number");
      TRY(strings.emplace_back(), lexer.ExpectString());
      return {};
    }
    if (!strings.empty()) return lexer.Unexpected("a string");
    TRY(const Attribute number, ReadNumberAttribute(lexer));
    if (const auto* value = std::get_if<int64_t>(&number)) {
      ints.push_back(*value);
      floats.push_back(static_cast<double>(*value));
    } else {
      whole = false;
      floats.push_back(std::get<double>(number));
    }
    return {};
  }));
  if (!strings.empty()) return Attribute(std::move(strings));
  if (whole) return Attribute(std::move(ints));
  return Attribute(std::move(floats));
}

// The bytes of an encoded tensor, as one string of hexadecimal digits.
Result<Tensor> ReadEncodedBytes(Lexer& lexer, const Type& type, Dims dims) {
  TRY(const size_t bytes, EncodedBytes(type.dtype, dims, type.encoding));
  const Token token = lexer.Peek();
  const bool quoted = token.kind == Token::Kind::kString && token.text.size() >= 2;
  const std::string_view digits = quoted ? token.text.substr(1, token.text.size() - 2) : "";
  if (!quoted || bytes > digits.size() || digits.size() != 2 * bytes)
    return lexer.Unexpected(fmt::format("a string of {} hexadecimal digits", 2 * bytes));
  TRY(Tensor tensor, Tensor::Create(type.dtype, std::move(dims), false, type.encoding));
  for (size_t i = 0; i < bytes; ++i) {
    uint8_t byte = 0;
    const char* begin = digits.data() + 2 * i;
    const auto [end, error] = std::from_chars(begin, begin + 2, byte, 16);
    if (error != std::errc() || end != begin + 2) return lexer.Unexpected("hexadecimal digits");
    tensor.mutable_raw()[i] = std::byte{byte};
  }
  lexer.Take();
  TRY_STATUS(lexer.Expect("}"));
  return tensor;
}

std::string PrintEncodedBytes(const Tensor& tensor) {
  std::string text = "{\"";
  for (size_t i = 0; i < tensor.bytes(); ++i)
    text += fmt::format("{:02x}", std::to_integer<unsigned>(tensor.raw()[i]));
  return text + "\"}";
}

}  // namespace

Result<Type> ReadType(Lexer& lexer, int depth) {
  if (depth > kDeepest) return lexer.Unexpected("a type nested less deep");
  TRY(const std::string name, lexer.ExpectName(Token::Kind::kWord, "a type"));
  if (name == "seq" || name == "opt") {
    TRY_STATUS(lexer.Expect("<"));
    TRY(Type element, ReadType(lexer, depth + 1));
    TRY_STATUS(lexer.Expect(">"));
    return name == "seq" ? Type::Sequence(std::move(element)) : Type::Optional(std::move(element));
  }
  if (name == "map") {
    TRY_STATUS(lexer.Expect("<"));
    TRY(const std::string key, lexer.ExpectName(Token::Kind::kWord, "a key type"));
    const auto dtype = ParseDType(key);
    if (!dtype) return lexer.Unexpected("a key type before this");
    TRY_STATUS(lexer.Expect(","));
    TRY(Type element, ReadType(lexer, depth + 1));
    TRY_STATUS(lexer.Expect(">"));
    return Type::Map(*dtype, std::move(element));
  }
  const auto dtype = ParseDType(name);
  if (!dtype) return lexer.Unexpected(fmt::format("a type ('{}' is none)", name));
  TRY(Shape shape, ReadShape(lexer));
  TRY(Encoding encoding, ReadEncoding(lexer));
  return Type::Tensor(*dtype, std::move(shape), std::move(encoding));
}

Result<Tensor> ReadTensorElements(Lexer& lexer, const Type& type) {
  Dims dims;
  for (const Dim& dim : type.shape) {
    if (!dim.IsConstant()) return lexer.Unexpected("numbers for all dimensions of a tensor before this");
    dims.push_back(*dim.Constant());
  }
  if (!type.IsTensor()) return lexer.Unexpected("a tensor type before this");
  TRY(const int64_t count, CountElements(dims));
  TRY_STATUS(lexer.Expect("{"));
  if (!type.encoding.IsPlain()) return ReadEncodedBytes(lexer, type, std::move(dims));
  Status too_many = lexer.Unexpected(fmt::format("{} elements", count));
  std::vector<std::string> strings;
  Result<Tensor> tensor = Tensor();
  Status status;
  if (type.dtype == DType::kString) {
    status = ReadList(lexer, "}", [&]() -> Status {
      TRY(strings.emplace_back(), lexer.ExpectString());
      return {};
    });
    TRY_STATUS(status);
    if (static_cast<int64_t>(strings.size()) != count) return std::move(too_many).error();
    return Tensor::Strings(std::move(dims), std::move(strings));
  }
  // Elements are gathered before memory is asked for: a lying shape costs no more than the text itself.
  DispatchDType(type.dtype, [&]<class T>() {
    std::vector<std::conditional_t<std::is_same_v<T, bool>, char, T>> values;
    status = ReadList(lexer, "}", [&]() -> Status {
      T value{};
      TRY_STATUS(ReadElement(lexer, value));
      values.push_back(value);
      return {};
    });
    if (!status) return;
    if (static_cast<int64_t>(values.size()) != count) {
      status = too_many;
      return;
    }
    tensor = Tensor::Create(type.dtype, std::move(dims));
    if (tensor) std::copy(values.begin(), values.end(), tensor->template mutable_data<T>().begin());
  });
  TRY_STATUS(status);
  return tensor;
}

Result<Attribute> ReadAttribute(Lexer& lexer) {
  const Token token = lexer.Peek();
  switch (token.kind) {
    case Token::Kind::kNumber:
      return ReadNumberAttribute(lexer);
    case Token::Kind::kString: {
      TRY(std::string text, lexer.ExpectString());
      return Attribute(std::move(text));
    }
    case Token::Kind::kPunctuation:
      if (token.text == "[") return ReadListAttribute(lexer);
      break;
    case Token::Kind::kWord: {
      if (token.text == "inf" || token.text == "nan") return ReadNumberAttribute(lexer);
      if (const auto dtype = ParseDType(token.text)) {
        // "f16" alone is a dtype, "f16[...]" a type, "f16[...]{...}" a tensor.
        Lexer ahead = lexer;
        ahead.Take();
        if (ahead.Peek().text != "[") {
          lexer.Take();
          return Attribute(*dtype);
        }
      }
      TRY(Type type, ReadType(lexer));
      if (type.IsTensor() && lexer.Peek().text == "{" && lexer.Peek().kind == Token::Kind::kPunctuation) {
        TRY(Tensor tensor, ReadTensorElements(lexer, type));
        return Attribute(std::move(tensor));
      }
      return Attribute(std::move(type));
    }
    default:
      break;
  }
  return lexer.Unexpected("an attribute");
}

Result<Attributes> ReadAttributes(Lexer& lexer) {
  Attributes attributes;
  TRY_STATUS(lexer.Expect("{"));
  TRY_STATUS(ReadList(lexer, "}", [&]() -> Status {
    TRY(std::string name, lexer.ExpectName(Token::Kind::kWord, "an attribute's name"));
    if (attributes.contains(name))
      return lexer.Unexpected(fmt::format("another name ('{}' stands twice)", name));
    TRY_STATUS(lexer.Expect("="));
    TRY(attributes[name], ReadAttribute(lexer));
    return {};
  }));
  return attributes;
}

std::string PrintNumber(double value) {
  if (std::isnan(value)) return std::signbit(value) ? "-nan" : "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string PrintTensor(const Tensor& tensor, int64_t largest) {
  std::string text = tensor.type().ToString();
  if (largest >= 0 && tensor.elements() > largest) return text + "{...}";
  if (!tensor.encoding().IsPlain()) return text + PrintEncodedBytes(tensor);
  text += '{';
  bool first = true;
  auto append = [&](std::string_view item) {
    if (!first) text += ", ";
    first = false;
    text += item;
  };
  if (tensor.dtype() == DType::kString) {
    for (const std::string& item : tensor.strings()) append(QuoteString(item));
  }
  DispatchDType(tensor.dtype(), [&]<class T>() {
    for (const T& item : tensor.data<T>()) {
      if constexpr (std::is_same_v<T, bool>)
        append(item ? "true" : "false");
      else if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>)
        append(PrintNumber(static_cast<double>(static_cast<float>(item))));
      else if constexpr (std::is_same_v<T, float>) {
        std::string number =
            std::isfinite(item) ? fmt::format("{}", item) : PrintNumber(static_cast<double>(item));
        if (std::isfinite(item) && number.find_first_of(".e") == std::string::npos) number += ".0";
        append(number);
      } else if constexpr (std::is_same_v<T, double>)
        append(PrintNumber(item));
      else
        append(std::to_string(item));
    }
  });
  return text + '}';
}

std::string PrintAttribute(const Attribute& attribute, int64_t largest) {
  auto list = [](const auto& items, auto print) {
    std::string text = "[";
    for (size_t i = 0; i < items.size(); ++i) text += (i == 0 ? "" : ", ") + print(items[i]);
    return text + "]";
  };
  struct Printer {
    decltype(list)& as_list;
    int64_t largest;
    std::string operator()(int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return PrintNumber(value); }
    std::string operator()(const std::string& value) const { return QuoteString(value); }
    std::string operator()(const std::vector<int64_t>& value) const {
      return as_list(value, [](int64_t x) { return std::to_string(x); });
    }
    std::string operator()(const std::vector<double>& value) const { return as_list(value, PrintNumber); }
    std::string operator()(const std::vector<std::string>& value) const {
      return as_list(value, QuoteString);
    }
    std::string operator()(const Tensor& value) const { return PrintTensor(value, largest); }
    std::string operator()(const Type& value) const { return value.ToString(); }
    std::string operator()(DType value) const { return std::string(DTypeName(value)); }
  };
  return std::visit(Printer{list, largest}, attribute);
}

std::string PrintAttributes(const Attributes& attributes, int64_t largest) {
  if (attributes.empty()) return "";
  std::string text = " {";
  for (const auto& [name, value] : attributes) {
    if (text.size() > 2) text += ", ";
    text += fmt::format("{} = {}", name, PrintAttribute(value, largest));
  }
  return text + "}";
}

namespace {

template <class T, class Read>
Result<T> ReadWhole(std::string_view text, Read read) {
  Lexer lexer(text);
  TRY(T value, read(lexer));
  if (lexer.Peek().kind != Token::Kind::kEnd) return lexer.Unexpected("the end");
  return value;
}

}  // namespace

Result<Type> ParseType(std::string_view text) {
  return ReadWhole<Type>(text, [](Lexer& lexer) { return ReadType(lexer); });
}

Result<Attribute> ParseAttribute(std::string_view text) {
  return ReadWhole<Attribute>(text, [](Lexer& lexer) { return ReadAttribute(lexer); });
}

Result<Tensor> ParseTensor(std::string_view text) {
  return ReadWhole<Tensor>(text, [](Lexer& lexer) -> Result<Tensor> {
    TRY(const Type type, ReadType(lexer));
    return ReadTensorElements(lexer, type);
  });
}

}  // namespace sinter
