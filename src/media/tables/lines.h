// Lines of a text, one at a time, in bounded memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "media/tables/table.h"

namespace sinter {

// One thread.
class LineReader {
 public:
  // Gzipped or plain; a byte order mark is passed over.
  static Result<LineReader> Open(std::unique_ptr<ByteSource> source);
  // The next line without its end (LF or CRLF); false at the end. It lives until the next call. Errors:
  // kResourceExhausted for a line of more than kRowBytes, and those of the source.
  Result<bool> Next(std::string_view& line);
  int64_t line() const { return line_; }  // of the one given last, from 1
  static bool Blank(std::string_view line) { return line.find_first_not_of(" \t\r") == line.npos; }

 private:
  LineReader() = default;
  std::unique_ptr<ByteSource> source_;
  std::vector<std::byte> block_;
  size_t at_ = 0, size_ = 0;
  std::string text_;
  int64_t line_ = 0;
};

}  // namespace sinter
