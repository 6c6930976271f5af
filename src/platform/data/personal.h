// Personal data in texts, found by pattern.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sinter {

enum class PersonalKind : uint8_t { kMail, kPhone, kCard, kIdentity, kName };
inline constexpr size_t kPersonalKinds = 5;
std::string_view PersonalKindName(PersonalKind kind);  // "mail", "phone", "card", "identity", "name"
std::optional<PersonalKind> PersonalKindOf(std::string_view name);

struct PersonalSpan {
  PersonalKind kind = PersonalKind::kMail;
  size_t begin = 0, end = 0;  // bytes
};

// What stands in the text, in order, none overlapping:
//   mail      local@domain.top
//   card      13 to 19 digits, blanks or hyphens between, that pass Luhn's check (ISO/IEC 7812)
//   identity  a Chinese resident number (18 digits, its date and check digit hold: GB 11643), an IBAN (its
//   check digits
//             hold: ISO 13616), a number of the form 123-45-6789 (US social security)
//   phone     '+' and 8 to 15 digits; 9 to 12 digits in groups, or the first in brackets; a Chinese mobile
//             number
//   name      known by what stands around it: a title, "my name is", "Dear", 我叫, 先生 ... (NameEndAt)
// By pattern alone: a name in the middle of a sentence is not seen, nor a column of names (NameColumn sees
// those by their heading), and some numbers look like others. Linear in the text.
std::vector<PersonalSpan> FindPersonal(std::string_view text);

// The text with each of those kinds replaced by "[mail]", "[phone]" ...
std::string MaskPersonal(std::string_view text, const std::array<bool, kPersonalKinds>& kinds);

}  // namespace sinter
