// JSON read in one pass, without building a document: for request paths that are hot.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sinter {

// Reads values in the order in which they stand. The first error sticks: everything after it reads nothing
// and returns false, so that callers check once. Bounded: depth 64; no allocation but for strings. The text
// outlives it.
//
//   if (s.EnterObject()) while (s.NextKey(key)) key == "n" ? s.Int(n) : s.Skip();
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  // The first byte of what comes next; 0 at the end.
  char Peek();
  // Object: while (NextKey(key)) read one value. Enter first; NextKey leaves it at its end.
  bool EnterObject() { return Enter('{'); }
  bool NextKey(std::string& key);
  // Array: while (NextItem()) read one value. Enter first; NextItem leaves it at its end.
  bool EnterArray() { return Enter('['); }
  bool NextItem();

  bool String(std::string& out);  // well-formed UTF-8, escapes decoded
  bool Bool(bool& out);
  bool Null();
  bool Int(int64_t& out);
  bool Unsigned(uint64_t& out);
  bool Number(double& out);  // too small is 0; too large is an error
  bool Skip();               // any value, checked

  size_t offset() const { return static_cast<size_t>(at_ - begin_); }
  size_t left() const { return static_cast<size_t>(end_ - at_); }
  // A value seen before, at an offset() then given, is read again; nothing else is.
  JsonScanner From(size_t offset) const;
  bool AtEnd() { return ok() && Peek() == 0 && at_ == end_; }

  bool ok() const { return status_.has_value(); }
  // "MESSAGE (at byte N)"
  bool Fail(std::string_view message);
  const Status& status() const { return status_; }

 private:
  bool Enter(char open);
  bool Digits(std::string_view& text, bool& whole);
  bool Escape(std::string& out);
  bool Hex4(uint32_t& out);
  bool Word(std::string_view word);

  const char* begin_;
  const char* at_;
  const char* end_;
  int depth_ = 0;
  bool first_ = false;  // nothing was read yet of the object or array just entered
  Status status_;
};

}  // namespace sinter
