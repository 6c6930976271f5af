// Tables and sizes for people.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace sinter {

// Columns as wide as they need; the first row is the heading.
std::string Table(const std::vector<std::vector<std::string>>& rows);
std::string Bytes(uint64_t bytes);                             // "47.0 MB"
std::string Ago(int64_t unix_ms);                              // "3 min ago"
std::string TextOf(const Json& json, std::string_view field);  // whatever its kind; "" where absent
std::string ValueText(const Json& value);

// What a long command is at, on a terminal: one line that is written over. Elsewhere nothing. One thread.
class StatusLine {
 public:
  explicit StatusLine(std::FILE* out);
  ~StatusLine() { End(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;
  void Share(std::string_view what, uint64_t done, uint64_t total);  // "reading a.csv  42%"
  void End();  // what comes next begins on an empty line

 private:
  std::FILE* out_;
  bool terminal_;
  std::string shown_;
};

}  // namespace sinter
