#include "server/cli/output.h"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"

namespace sinter {

std::string Table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    while (line.ends_with(' ')) line.pop_back();
    text += line + "\n";
  }
  return text;
}

std::string Bytes(uint64_t bytes) {
  constexpr std::string_view kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string Ago(int64_t unix_ms) {
  const int64_t seconds = std::max<int64_t>(0, (Clock::Real().UnixMillis() - unix_ms) / 1000);
  if (seconds < 120) return fmt::format("{} s ago", seconds);
  if (seconds < 7200) return fmt::format("{} min ago", seconds / 60);
  if (seconds < 172800) return fmt::format("{} h ago", seconds / 3600);
  return fmt::format("{} days ago", seconds / 86400);
}

std::string TextOf(const Json& json, std::string_view field) {
  const auto found = json.find(field);
  return found == json.end() ? "" : ValueText(*found);
}

std::string ValueText(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

StatusLine::StatusLine(std::FILE* out) : out_(out), terminal_(isatty(fileno(out)) != 0) {}

void StatusLine::Share(std::string_view what, uint64_t done, uint64_t total) {
  if (!terminal_) return;
  const double share = total == 0 ? 0 : 100.0 * static_cast<double>(done) / static_cast<double>(total);
  const std::string line = fmt::format("{} {:3.0f}%", what, share);
  if (line == shown_) return;
  shown_ = line;
  fmt::print(out_, "\r\033[K{}", line);
}

void StatusLine::End() {
  if (!shown_.empty()) fmt::print(out_, "\r\033[K");
  shown_.clear();
}

}  // namespace sinter
