#include "platform/data/cell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace sinter {
namespace {

TEST(Cell, NumbersAsTheyAreWritten) {
  EXPECT_EQ(ParseCellNumber(" 1.50 "), 1.5);
  EXPECT_EQ(ParseCellNumber("-.5"), -0.5);
  EXPECT_EQ(ParseCellNumber("5."), 5);
  EXPECT_EQ(ParseCellNumber("1.097e-03"), 0.001097);
  EXPECT_EQ(ParseCellNumber("0"), 0);
  for (const char* text :
       {"", " ", "007", "00", "+1", "1,5", "1e", ".", "-", "nan", "inf", "0x1", "1 2", "1e999"})
    EXPECT_EQ(ParseCellNumber(text), std::nullopt) << text;
  EXPECT_EQ(ParseCellWhole("-9223372036854775808"), std::numeric_limits<int64_t>::min());
  for (const char* text : {"9223372036854775808", "1.0", "01", "", "-", "1e3"})
    EXPECT_EQ(ParseCellWhole(text), std::nullopt) << text;
}

TEST(Cell, TextIsTheShortest) {
  EXPECT_EQ(CellText(Cell::Number(0.1)), "0.1");
  EXPECT_EQ(CellText(Cell::Number(3)), "3");
  EXPECT_EQ(CellText(Cell::Number(-0.0)), "0");
  EXPECT_EQ(CellText(Cell::Number(1e300)), "1e+300");
  EXPECT_EQ(CellText(Cell::Whole(-7)), "-7");
  EXPECT_EQ(CellText({}), "");
}

Sha256Digest Hash(RowHasher& hasher, const std::vector<Cell>& cells) {
  hasher.Begin();
  for (size_t i = 0; i < cells.size(); ++i) hasher.Add(i, cells[i]);
  return hasher.Finish();
}

TEST(RowHasher, TypeAndOrderDoNotMatter) {
  RowHasher ab({"a", "b"}), ba({"b", "a"});
  const auto one = Hash(ab, {Cell::Text("1.50"), Cell::Text("NA")});
  EXPECT_EQ(one, Hash(ab, {Cell::Number(1.5), Cell()}));
  EXPECT_EQ(one, Hash(ba, {Cell::Text(""), Cell::Text(" 1.5")}));
  EXPECT_EQ(Hash(ab, {Cell::Whole(2), Cell()}), Hash(ab, {Cell::Number(2), Cell::Text("null")}));
  EXPECT_NE(one, Hash(ba, {Cell::Text("1.50"), Cell::Text("NA")}));
}

TEST(RowHasher, DifferentRowsDiffer) {
  RowHasher ab({"a", "b"});
  EXPECT_NE(Hash(ab, {Cell::Text("x"), Cell::Text("yz")}), Hash(ab, {Cell::Text("xy"), Cell::Text("z")}));
  EXPECT_NE(Hash(ab, {Cell::Text("007"), Cell()}), Hash(ab, {Cell::Text("7"), Cell()}));
  EXPECT_NE(Hash(ab, {Cell::Whole(1152921504606846977), Cell()}),
            Hash(ab, {Cell::Whole(1152921504606846976), Cell()}));
  EXPECT_NE(Hash(ab, {Cell::Whole(0), Cell()}), Hash(ab, {Cell(), Cell()}));
}

TEST(RowHasher, SharesAreUniform) {
  RowHasher hasher({"n"});
  int below = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double share = HashShare(Hash(hasher, {Cell::Whole(i)}));
    ASSERT_TRUE(share >= 0 && share < 1);
    below += share < 0.2;
  }
  EXPECT_NEAR(below, 2000, 200);  // five deviations of a binomial
}

}  // namespace
}  // namespace sinter
