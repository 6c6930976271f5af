// Columns of tables that hold the names of people.
#pragma once

#include <cstdint>
#include <string_view>

namespace sinter {

enum class NameHeading : uint8_t {
  kNone,
  kPerhaps,  // "name", "contact", "patient", 名字: things are called so too
  kPerson,   // "first_name", "Surname", "customerName", "contact person", 姓名, 联系人
};
// What a column's heading says. "user_name", "file name", "product name", 产品名称 say nothing of people: a
// user's name is an identifier.
NameHeading NameHeadingOf(std::string_view heading);

// Whether a column holds names. Its heading says so, and three of five values look like names; where it may
// be the heading of things, four of five do, and a quarter of those have a common name besides
// (HasCommonName).
class NameColumn {
 public:
  explicit NameColumn(std::string_view heading) : heading_(NameHeadingOf(heading)) {}
  // Each value that is not missing; gives whether it looks like a name, in a column that may hold some.
  bool Add(std::string_view value);
  bool HoldsNames() const;
  // Once all were added: whether this value is to be taken for a name. Also a Chinese one whose surname is
  // not among the common ones.
  bool IsName(std::string_view value) const;

 private:
  NameHeading heading_;
  int64_t values_ = 0, shaped_ = 0, common_ = 0;
};

}  // namespace sinter
