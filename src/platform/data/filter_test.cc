#include "platform/data/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace sinter {
namespace {

using ::testing::HasSubstr;

const std::vector<DatasetColumn>& Columns() {
  static const std::vector<DatasetColumn> columns = {
      {"age", ColumnKind::kNumber, DType::kI64},
      {"size (cm)", ColumnKind::kNumber, DType::kF64},
      {"colour", ColumnKind::kClass, DType::kU8, {}, {"red", "2"}},
      {"note", ColumnKind::kText, DType::kU8},
      {"picture", ColumnKind::kPicture, DType::kU8, {2, 2}}};
  return columns;
}

// Whether it holds of age 30, size missing, colour "2", note "it's here", split "train"; or the error.
std::string Holds(std::string_view text) {
  const auto filter = Filter::Parse(text);
  if (!filter) return filter.error().message;
  const auto again = Filter::Parse(filter->ToString());
  if (!again || again->ToString() != filter->ToString())
    return "does not print what it parses: " + filter->ToString();
  const auto predicate = filter->Bind(Columns());
  if (!predicate) return predicate.error().message;
  const std::vector<Cell> cells = {Cell::Whole(30),     Cell(),
                                   Cell::Text("2"),     Cell::Text("it's here"),
                                   Cell::Bytes("abcd"), Cell::Text("train")};
  const auto row = [&](size_t c) { return cells[c]; };
  const bool holds = (*predicate)(row);
  if ((*again->Bind(Columns()))(row) != holds) return "means another thing when it is printed";
  return holds ? "yes" : "no";
}

TEST(Filter, Comparisons) {
  const std::map<std::string, std::string> cases = {{"age == 30", "yes"},
                                                    {"age!=30", "no"},
                                                    {"age >= 30.0", "yes"},
                                                    {"age < 3e1", "no"},
                                                    {"age in (1, 30)", "yes"},
                                                    {"colour == '2'", "yes"},
                                                    {"colour == 2", "yes"},
                                                    {"colour == 2.0", "no"},
                                                    {"colour in ('red', 'x')", "no"},
                                                    {"note contains 'it''s'", "yes"},
                                                    {"note == \"it's here\"", "yes"},
                                                    {"split == 'train'", "yes"},
                                                    {"`size (cm)` is missing", "yes"},
                                                    {"`size (cm)` is not missing", "no"},
                                                    {"`size (cm)` < 5", "no"},
                                                    {"`size (cm)` != 5", "no"},
                                                    {"picture is missing", "no"}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(Holds(text), expected) << text;
}

TEST(Filter, NotBindsBeforeAndAndBeforeOr) {
  EXPECT_EQ(Holds("age == 1 and age == 1 or age == 30"), "yes");
  EXPECT_EQ(Holds("age == 1 and (age == 1 or age == 30)"), "no");
  EXPECT_EQ(Holds("not age == 1 and age == 1"), "no");
  EXPECT_EQ(Holds("not (age == 1 and age == 1)"), "yes");
  EXPECT_EQ(Holds("not not age == 30"), "yes");
  EXPECT_EQ(Filter::Parse("((a==1)) and (b==2 or c==3)")->ToString(), "a == 1 and (b == 2 or c == 3)");
}

TEST(Filter, ErrorsSayWhere) {
  EXPECT_THAT(Holds(""), HasSubstr("character 1: a column's name"));
  EXPECT_THAT(Holds("age"), HasSubstr("character 4: a comparison"));
  EXPECT_THAT(Holds("age = 3"), HasSubstr("a comparison"));
  EXPECT_THAT(Holds("age == red"), HasSubstr("character 8: a number, or a text in quotes"));
  EXPECT_THAT(Holds("age == 3 age"), HasSubstr("character 10: 'and', 'or' or the end"));
  EXPECT_THAT(Holds("(age == 3"), HasSubstr("')' is needed"));
  EXPECT_THAT(Holds("age in 3"), HasSubstr("'(' is needed"));
  EXPECT_THAT(Holds("note == 'x"), HasSubstr("never closed"));
  EXPECT_THAT(Holds("age is 3"), HasSubstr("'missing' is needed"));
  EXPECT_THAT(Holds("and == 3"), HasSubstr("a column's name"));
  EXPECT_THAT(Holds(std::string(70, '(') + "age == 1" + std::string(70, ')')), HasSubstr("deeper than 64"));
  EXPECT_THAT(Holds(std::string(70'000, ' ')), HasSubstr("64 KB"));
  EXPECT_THAT(Holds("a == '\xff'"), HasSubstr("no UTF-8"));
  EXPECT_THAT(Holds("weight == 1"), HasSubstr("no column 'weight'"));
  EXPECT_THAT(Holds("age == 'x'"), HasSubstr("'x' is a text"));
  EXPECT_THAT(Holds("age contains 'x'"), HasSubstr("contain no text"));
  EXPECT_THAT(Holds("note < 3"), HasSubstr("< is for numbers"));
  EXPECT_THAT(Holds("picture == 'x'"), HasSubstr("not compared"));
}

}  // namespace
}  // namespace sinter
