#include "engine/graph/lexer.h"

#include <cctype>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr size_t kLongestName = 256;

bool IsWordChar(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '$' || c == '/' ||
         c == ':';
}

}  // namespace

Lexer::Lexer(std::string_view text) : text_(text) { Advance(); }

void Lexer::SkipBlanks() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '\n') {
      ++line_;
      line_start_ = ++at_;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++at_;
    } else if (c == '/' && at_ + 1 < text_.size() && text_[at_ + 1] == '/') {
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    } else {
      return;
    }
  }
}

void Lexer::Advance() {
  SkipBlanks();
  token_ = {Token::Kind::kEnd, {}, {line_, static_cast<int>(at_ - line_start_) + 1}, at_};
  if (at_ >= text_.size()) return;
  const size_t begin = at_;
  const char c = text_[at_];
  auto digit_at = [&](size_t i) {
    return i < text_.size() && std::isdigit(static_cast<unsigned char>(text_[i])) != 0;
  };
  if (c == '"') {
    for (++at_; at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    at_ = std::min(at_ + 1, text_.size());
    token_.kind = Token::Kind::kString;
  } else if (digit_at(at_) || (c == '-' && (digit_at(at_ + 1) || text_.substr(at_ + 1, 3) == "inf" ||
                                            text_.substr(at_ + 1, 3) == "nan"))) {
    // Digits, a fraction (but not the ".." of a range), an exponent.
    for (++at_; at_ < text_.size(); ++at_) {
      const char d = text_[at_];
      const bool sign = (d == '-' || d == '+') && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E');
      if (d == '.' && at_ + 1 < text_.size() && text_[at_ + 1] == '.') break;
      if (!std::isalnum(static_cast<unsigned char>(d)) && d != '.' && !sign) break;
    }
    token_.kind = Token::Kind::kNumber;
  } else if (c == '%' || c == '@') {
    for (++at_; at_ < text_.size() && IsWordChar(text_[at_]) && text_[at_] != ':'; ++at_) {
    }
    token_.kind = c == '%' ? Token::Kind::kValue : Token::Kind::kState;
    token_.text = text_.substr(begin + 1, at_ - begin - 1);
    return;
  } else if (IsWordChar(c) && c != ':' && c != '.') {
    while (at_ < text_.size() && IsWordChar(text_[at_]) && text_[at_] != ':' && text_.substr(at_, 2) != "..")
      ++at_;
    token_.kind = Token::Kind::kWord;
  } else {
    at_ += text_.substr(at_, 2) == "->" || text_.substr(at_, 2) == ".." ? 2 : 1;
    token_.kind = Token::Kind::kPunctuation;
  }
  token_.text = text_.substr(begin, at_ - begin);
}

Token Lexer::Take() {
  const Token taken = token_;
  Advance();
  return taken;
}

bool Lexer::TakeIf(std::string_view wanted) {
  if (token_.kind != Token::Kind::kPunctuation && token_.kind != Token::Kind::kWord) return false;
  if (token_.text != wanted) return false;
  Advance();
  return true;
}

Status Lexer::Expect(std::string_view wanted) {
  if (TakeIf(wanted)) return {};
  return Unexpected(fmt::format("'{}'", wanted));
}

Result<std::string> Lexer::ExpectName(Token::Kind kind, std::string_view what) {
  if (token_.kind != kind || token_.text.empty()) return Unexpected(what);
  if (token_.text.size() > kLongestName)
    return Unexpected(fmt::format("{} of at most {} bytes", what, kLongestName));
  return std::string(Take().text);
}

Result<std::string> Lexer::ExpectString() {
  if (token_.kind != Token::Kind::kString) return Unexpected("a string");
  auto text = UnquoteString(token_.text);
  if (!text) return Unexpected("a string with its closing quote and known escapes");
  Advance();
  return text;
}

Result<std::string_view> Lexer::RawUntil(std::string_view stops) {
  const size_t begin = token_.offset;
  int depth = 0;
  while (token_.kind != Token::Kind::kEnd) {
    if (token_.kind == Token::Kind::kPunctuation) {
      if (depth == 0 && token_.text.size() == 1 && stops.find(token_.text[0]) != std::string_view::npos) {
        return text_.substr(begin, token_.offset - begin);
      }
      if (token_.text == "(") ++depth;
      if (token_.text == ")") --depth;
    }
    if (token_.offset - begin > 4096) break;
    Advance();
  }
  return Unexpected(fmt::format("one of '{}'", stops));
}

Error Lexer::Unexpected(std::string_view wanted) const {
  const std::string found = token_.kind == Token::Kind::kEnd
                                ? "the text ends"
                                : fmt::format("'{}' stands there", token_.text.substr(0, 40));
  return InvalidArgument(
      fmt::format("{}:{}: {} expected; {}", token_.position.line, token_.position.column, wanted, found));
}

std::string QuoteString(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        quoted += "\\\"";
        break;
      case '\\':
        quoted += "\\\\";
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\t':
        quoted += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
          quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
          quoted += c;
    }
  }
  return quoted + "\"";
}

Result<std::string> UnquoteString(std::string_view quoted) {
  const Error bad = InvalidArgument("not a quoted string");
  if (quoted.size() < 2 || quoted.front() != '"' || quoted.back() != '"') return bad;
  std::string text;
  for (size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] != '\\') {
      text += quoted[i];
      continue;
    }
    if (++i + 1 >= quoted.size()) return bad;
    switch (quoted[i]) {
      case '"':
        text += '"';
        break;
      case '\\':
        text += '\\';
        break;
      case 'n':
        text += '\n';
        break;
      case 't':
        text += '\t';
        break;
      case 'x': {
        if (i + 3 >= quoted.size() || !std::isxdigit(static_cast<unsigned char>(quoted[i + 1])) ||
            !std::isxdigit(static_cast<unsigned char>(quoted[i + 2])))
          return bad;
        text += static_cast<char>(std::stoi(std::string(quoted.substr(i + 1, 2)), nullptr, 16));
        i += 2;
        break;
      }
      default:
        return bad;
    }
  }
  return text;
}

}  // namespace sinter
