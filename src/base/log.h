// Lines of a log, written by a thread of their own: whoever logs never waits for a disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "base/file.h"
#include "base/result.h"

namespace sinter {

struct LogOptions {
  Path file;                                   // empty: stderr
  size_t queue = 8192;                         // lines that wait to be written; beyond, the oldest go
  uint64_t largest_file = uint64_t{64} << 20;  // then it is renamed to FILE.1 (FILE.1 to FILE.2 ...)
  size_t files = 4;                            // older ones are removed
};

// Any thread. Destroyed, it writes what waits.
class Log {
 public:
  // Errors: a file that cannot be opened for appending.
  static Result<std::unique_ptr<Log>> Open(const LogOptions& options);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  // One line, without its newline. Does not block; where the queue is full the oldest line that waits is
  // lost.
  void Write(std::string_view line);
  uint64_t dropped() const;  // lines lost so

 private:
  struct Impl;
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One object of JSON on one line, field after field; allocates nothing up to some 500 bytes.
//   log.Write(LogLine().Text("method", m).Number("status", 200).Finish());
class LogLine {
 public:
  LogLine() { text_.push_back('{'); }
  LogLine& Text(std::string_view field, std::string_view value);  // what is no UTF-8 becomes U+FFFD
  LogLine& Number(std::string_view field, int64_t value);
  LogLine& Time(std::string_view field, int64_t unix_ms);  // "2026-11-24T10:00:00.123Z"
  // The line; holds while the object lives.
  std::string_view Finish();

 private:
  void Name(std::string_view field);
  fmt::basic_memory_buffer<char, 500> text_;
};

}  // namespace sinter
