#include "platform/data/personal.h"

#include <algorithm>

#include <fmt/format.h>

#include "platform/data/name_text.h"

namespace sinter {
namespace {

constexpr std::string_view kNames[kPersonalKinds] = {"mail", "phone", "card", "identity", "name"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLetter(char c) { return IsUpper(c) || (c >= 'a' && c <= 'z'); }
bool IsWord(char c) { return IsLetter(c) || IsDigit(c) || c == '_'; }
char At(std::string_view text, size_t i) { return i < text.size() ? text[i] : '\0'; }

// Digits from `at` on, single ones of `between` among them; at most `most` digits are looked at.
struct Digits {
  std::string digits;
  std::vector<size_t> groups;  // how many digits stand in each
  size_t end = 0;              // behind the last digit
};
Digits ReadDigits(std::string_view text, size_t at, std::string_view between, size_t most) {
  Digits read;
  read.end = at;
  bool in_group = false;
  for (size_t i = at; i < text.size() && read.digits.size() <= most; ++i) {
    if (IsDigit(text[i])) {
      if (!in_group) read.groups.push_back(0);
      in_group = true;
      ++read.groups.back();
      read.digits += text[i];
      read.end = i + 1;
    } else if (in_group && between.find(text[i]) != between.npos) {
      in_group = false;
    } else {
      break;
    }
  }
  return read;
}

bool Luhn(std::string_view digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    int d = digits[digits.size() - 1 - i] - '0';
    if (i % 2 == 1) d = d * 2 > 9 ? d * 2 - 9 : d * 2;
    sum += d;
  }
  return sum % 10 == 0;
}

// Each gives where the find that begins at `at` ends; 0: there is none.
size_t Mail(std::string_view text, size_t at) {
  size_t i = at;
  while (i < text.size() && i - at <= 64 &&
         (IsWord(text[i]) || std::string_view(".%+-").find(text[i]) != std::string_view::npos))
    ++i;
  if (i == at || At(text, i) != '@') return 0;
  size_t label = ++i, dots = 0, letters = 0, end = 0;
  for (; i < text.size() && i - label <= 63; ++i) {
    if (text[i] == '.' && i > label) {
      label = i + 1;
      ++dots;
      letters = 0;
    } else if (IsLetter(text[i]) || IsDigit(text[i]) || (text[i] == '-' && i > label)) {
      letters = IsLetter(text[i]) ? letters + 1 : 0;
      if (dots > 0 && letters >= 2 && letters == i + 1 - label) end = i + 1;
    } else {
      break;
    }
  }
  return end;
}

size_t Card(std::string_view text, size_t at) {
  if (At(text, at) < '2' || At(text, at) > '6') return 0;
  const Digits read = ReadDigits(text, at, " -", 19);
  const size_t n = read.digits.size();
  // Groups of one or two digits are a list of numbers.
  if (n < 13 || n > 19 || std::ranges::min(read.groups) < 3 || IsWord(At(text, read.end))) return 0;
  return Luhn(read.digits) ? read.end : 0;
}

size_t Resident(std::string_view text, size_t at) {
  if (at + 18 > text.size()) return 0;
  const std::string_view id = text.substr(at, 18);
  if (!std::ranges::all_of(id.substr(0, 17), IsDigit) || (!IsDigit(id[17]) && id[17] != 'X' && id[17] != 'x'))
    return 0;
  if (IsWord(At(text, at + 18))) return 0;
  const auto number = [&](size_t from, size_t n) {
    int value = 0;
    for (const char c : id.substr(from, n)) value = value * 10 + (c - '0');
    return value;
  };
  const int year = number(6, 4), month = number(10, 2), day = number(12, 2);
  if (year < 1850 || year > 2100 || month < 1 || month > 12 || day < 1 || day > 31) return 0;
  constexpr int kWeights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (size_t i = 0; i < 17; ++i) sum += (id[i] - '0') * kWeights[i];
  const char check = "10X98765432"[sum % 11];
  return id[17] == check || (check == 'X' && id[17] == 'x') ? at + 18 : 0;
}

size_t Iban(std::string_view text, size_t at) {
  if (!IsUpper(At(text, at)) || !IsUpper(At(text, at + 1)) || !IsDigit(At(text, at + 2)) ||
      !IsDigit(At(text, at + 3)))
    return 0;
  std::string plain;
  size_t end = at;
  for (size_t i = at; i < text.size() && plain.size() <= 34; ++i) {
    if (IsDigit(text[i]) || IsUpper(text[i])) {
      plain += text[i];
      end = i + 1;
    } else if (text[i] != ' ' || plain.size() % 4 != 0) {
      break;
    }
  }
  if (plain.size() < 15 || plain.size() > 34 || IsWord(At(text, end))) return 0;
  std::ranges::rotate(plain, plain.begin() + 4);
  int rest = 0;
  for (const char c : plain)
    rest = IsDigit(c) ? (rest * 10 + (c - '0')) % 97 : (rest * 100 + (c - 'A' + 10)) % 97;
  return rest == 1 ? end : 0;
}

size_t SocialSecurity(std::string_view text, size_t at) {
  const Digits read = ReadDigits(text, at, "-", 9);
  if (read.digits.size() != 9 || read.groups != std::vector<size_t>{3, 2, 4} || IsWord(At(text, read.end)))
    return 0;
  const std::string_view d = read.digits;
  const bool possible = d.substr(0, 3) != "000" && d.substr(0, 3) != "666" && d[0] != '9' &&
                        d.substr(3, 2) != "00" && d.substr(5) != "0000";
  return possible ? read.end : 0;
}

size_t Phone(std::string_view text, size_t at) {
  const bool plus = At(text, at) == '+';
  if (plus) {
    std::string digits;
    size_t end = 0;
    for (size_t i = at + 1; i < text.size() && digits.size() <= 15; ++i) {
      if (IsDigit(text[i])) {
        digits += text[i];
        end = i + 1;
      } else if (std::string_view(" -.()/").find(text[i]) == std::string_view::npos || i > end + 2) {
        break;
      }
    }
    return digits.size() >= 8 && digits.size() <= 15 && !IsWord(At(text, end)) ? end : 0;
  }
  // What goes on from digits before is a part of a longer number.
  if (at >= 2 && (text[at - 1] == ' ' || text[at - 1] == '-') && IsDigit(text[at - 2])) return 0;
  size_t begin = at, inside = 0;
  if (At(text, at) == '(') {
    inside = ReadDigits(text, at + 1, "", 5).digits.size();
    if (inside < 2 || At(text, at + 1 + inside) != ')') return 0;
    begin = at + 2 + inside;
    if (At(text, begin) == ' ') ++begin;
  }
  const Digits read = ReadDigits(text, begin, " -", 12);
  const size_t n = read.digits.size() + inside;
  if (read.digits.empty() || IsWord(At(text, read.end))) return 0;
  const auto& groups = read.groups;
  const bool mobile =
      inside == 0 && groups.size() == 1 && n == 11 && read.digits[0] == '1' && read.digits[1] >= '3';
  if (mobile) return read.end;
  // 2024-01-15 10 is a date and an hour.
  if (groups.size() >= 3 && groups[0] == 4 && groups[1] == 2 && groups[2] == 2) return 0;
  if (groups == std::vector<size_t>{3, 2, 4}) return 0;  // an identity number that is none
  const bool grouped =
      inside > 0 || (groups.size() >= 3 && groups.size() <= 5 && std::ranges::min(groups) >= 2);
  return grouped && n >= 9 && n <= 12 ? read.end : 0;
}

}  // namespace

std::string_view PersonalKindName(PersonalKind kind) { return kNames[static_cast<size_t>(kind)]; }

std::optional<PersonalKind> PersonalKindOf(std::string_view name) {
  const auto* found = std::ranges::find(kNames, name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<PersonalKind>(found - kNames);
}

std::vector<PersonalSpan> FindPersonal(std::string_view text) {
  using Find = size_t (*)(std::string_view, size_t);
  // The stricter ones first: a card's number is grouped as a telephone's may be.
  constexpr std::pair<PersonalKind, Find> kFinds[] = {{PersonalKind::kMail, &Mail},
                                                      {PersonalKind::kIdentity, &Iban},
                                                      {PersonalKind::kIdentity, &Resident},
                                                      {PersonalKind::kCard, &Card},
                                                      {PersonalKind::kIdentity, &SocialSecurity},
                                                      {PersonalKind::kPhone, &Phone},
                                                      {PersonalKind::kName, &NameEndAt}};
  std::vector<PersonalSpan> spans;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    const char before = i == 0 ? ' ' : text[i - 1];
    // Finds begin where a word does; a mail's name may not begin inside of one either.
    const bool begins = (IsWord(c) && !IsWord(before) && before != '.' && before != '-' && before != '+' &&
                         before != '@' && before != '%') ||
                        ((c == '+' || c == '(') && !IsWord(before));
    size_t end = 0;
    // Names alone begin with other letters than ASCII's; bytes below are within a character, or begin signs.
    if (static_cast<unsigned char>(c) >= 0xc3) {
      end = NameEndAt(text, i);
      if (end != 0) spans.push_back({PersonalKind::kName, i, end});
    }
    for (const auto& [kind, find] : kFinds) {
      if (!begins) break;
      end = find(text, i);
      if (end == 0) continue;
      spans.push_back({kind, i, end});
      break;
    }
    i = end > 0 ? end : i + 1;
  }
  return spans;
}

std::string MaskPersonal(std::string_view text, const std::array<bool, kPersonalKinds>& kinds) {
  std::string out;
  size_t at = 0;
  for (const PersonalSpan& span : FindPersonal(text)) {
    if (!kinds[static_cast<size_t>(span.kind)]) continue;
    out += text.substr(at, span.begin - at);
    out += fmt::format("[{}]", PersonalKindName(span.kind));
    at = span.end;
  }
  out += text.substr(at);
  return out;
}

}  // namespace sinter
