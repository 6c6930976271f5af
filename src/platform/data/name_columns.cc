#include "platform/data/name_columns.h"

#include <algorithm>
#include <string>
#include <vector>

#include "platform/data/name_text.h"

namespace sinter {
namespace {

using Tokens = std::vector<std::string>;

bool In(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// "customerFirst_name" is customer, first, name.
Tokens TokensOf(std::string_view heading) {
  Tokens tokens;
  bool open = false, was_small = false;
  for (const char c : heading) {
    const bool capital = c >= 'A' && c <= 'Z', small = c >= 'a' && c <= 'z';
    const bool digit = c >= '0' && c <= '9', other = static_cast<unsigned char>(c) >= 0x80;
    if (!capital && !small && !digit && !other) {
      open = was_small = false;
      continue;
    }
    if (!open || (capital && was_small)) tokens.emplace_back();
    tokens.back() += capital ? static_cast<char>(c - 'A' + 'a') : c;
    open = true;
    was_small = small;
  }
  std::erase(tokens, "s");  // of "customer's"
  return tokens;
}

bool IsPerson(std::string_view word) {
  return In(
      word,
      {"customer",   "client",      "patient",    "contact",   "employee",  "person",  "student",   "pupil",
       "teacher",    "guest",       "passenger",  "applicant", "candidate", "member",  "owner",     "driver",
       "doctor",     "physician",   "nurse",      "tenant",    "buyer",     "seller",  "recipient", "sender",
       "cardholder", "beneficiary", "subscriber", "author",    "manager",   "spouse",  "father",    "mother",
       "child",      "parent",      "guardian",   "kin",       "resident",  "visitor", "caller",    "worker",
       "respondent", "participant", "donor",      "holder",    "insured"});
}
bool IsPrefix(std::string_view word) {
  return IsPerson(word) || In(word, {"billing", "shipping", "delivery", "emergency", "primary", "secondary",
                                     "the", "new", "old", "next", "of"});
}

NameHeading OfTokens(const Tokens& tokens) {
  const size_t n = tokens.size();
  if (n == 0) return NameHeading::kNone;
  const std::string& last = tokens.back();
  const bool name = last == "name" || last == "names";
  size_t tail = 0;  // tokens that say it
  if (In(last, {"firstname",  "lastname",   "fullname", "surname",   "forename", "givenname", "familyname",
                "middlename", "maidenname", "fname",    "lname",     "vorname",  "nachname",  "familienname",
                "prenom",     "prénom",     "apellido", "apellidos", "cognome",  "voornaam",  "achternaam"}))
    tail = 1;
  else if (n >= 2 && name &&
           (IsPerson(tokens[n - 2]) ||
            In(tokens[n - 2], {"first", "last", "full", "given", "family", "middle", "maiden", "christian"})))
    tail = 2;
  else if (n >= 2 && last == "person" && tokens[n - 2] == "contact")
    tail = 2;
  else if (n == 3 && tokens[0] == "name" && tokens[1] == "of" && IsPerson(last))
    tail = 3;
  if (tail > 0)
    return std::all_of(tokens.begin(), tokens.end() - static_cast<std::ptrdiff_t>(tail), IsPrefix)
               ? NameHeading::kPerson
               : NameHeading::kNone;
  const bool perhaps =
      n == 1 && (name || IsPerson(last) || In(last, {"contacts", "nom", "nombre", "nome", "naam"}));
  return perhaps ? NameHeading::kPerhaps : NameHeading::kNone;
}

}  // namespace

NameHeading NameHeadingOf(std::string_view heading) {
  if (heading.size() > 200) return NameHeading::kNone;
  const size_t end = heading.find_last_not_of(" \t_");
  const std::string_view plain = end == heading.npos ? heading : heading.substr(0, end + 1);
  for (const std::string_view said : {"姓名", "联系人", "收件人", "收货人", "寄件人", "持卡人", "投保人",
                                      "被保险人", "申请人", "法定代表人"}) {
    if (plain.ends_with(said)) return NameHeading::kPerson;
  }
  if (In(plain, {"名字", "患者", "病人", "客户", "员工", "学生", "教师"})) return NameHeading::kPerhaps;
  return OfTokens(TokensOf(heading));
}

bool NameColumn::Add(std::string_view value) {
  if (heading_ == NameHeading::kNone) return false;
  ++values_;
  if (!LooksLikeName(value)) return false;
  ++shaped_;
  common_ += HasCommonName(value);
  return true;
}

bool NameColumn::HoldsNames() const {
  if (shaped_ == 0) return false;
  if (heading_ == NameHeading::kPerson) return shaped_ * 5 >= values_ * 3;
  return shaped_ * 5 >= values_ * 4 && common_ * 4 >= shaped_;
}

bool NameColumn::IsName(std::string_view value) const {
  return HoldsNames() && (LooksLikeName(value) || MayBeChineseName(value));
}

}  // namespace sinter
