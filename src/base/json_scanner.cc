#include "base/json_scanner.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "base/utf8.h"

namespace sinter {
namespace {

constexpr int kDepth = 64;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void AppendUtf8(uint32_t code, std::string& out) {
  auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

}  // namespace

bool JsonScanner::Fail(std::string_view message) {
  if (ok()) status_ = InvalidArgument(fmt::format("{} (at byte {})", message, offset()));
  return false;
}

char JsonScanner::Peek() {
  if (!ok()) return 0;
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  return at_ == end_ ? '\0' : *at_;
}

bool JsonScanner::Enter(char open) {
  if (!ok()) return false;
  if (Peek() != open) return Fail(open == '{' ? "an object is needed" : "a list is needed");
  if (++depth_ > kDepth) return Fail("nested deeper than 64");
  ++at_;
  first_ = true;
  return true;
}

bool JsonScanner::NextItem() {
  if (!ok()) return false;
  const char c = Peek();
  if (c == ']') {
    ++at_;
    --depth_;
    first_ = false;
    return false;
  }
  if (!first_) {
    if (c != ',') return Fail("',' or ']' is needed");
    ++at_;
    if (Peek() == ']') return Fail("a value is needed after ','");
  }
  first_ = false;
  return true;
}

bool JsonScanner::NextKey(std::string& key) {
  if (!ok()) return false;
  char c = Peek();
  if (c == '}') {
    ++at_;
    --depth_;
    first_ = false;
    return false;
  }
  if (!first_) {
    if (c != ',') return Fail("',' or '}' is needed");
    ++at_;
  }
  first_ = false;
  if (!String(key)) return false;
  if (Peek() != ':') return Fail("':' is needed");
  ++at_;
  return true;
}

bool JsonScanner::Hex4(uint32_t& out) {
  if (left() < 4) return Fail("a \\u escape is cut short");
  const auto [end, error] = std::from_chars(at_, at_ + 4, out, 16);
  if (error != std::errc() || end != at_ + 4) return Fail("a \\u escape needs four hexadecimal digits");
  at_ += 4;
  return true;
}

bool JsonScanner::Escape(std::string& out) {
  ++at_;  // the backslash
  if (at_ == end_) return Fail("a string is cut short");
  constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
  const char c = *at_++;
  if (const size_t i = kFrom.find(c); i != kFrom.npos) {
    out.push_back(kTo[i]);
    return true;
  }
  if (c != 'u') return Fail("no escape of JSON");
  uint32_t code = 0;
  if (!Hex4(code)) return false;
  if (code >= 0xDC00 && code < 0xE000) return Fail("half a surrogate pair");
  if (code >= 0xD800 && code < 0xDC00) {
    uint32_t low = 0;
    if (left() < 6 || at_[0] != '\\' || at_[1] != 'u') return Fail("half a surrogate pair");
    at_ += 2;
    if (!Hex4(low)) return false;
    if (low < 0xDC00 || low >= 0xE000) return Fail("half a surrogate pair");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  AppendUtf8(code, out);
  return true;
}

bool JsonScanner::String(std::string& out) {
  if (!ok()) return false;
  if (Peek() != '"') return Fail("a string is needed");
  ++at_;
  out.clear();
  bool ascii = true;
  while (true) {
    const char* from = at_;
    while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) {
      ascii = ascii && static_cast<unsigned char>(*at_) < 0x80;
      ++at_;
    }
    out.append(from, at_);
    if (at_ == end_) return Fail("a string is cut short");
    if (*at_ == '"') break;
    if (*at_ != '\\') return Fail("a control character in a string");
    if (!Escape(out)) return false;
  }
  ++at_;
  if (!ascii && !IsUtf8(out)) return Fail("a string is no UTF-8");
  return true;
}

bool JsonScanner::Word(std::string_view word) {
  if (left() < word.size() || std::string_view(at_, word.size()) != word) return false;
  at_ += word.size();
  return true;
}

bool JsonScanner::Bool(bool& out) {
  Peek();
  if (!ok()) return false;
  if (Word("true")) return out = true;
  if (Word("false")) {
    out = false;
    return true;
  }
  return Fail("true or false is needed");
}

bool JsonScanner::Null() {
  Peek();
  if (!ok()) return false;
  return Word("null") || Fail("null is needed");
}

// The longest number of JSON's grammar that stands here.
bool JsonScanner::Digits(std::string_view& text, bool& whole) {
  Peek();
  if (!ok()) return false;
  const char* p = at_;
  auto digits = [&] {
    const char* from = p;
    while (p != end_ && IsDigit(*p)) ++p;
    return p != from;
  };
  if (p != end_ && *p == '-') ++p;
  if (p != end_ && *p == '0') {
    ++p;
    if (p != end_ && IsDigit(*p)) return Fail("a number begins with 0");
  } else if (!digits()) {
    return Fail("a number is needed");
  }
  whole = true;
  if (p != end_ && *p == '.') {
    whole = false;
    ++p;
    if (!digits()) return Fail("a digit is needed after '.'");
  }
  if (p != end_ && (*p == 'e' || *p == 'E')) {
    whole = false;
    ++p;
    if (p != end_ && (*p == '+' || *p == '-')) ++p;
    if (!digits()) return Fail("a digit is needed in the exponent");
  }
  text = std::string_view(at_, static_cast<size_t>(p - at_));
  return true;
}

bool JsonScanner::Int(int64_t& out) {
  std::string_view text;
  bool whole = false;
  if (!Digits(text, whole)) return false;
  if (!whole) return Fail("a whole number is needed");
  if (std::from_chars(text.data(), text.data() + text.size(), out).ec != std::errc())
    return Fail("a number does not fit 64 bits");
  at_ += text.size();
  return true;
}

bool JsonScanner::Unsigned(uint64_t& out) {
  std::string_view text;
  bool whole = false;
  if (!Digits(text, whole)) return false;
  if (!whole || text[0] == '-') return Fail("a whole number of at least 0 is needed");
  if (std::from_chars(text.data(), text.data() + text.size(), out).ec != std::errc())
    return Fail("a number does not fit 64 bits");
  at_ += text.size();
  return true;
}

bool JsonScanner::Number(double& out) {
  std::string_view text;
  bool whole = false;
  if (!Digits(text, whole)) return false;
  if (whole && text.size() <= 15) {  // exact, and most numbers of most requests
    int64_t value = 0;
    const bool negative = text[0] == '-';
    for (const char c : text.substr(negative)) value = value * 10 + (c - '0');
    out = negative ? -static_cast<double>(value) : static_cast<double>(value);
  } else if (std::from_chars(text.data(), text.data() + text.size(), out).ec != std::errc()) {
    // Out of range either way; strtod says which. The text is no C string: it is copied, if it is short.
    if (text.size() > 1000) return Fail("a number of more than 1,000 digits");
    out = std::strtod(std::string(text).c_str(), nullptr);
    if (std::isinf(out)) return Fail("a number is too large");
  }
  at_ += text.size();
  return true;
}

bool JsonScanner::Skip() {
  switch (Peek()) {
    case '{': {
      std::string key;
      EnterObject();
      while (NextKey(key)) Skip();
      return ok();
    }
    case '[':
      EnterArray();
      while (NextItem()) Skip();
      return ok();
    case '"': {
      std::string text;
      return String(text);
    }
    case 't':
    case 'f': {
      bool value = false;
      return Bool(value);
    }
    case 'n':
      return Null();
    default: {
      double value = 0;
      return Number(value);
    }
  }
}

JsonScanner JsonScanner::From(size_t offset) const {
  JsonScanner again(std::string_view(begin_, static_cast<size_t>(end_ - begin_)));
  again.at_ = begin_ + offset;
  return again;
}

}  // namespace sinter
