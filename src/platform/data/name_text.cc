#include "platform/data/name_text.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "base/utf8.h"
#include "platform/data/common_names.h"

namespace sinter {
namespace {

constexpr size_t kHanBytes = 3;  // of one character in UTF-8
constexpr size_t kLongestWord = 40;

struct Char {
  uint32_t code = 0;
  size_t bytes = 0;  // 0: the text ends, or is no UTF-8 there
};
Char CharAt(std::string_view text, size_t at) {
  if (at >= text.size()) return {};
  const size_t bytes = Utf8LengthAt(text, at);
  uint32_t code = static_cast<unsigned char>(text[at]);
  if (bytes > 1) code &= 0x7fu >> bytes;
  for (size_t j = 1; j < bytes; ++j) code = code << 6 | (static_cast<unsigned char>(text[at + j]) & 0x3fu);
  return {code, bytes};
}

bool IsHan(uint32_t c) { return c >= 0x4e00 && c <= 0x9fff; }
// Latin with its extensions, Vietnamese's among them, Greek, Cyrillic.
bool IsLetter(uint32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return (c >= 0xc0 && c <= 0x24f && c != 0xd7 && c != 0xf7) || (c >= 0x386 && c <= 0x3ff) ||
         (c >= 0x400 && c <= 0x52f) || (c >= 0x1e00 && c <= 0x1eff);
}
bool IsCapital(uint32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z';
  if (c <= 0xde) return c >= 0xc0 && c != 0xd7;
  if (c >= 0x139 && c <= 0x148) return c % 2 == 1;
  if (c >= 0x178 && c <= 0x17e) return c == 0x178 || c % 2 == 1;
  if (c >= 0x100 && c <= 0x177) return c % 2 == 0;
  if (c >= 0x1e00 && c <= 0x1eff) return c % 2 == 0;
  return (c >= 0x386 && c <= 0x3a9 && c != 0x390) || (c >= 0x400 && c <= 0x42f);
}
bool IsJoiner(uint32_t c) { return c == '-' || c == '\'' || c == 0x2019; }

bool In(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// What letters and desks are signed and addressed with, and firms are called.
bool IsOfNobody(std::string_view word) {
  return In(LowerAscii(word),
            {"ltd",       "inc",       "llc",        "gmbh",       "corp",       "co",        "ag",
             "plc",       "company",   "group",      "bank",       "university", "hospital",  "school",
             "team",      "teams",     "service",    "services",   "support",    "office",    "hotel",
             "desk",      "sales",     "shop",       "store",      "center",     "centre",    "institute",
             "ministry",  "committee", "department", "customer",   "customers",  "sir",       "sirs",
             "madam",     "madame",    "all",        "friend",     "friends",    "colleague", "colleagues",
             "diary",     "lord",      "god",        "editor",     "manager",    "hiring",    "doctor",
             "professor", "members",   "member",     "students",   "student",    "parents",   "readers",
             "reader",    "guest",     "guests",     "valued",     "user",       "users",     "client",
             "clients",   "applicant", "candidate",  "recruiter",  "mom",        "mum",       "dad",
             "mother",    "father",    "santa",      "everyone",   "ladies",     "gentlemen", "the",
             "your",      "our",       "unknown",    "anonymous",  "none",       "test",      "admin",
             "total",     "partner",   "partners",   "subscriber", "management", "board",     "neighbour",
             "neighbor",  "world"});
}

// A word with a capital: where it ends, and 0 where none begins. An initial ("J.") is one where asked for.
size_t WordEnd(std::string_view text, size_t at, bool initials) {
  Char c = CharAt(text, at);
  if (c.bytes == 0 || !IsCapital(c.code)) return 0;
  size_t end = at + c.bytes, letters = 1;
  for (size_t i = end; i - at < kLongestWord;) {
    c = CharAt(text, i);
    if (c.bytes == 0 || (!IsLetter(c.code) && !IsJoiner(c.code))) break;
    i += c.bytes;
    if (!IsLetter(c.code)) continue;
    end = i;  // not behind a hyphen or an apostrophe
    ++letters;
  }
  if (letters > 1) return end;
  return initials && end < text.size() && text[end] == '.' ? end + 1 : 0;
}

bool IsParticle(std::string_view word) {
  return In(word, {"van", "von", "der", "den", "de",  "da", "di", "del", "della", "dos", "das", "do",
                   "du",  "la",  "le",  "bin", "ibn", "al", "el", "ter", "zu",    "het", "'t"});
}

// "Dr.", "B.Sc.", "J.": a title, a degree, an initial; none that firms have ("S.A.").
bool IsAbbreviation(std::string_view word) {
  if (word.size() < 2 || word.size() > 12 || !word.ends_with('.') || !IsCapital(CharAt(word, 0).code))
    return false;
  std::string letters;
  for (const char c : word) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    if (!plain && c != '.') return false;
    if (c != '.') letters += c;
  }
  return !IsOfNobody(letters) && !In(LowerAscii(letters), {"sa", "sas", "sarl", "spa", "srl", "sl", "as",
                                                           "sro", "bv", "nv", "ev", "kg", "ohg", "ab"});
}

// One to `most` words from `at`, the first and the last of two letters or more, particles and initials
// between them; words of nobody end it. Gives the end, and the first word's.
struct Words {
  size_t end = 0, first_end = 0;
};
Words WordsFrom(std::string_view text, size_t at, int most) {
  Words words;
  size_t i = at;
  for (int n = 0; n < most;) {
    const size_t end = WordEnd(text, i, n > 0);
    if (end != 0) {
      const std::string_view word = text.substr(i, end - i);
      if (IsOfNobody(word)) return {};
      if (n == 0) words.first_end = end;
      if (!word.ends_with('.')) words.end = end;
      ++n;
      i = end;
    } else {
      const size_t blank = n == 0 ? text.npos : text.find(' ', i);
      if (blank == text.npos || !IsParticle(text.substr(i, blank - i))) break;
      i = blank;
    }
    if (i >= text.size() || text[i] != ' ') break;
    ++i;
  }
  return words;
}

size_t BehindTitle(std::string_view text, size_t at) {
  for (const std::string_view title :
       {"Mrs", "Mr", "Ms", "Miss", "Mx", "Dr", "Prof", "Herr", "Frau", "Mme", "Mlle", "Signora", "Signor"}) {
    if (!text.substr(at).starts_with(title)) continue;
    size_t i = at + title.size();
    if (i < text.size() && text[i] == '.') ++i;
    if (i >= text.size() || text[i] != ' ') continue;
    if (const Words words = WordsFrom(text, i + 1, 3); words.end != 0) return words.end;
  }
  return 0;
}

constexpr size_t kBack = 48;  // bytes before a name that are looked at

// The text before `at`, in small letters.
std::string Before(std::string_view text, size_t at) {
  return LowerAscii(text.substr(at > kBack ? at - kBack : 0, std::min(at, kBack)));
}
bool EndsWithWords(std::string_view text, std::string_view words) {
  if (!text.ends_with(words)) return false;
  if (text.size() == words.size()) return true;
  const auto c = static_cast<unsigned char>(text[text.size() - words.size() - 1]);
  return !(c >= 'a' && c <= 'z') && c != '_' && c != '-' && (c < 0x80 || c == 0xbf);
}
template <size_t N>
bool EndsWithAny(std::string_view text, const std::string_view (&cues)[N]) {
  return std::ranges::any_of(cues, [&](std::string_view cue) { return EndsWithWords(text, cue); });
}
std::string_view WithoutBlanks(std::string_view text, std::string_view blanks) {
  const size_t last = text.find_last_not_of(blanks);
  return last == text.npos ? std::string_view() : text.substr(0, last + 1);
}

constexpr std::string_view kSays[] = {"my name is",    "my name's",    "his name is", "her name is",
                                      "mein name ist", "ich heiße",    "ich heisse",  "je m'appelle",
                                      "me llamo",      "mi nombre es", "mi chiamo"};
constexpr std::string_view kSigns[] = {"signed",     "signed by", "sincerely",
                                       "faithfully", "regards",   "best wishes"};
constexpr std::string_view kFields[] = {"full name",     "first name",    "last name",
                                        "surname",       "patient name",  "contact name",
                                        "customer name", "employee name", "guest name"};
constexpr std::string_view kWeakFields[] = {"name",     "patient", "contact",
                                            "customer", "attn",    "contact person"};

bool EndsLine(std::string_view text, size_t at) {
  if (at < text.size() && text[at] == '.') ++at;
  return at >= text.size() || text[at] == '\n' || text[at] == '\r';
}

// "...my name is ", "Dear ", "Regards,\n", "Full name: "
size_t BehindWords(std::string_view text, size_t at) {
  if (at == 0 || !IsCapital(CharAt(text, at).code)) return 0;
  const std::string before = Before(text, at);
  const std::string_view line = WithoutBlanks(before, " \t");
  const Words words = WordsFrom(text, at, 3);
  if (words.end == 0) return 0;
  if (line.size() < before.size() && (EndsWithAny(line, kSays) || EndsWithWords(line, "dear")))
    return words.end;
  if (line.ends_with("我叫")) return words.end;
  const bool field = line.ends_with(':') || line.ends_with("：");
  if (field) {
    const std::string_view name =
        WithoutBlanks(line.substr(0, line.size() - (line.ends_with(':') ? 1 : 3)), " \t");
    if (EndsWithAny(name, kFields)) return words.end;
    // The field's name stands alone: at the beginning, or behind a sign.
    const size_t sign = name.find_last_of("\n;,|(.");
    const size_t from = sign == name.npos ? 0 : sign + 1;
    const std::string_view alone = name.substr(std::min(name.find_first_not_of(" \t\r", from), name.size()));
    const bool whole = sign != name.npos || before.size() < kBack;  // nothing of it was cut off
    if (whole && std::ranges::find(kWeakFields, alone) != std::end(kWeakFields) &&
        IsCommonGivenName(text.substr(at, words.first_end - at)))
      return words.end;
  }
  std::string_view letter = WithoutBlanks(before, " \t\r\n");
  if (letter.size() == before.size()) return 0;
  if (letter.ends_with(',') || letter.ends_with(':')) letter.remove_suffix(1);
  return EndsWithAny(letter, kSigns) && EndsLine(text, words.end) ? words.end : 0;
}

// ---- Chinese ----

size_t HanRun(std::string_view text, size_t at, size_t most) {
  size_t n = 0;
  while (n < most && IsHan(CharAt(text, at + n * kHanBytes).code)) ++n;
  return n;
}
std::string_view HanAt(std::string_view text, size_t at, size_t index) {
  return text.substr(std::min(text.size(), at + index * kHanBytes), kHanBytes);
}

// Words that begin with what is also a surname.
bool BeginsWord(std::string_view text) {
  constexpr std::string_view kOthers[] = {"马上", "任何", "高级", "高兴", "方便", "金牌", "向来", "常常",
                                          "于是", "万一", "白天", "常见", "严重", "高度", "方法", "余额"};
  return std::ranges::any_of(kOthers, [&](std::string_view word) { return text.starts_with(word); });
}
bool GoesOn(std::string_view character) {
  constexpr std::string_view kFollows[] = {"今", "来", "是", "在", "的", "住", "从", "和",
                                           "现", "也", "已", "男", "女", "与", "及", "请",
                                           "有", "电", "手", "我", "想", "要", "了"};
  return std::ranges::find(kFollows, character) != std::end(kFollows);
}

// A surname and one or two characters. In a longer run of characters the second is left out where it is a
// word that mostly goes on the sentence.
size_t ChineseNameEnd(std::string_view text, size_t at) {
  const size_t surname = ChineseSurnameBytes(text.substr(at));
  if (surname == 0 || BeginsWord(text.substr(at))) return 0;
  const size_t given = HanRun(text, at + surname, 3);
  if (given == 0) return 0;
  if (given <= 2) return at + surname + given * kHanBytes;
  if (GoesOn(HanAt(text, at + surname, 0))) return 0;
  return at + surname + (GoesOn(HanAt(text, at + surname, 1)) ? 1 : 2) * kHanBytes;
}

size_t BehindChineseWords(std::string_view text, size_t at) {
  if (ChineseSurnameBytes(text.substr(at)) == 0) return 0;
  const std::string before = Before(text, at);
  std::string_view cue = WithoutBlanks(before, " \t");
  for (const std::string_view says : {"我叫", "我的名字是", "我的名字叫", "名叫"}) {
    if (cue.ends_with(says)) return ChineseNameEnd(text, at);
  }
  if (cue.ends_with(':'))
    cue.remove_suffix(1);
  else if (cue.ends_with("："))
    cue.remove_suffix(3);
  else
    return 0;
  cue = WithoutBlanks(cue, " \t");
  for (const std::string_view field :
       {"姓名", "联系人", "收件人", "收货人", "寄件人", "患者", "病人", "申请人"}) {
    if (cue.ends_with(field)) return ChineseNameEnd(text, at);
  }
  return 0;
}

// 王小明先生: not inside of a word, so what stands before is no Chinese character, or one of those that
// mostly end a word before a name.
size_t BeforeChineseTitle(std::string_view text, size_t at) {
  const std::string_view rest = text.substr(at);
  const size_t surname = ChineseSurnameBytes(rest);
  if (surname == 0 || BeginsWord(rest)) return 0;
  if (at >= kHanBytes && IsHan(CharAt(text, at - kHanBytes).code)) {
    constexpr std::string_view kBefore[] = {"的", "是", "和", "与", "给", "为", "请", "向", "对", "由",
                                            "叫", "找", "问", "到", "在", "跟", "让", "及", "或", "据",
                                            "致", "了", "位", "系", "见", "谢", "访", "知", "诉", "户",
                                            "人", "者", "长", "主", "东", "师", "工", "好"};
    if (std::ranges::find(kBefore, text.substr(at - kHanBytes, kHanBytes)) == std::end(kBefore)) return 0;
  }
  // These are prepositions more often than surnames.
  if (rest.starts_with("向") || rest.starts_with("于")) return 0;
  for (size_t given = 0; given <= HanRun(text, at + surname, 2); ++given) {
    const std::string_view title = text.substr(at + surname + given * kHanBytes);
    for (const std::string_view one : {"先生", "女士", "小姐", "太太", "夫人"}) {
      if (title.starts_with(one)) return at + surname + given * kHanBytes + one.size();
    }
  }
  return 0;
}

bool LooksChinese(std::string_view value) {
  const size_t surname = ChineseSurnameBytes(value) / kHanBytes;
  if (surname == 0 || BeginsWord(value) || !MayBeChineseName(value)) return false;
  const size_t given = value.size() / kHanBytes - surname;
  return given >= 1 && given <= 2;
}

}  // namespace

bool MayBeChineseName(std::string_view value) {
  const size_t n = HanRun(value, 0, 5);
  if (n < 2 || n > 4 || n * kHanBytes != value.size()) return false;
  constexpr std::string_view kPlaces[] = {"市", "省", "县", "区", "镇", "村", "路", "街", "店",
                                          "厂", "部", "组", "司", "區", "縣", "鎮", "廠"};
  return std::ranges::none_of(kPlaces, [&](std::string_view place) { return value.ends_with(place); });
}

bool LooksLikeName(std::string_view value) {
  if (value.size() > 80) return false;
  if (LooksChinese(value)) return true;
  int words = 0, abbreviations = 0;
  for (size_t i = 0; i < value.size();) {
    if (value[i] == ' ') {
      ++i;
      continue;
    }
    const size_t blank = std::min(value.find(' ', i), value.size());
    std::string_view word = value.substr(i, blank - i);
    i = blank;
    if (word.ends_with(',') && words <= 1) word.remove_suffix(1);  // "Lee, Ann"
    if (IsParticle(word)) continue;
    const bool initial = word.size() == 1 && IsCapital(CharAt(word, 0).code);
    if (initial || IsAbbreviation(word)) {
      if (++abbreviations > 3) return false;
      continue;
    }
    if (IsOfNobody(word) || ++words > 4) return false;
    if (!IsCommonGivenName(word) && WordEnd(word, 0, false) != word.size()) return false;
  }
  return words > 0;
}

bool HasCommonName(std::string_view value) {
  if (LooksChinese(value)) return true;
  for (size_t i = 0; i < value.size();) {
    const size_t end = std::min(value.find_first_of(" ,-", i), value.size());
    if (IsCommonGivenName(value.substr(i, end - i))) return true;
    i = end + 1;
  }
  return false;
}

size_t NameEndAt(std::string_view text, size_t at) {
  if (IsHan(CharAt(text, at).code)) {
    const size_t end = BeforeChineseTitle(text, at);
    return end != 0 ? end : BehindChineseWords(text, at);
  }
  const size_t end = BehindTitle(text, at);
  return end != 0 ? end : BehindWords(text, at);
}

}  // namespace sinter
