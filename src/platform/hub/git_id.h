// A git object's name: its SHA-1.
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace sinter {

struct GitId {
  std::array<unsigned char, 20> bytes{};
  bool operator==(const GitId&) const = default;
  auto operator<=>(const GitId&) const = default;
  std::string Hex() const;  // 40 lower-case digits
  std::string Short() const { return Hex().substr(0, 12); }
  bool empty() const { return *this == GitId{}; }  // git's own name for no object
};

// Exactly 40 lower-case hexadecimal digits, else nothing.
std::optional<GitId> ParseGitId(std::string_view hex);

}  // namespace sinter
