// SHA-256, the name of every blob.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sinter {

struct Sha256Digest {
  std::array<unsigned char, 32> bytes{};
  bool operator==(const Sha256Digest&) const = default;
  auto operator<=>(const Sha256Digest&) const = default;
  std::string Hex() const;  // 64 lower-case digits
};

// Exactly 64 lower-case hexadecimal digits, else nothing: one spelling for one blob.
std::optional<Sha256Digest> ParseSha256(std::string_view hex);

// Incremental. One thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void Update(std::span<const std::byte> bytes);
  void Update(std::string_view text) { Update(std::as_bytes(std::span(text.data(), text.size()))); }
  Sha256Digest Finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha256Digest HashBytes(std::span<const std::byte> bytes);
Sha256Digest HashText(std::string_view text);

// Bytes from the system's generator for secrets; aborts where there is none.
void RandomSecret(std::span<std::byte> out);

}  // namespace sinter
