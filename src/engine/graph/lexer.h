// Words of the IR's text, with their positions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/graph/module.h"

namespace sinter {

struct Token {
  enum class Kind { kEnd, kWord, kNumber, kString, kValue, kState, kPunctuation };
  Kind kind = Kind::kEnd;
  std::string_view text;  // without % and @; a string with its quotes
  SourcePosition position;
  size_t offset = 0;  // of the first character in the whole text
};

// One token ahead. Words hold letters, digits, '_', '.', '$'; numbers are read whole, sign included.
class Lexer {
 public:
  explicit Lexer(std::string_view text);
  const Token& Peek() const { return token_; }
  Token Take();
  bool TakeIf(std::string_view punctuation_or_word);
  Status Expect(std::string_view punctuation_or_word);
  // A name after % or @, or a bare word.
  Result<std::string> ExpectName(Token::Kind kind, std::string_view what);
  Result<std::string> ExpectString();
  // The raw text from the next token to one of `stops` at nesting depth 0 (exclusive); for dimensions.
  Result<std::string_view> RawUntil(std::string_view stops);
  Error Unexpected(std::string_view wanted) const;

 private:
  void Advance();
  void SkipBlanks();
  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
  size_t line_start_ = 0;
  Token token_;
};

// "a\"b\n" with its quotes, and back.
std::string QuoteString(std::string_view text);
Result<std::string> UnquoteString(std::string_view quoted);

}  // namespace sinter
