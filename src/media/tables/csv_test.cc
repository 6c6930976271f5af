#include "media/tables/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/tables/idx.h"
#include "media/tables/testing.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

// "fields | rows", or the error.
std::string Read(std::string_view text, const CsvOptions& options = {}, size_t piece = SIZE_MAX) {
  auto reader = OpenCsv(TextSource(text, piece), options);
  if (!reader) return reader.error().ToString();
  std::string names;
  for (const TableField& field : (*reader)->fields()) names += (names.empty() ? "" : " ") + field.name;
  auto rows = TableText(**reader);
  return rows ? names + " | " + *rows : rows.error().ToString();
}

TEST(Csv, QuotesLineEndsAndMissingCells) {
  const std::string_view text =
      "name,note,n\r\n"
      "a,\"says \"\"hi\"\", twice\",1\r\n"
      "\r\n"
      "b,\"two\r\nlines\",\n"
      "c,\"\",3\r"
      "5\" pipe,,4";
  const std::string expected =
      "name note n | [a][says \"hi\", twice][1]\n[b][two\r\nlines][-]\n[c][][3]\n[5\" pipe][-][4]\n";
  EXPECT_EQ(Read(text), expected);
  for (const size_t piece : {1, 2, 3, 7}) EXPECT_EQ(Read(text, {}, piece), expected) << piece;
}

TEST(Csv, GzipAndByteOrderMark) {
  const std::string text = "\xEF\xBB\xBFx,y\n1,2\n";
  EXPECT_EQ(Read(text), "x y | [1][2]\n");
  const auto packed = Gzip(std::as_bytes(std::span(text)));
  EXPECT_EQ(Read({reinterpret_cast<const char*>(packed.data()), packed.size()}, {}, 1), "x y | [1][2]\n");
}

TEST(Csv, FindsTheDelimiter) {
  EXPECT_EQ(Read("a;b;c\n1,5;2;3\n"), "a b c | [1,5][2][3]\n");
  EXPECT_EQ(Read("a\tb\n1\t2\n"), "a b | [1][2]\n");
  EXPECT_EQ(Read("a|b\n1|2\n"), "a b | [1][2]\n");
  EXPECT_EQ(Read("\"a;b;c;d\",e\n1,2\n"), "a;b;c;d e | [1][2]\n");
  EXPECT_EQ(Read("one\n1\n"), "one | [1]\n");
  EXPECT_EQ(Read("a;b,c\n1;2,3\n", {.delimiter = ';'}), "a b,c | [1][2,3]\n");
  EXPECT_THAT(Read("a\n", {.delimiter = '"'}), HasSubstr("no quote"));
}

TEST(Csv, FindsTheHeader) {
  EXPECT_EQ(Read("1,2\n3,4\n"), "c1 c2 | [1][2]\n[3][4]\n");
  EXPECT_EQ(Read("a,a\nb,c\n"), "c1 c2 | [a][a]\n[b][c]\n");
  EXPECT_EQ(Read("a,\nb,c\n"), "c1 c2 | [a][-]\n[b][c]\n");
  EXPECT_EQ(Read("a,b\nc,d\n", {.header = false}), "c1 c2 | [a][b]\n[c][d]\n");
  EXPECT_EQ(Read("1,2\n3,4\n", {.header = true}), "1 2 | [3][4]\n");
  EXPECT_EQ(Read("a,b\n"), "a b | ");
  EXPECT_EQ(Read("a,a\n", {.header = true}), "line 1: the column 'a' stands twice");
}

TEST(Csv, ErrorsNameLineAndColumn) {
  EXPECT_THAT(Read("a,b\n1,2,3\n"), HasSubstr("line 2, column 5: more than 2 cells"));
  EXPECT_THAT(Read("a,b\n1,2\n\n3\n"), HasSubstr("line 4, column 1: a row of 1 cells, the table has 2"));
  EXPECT_THAT(Read("a,b\n\"x\ny\",1\n2,\"q\"z\n"), HasSubstr("line 4, column 6: text after a closing quote"));
  EXPECT_THAT(Read("a,b\n1,\"never\n\n\n"), HasSubstr("line 2, column 3: a quote that is never closed"));
  EXPECT_THAT(Read("a,b\n1,\xff\n"), HasSubstr("line 2, column 3: the cell is no UTF-8"));
  EXPECT_THAT(Read(std::string_view("a,b\n1,\0\n", 8)), HasSubstr("line 2, column 3"));
  EXPECT_THAT(Read(""), HasSubstr("no rows"));
  EXPECT_THAT(Read("\n\r\n"), HasSubstr("no rows"));
  EXPECT_THAT(Read("\xff\xfe"
                   "a"),
              HasSubstr("UTF-16"));
}

TEST(Csv, BoundsHold) {
  const std::string large(kCellBytes + 1, 'x');
  EXPECT_THAT(Read("a,b\n1," + large + "\n"), HasSubstr("a cell of more than"));
  EXPECT_THAT(Read("a,b\n1,\"" + large), HasSubstr("a cell of more than"));
  std::string wide = "a";
  for (size_t i = 0; i < kTableFields; ++i) wide += ",";
  EXPECT_THAT(Read(wide), HasSubstr("more than 4096 columns"));
  std::string row = "a,b,c,d,e\n";
  for (int i = 0; i < 5; ++i) row += (i == 0 ? "" : ",") + std::string(kCellBytes - 1, 'y');
  EXPECT_THAT(Read(row), HasSubstr("a row of more than"));
}

}  // namespace
}  // namespace sinter
