#include "platform/data/column_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "platform/data/column_writer.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Type = ColumnRequest::Type;

// "kind dtype", "?" after it where values may be missing, and the classes; or the error.
std::string Guess(const std::vector<std::string>& cells, const ColumnRequest& request = {},
                  bool is_label = false, const DatasetColumn* earlier = nullptr) {
  ColumnGuess guess;
  for (const std::string& cell : cells) guess.Add(cell == "-" ? Cell() : Cell::Text(cell));
  auto column = guess.Column("c", request, is_label, earlier);
  if (!column) return column.error().message;
  std::string text(ColumnKindName(column->kind));
  text += ' ';
  text += DTypeName(column->dtype);
  if (column->missing) text += '?';
  for (const std::string& name : column->classes) text += " " + name;
  return text;
}

TEST(ColumnGuess, FromTheCells) {
  EXPECT_EQ(Guess({"1", "2", "-3"}), "number i64");
  EXPECT_EQ(Guess({"1", "2.5"}), "number f64");
  EXPECT_EQ(Guess({"1", "-"}), "number i64?");
  EXPECT_EQ(Guess({"1.5", "NA", "nan"}), "number f64?");
  EXPECT_EQ(Guess({"NA", "NaN", "null", " ", "x", "x"}), "class u8? x");
  EXPECT_EQ(Guess({"None", "None", "x", "x"}), "class u8 None x");  // a class may be called so
  EXPECT_EQ(Guess({"NA", "x", "y"}), "text u8");  // and a text anything; two values, once each: no classes
  EXPECT_EQ(Guess({"NA", "NA"}), "text u8");
  EXPECT_EQ(Guess({"NA", "1", "2"}, {}, true), "class u8? 1 2");
  EXPECT_EQ(Guess({"NA", "x"}, {Type::kClass, {"x", "NA"}}), "class u8? x NA");
  EXPECT_EQ(Guess({"007", "007", "01", "01"}), "class u8 007 01");
  EXPECT_EQ(Guess({"b", "a", "b", "a", "-"}), "class u8? a b");
  EXPECT_EQ(Guess({"a", "b", "c"}), "text u8");
  EXPECT_EQ(Guess({"a", "b", "-"}), "text u8?");
  EXPECT_EQ(Guess({"-", "-"}), "text u8?");
  EXPECT_EQ(Guess({std::string(65, 'x'), std::string(65, 'x')}), "text u8");
  EXPECT_EQ(Guess({"1", "99999999999999999999"}), "number f64");
}

TEST(ColumnGuess, AsAsked) {
  EXPECT_EQ(Guess({"10", "9", "x"}, {Type::kClass, {}}), "class u8 9 10 x");
  EXPECT_EQ(Guess({"2", "1"}, {}, true), "class u8 1 2");
  EXPECT_EQ(Guess({"2", "1"}, {Type::kF64, {}}), "number f64");
  EXPECT_EQ(Guess({"2", "1"}, {Type::kText, {}}), "text u8");
  EXPECT_EQ(Guess({"b"}, {Type::kClass, {"b", "a"}}), "class u8 b a");
  EXPECT_THAT(Guess({"-"}, {}, true), HasSubstr("no value"));
  std::vector<std::string> many;
  many.reserve(65'537);
  for (int i = 0; i < 300; ++i) many.push_back(std::to_string(i));
  EXPECT_THAT(Guess(many, {}, true), HasSubstr("class u16 0 1 2"));
  for (int i = 300; i < 65'537; ++i) many.push_back(std::to_string(i));
  EXPECT_THAT(Guess(many, {}, true), HasSubstr("more than 65,536"));
}

// Growth: what was learnt from the earlier rows still means the same.
TEST(ColumnGuess, StaysWhatItWas) {
  const DatasetColumn colours{"c", ColumnKind::kClass, DType::kU8, {}, {"red", "blue"}};
  EXPECT_EQ(Guess({"blue", "azure", "red"}, {}, false, &colours), "class u8 red blue azure");
  const DatasetColumn named{"c", ColumnKind::kClass, DType::kU8, {}, {"NA", "red"}};
  EXPECT_EQ(Guess({"NA", "red"}, {}, false, &named), "class u8? NA red");
  const DatasetColumn number{"c", ColumnKind::kNumber, DType::kF64};
  EXPECT_EQ(Guess({"1", "2"}, {}, false, &number), "number f64");
  const DatasetColumn text{"c", ColumnKind::kText, DType::kU8};
  EXPECT_EQ(Guess({"1", "1"}, {}, false, &text), "text u8");
}

TEST(ColumnRequest, Texts) {
  EXPECT_EQ(ParseColumnRequest("f64")->type, Type::kF64);
  EXPECT_THAT(ParseColumnRequest("class:b|a")->classes, ElementsAre("b", "a"));
  for (const char* text : {"", "float", "class:", "class:a|a", "class:a||b", "text:a"})
    EXPECT_FALSE(ParseColumnRequest(text)) << text;
}

TEST(CellConverter, SaysWhatDoesNotFit) {
  const auto convert = [](const DatasetColumn& column, const Cell& cell) {
    CellConverter converter(column);
    const auto value = converter.Convert(cell);
    if (!value) return value.error().message;
    return value->missing ? std::string("missing")
                          : fmt::format("{} {} {}", value->whole, value->number, value->text);
  };
  const DatasetColumn i64{"c", ColumnKind::kNumber, DType::kI64}, f64{"c", ColumnKind::kNumber, DType::kF64},
      colour{"c", ColumnKind::kClass, DType::kU8, {}, {"red", "2"}}, text{"c", ColumnKind::kText, DType::kU8};
  EXPECT_EQ(convert(i64, Cell::Text("3.0")), "3 0 ");
  EXPECT_EQ(convert(i64, Cell::Text("3.5")), "'3.5' is no whole number of 64 bits");
  EXPECT_EQ(convert(i64, Cell::Number(1e19)), "'1e+19' is no whole number of 64 bits");
  EXPECT_EQ(convert(i64, Cell::Text("NA")), "missing");
  EXPECT_EQ(convert(f64, Cell::Text("x")), "'x' is no number");
  EXPECT_EQ(convert(f64, Cell::Whole(2)), "0 2 ");
  EXPECT_EQ(convert(colour, Cell::Number(2)), "1 0 2");
  EXPECT_EQ(convert(colour, Cell::Text("NA")), "missing");
  EXPECT_EQ(convert(colour, Cell::Text("")), "missing");
  EXPECT_EQ(convert(colour, Cell::Text("None")), "'None' is none of the 2 classes");
  const DatasetColumn named{"c", ColumnKind::kClass, DType::kU8, {}, {"red", "NA"}};
  EXPECT_EQ(convert(named, Cell::Text("NA")), "1 0 NA");
  EXPECT_EQ(convert(text, Cell::Text("NA")), "0 0 NA");
  EXPECT_EQ(convert(text, Cell()), "missing");
}

}  // namespace
}  // namespace sinter
