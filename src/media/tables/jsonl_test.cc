#include "media/tables/jsonl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/tables/idx.h"
#include "media/tables/testing.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

std::string Read(std::string_view text, bool flatten = false, size_t piece = SIZE_MAX) {
  auto fields = ScanJsonLines(TextSource(text, piece), {flatten});
  if (!fields) return fields.error().ToString();
  const std::string names = FieldsText(*fields);
  auto reader = OpenJsonLines(TextSource(text, piece), *std::move(fields), {flatten});
  if (!reader) return reader.error().ToString();
  auto rows = TableText(**reader);
  return rows ? names + " | " + *rows : rows.error().ToString();
}

TEST(JsonLines, TypesFollowFromAllRows) {
  const std::string_view text =
      "\xEF\xBB\xBF{\"i\":1,\"f\":1,\"t\":\"a\",\"b\":true,\"m\":1}\r\n"
      "\n"
      "{\"f\":2.5,\"i\":null,\"m\":\"x\",\"late\":null}\n"
      "{\"b\":false,\"t\":\"\\u00e9\\n\",\"m\":false,\"i\":-7}";
  const std::string expected =
      "i:i64 f:f64 t:text b:bool m:text late:text | [1][1.000000][a][1][1][-]\n"
      "[-][2.500000][-][-][x][-]\n[-7][-][é\n][0][false][-]\n";
  EXPECT_EQ(Read(text), expected);
  EXPECT_EQ(Read(text, false, 1), expected);
  const auto packed = Gzip(std::as_bytes(std::span(text)));
  EXPECT_EQ(Read({reinterpret_cast<const char*>(packed.data()), packed.size()}), expected);
}

TEST(JsonLines, WholeNumbersBeyond64BitsAreNumbers) {
  EXPECT_EQ(Read("{\"a\":1}\n{\"a\":9223372036854775808}\n"),
            "a:f64 | [1.000000]\n[9223372036854775808.000000]\n");
}

TEST(JsonLines, NestedIsRefusedOrFlattened) {
  const std::string_view text = "{\"a\":{\"b\":1,\"c\":{\"d\":\"x\"}},\"l\":[1,2.5]}\n{\"a\":{\"b\":2}}\n";
  EXPECT_THAT(Read(text), HasSubstr("line 1: column 'a' holds an object"));
  EXPECT_THAT(Read("{\"l\":[]}"), HasSubstr("line 1: column 'l' holds a list"));
  EXPECT_EQ(Read(text, true), "a.b:i64 a.c.d:text l.0:i64 l.1:f64 | [1][x][1][2.500000]\n[2][-][-][-]\n");
  EXPECT_THAT(Read("{\"a.b\":1,\"a\":{\"b\":2}}", true), HasSubstr("'a.b' stands twice"));
}

TEST(JsonLines, ErrorsNameTheLine) {
  EXPECT_THAT(Read("{\"a\":1}\n\n[1]\n"), HasSubstr("line 3: a row must be an object"));
  EXPECT_THAT(Read("{\"a\":1}\n{\"a\":}\n"), HasSubstr("line 2: a number is needed (at byte 5)"));
  EXPECT_THAT(Read("{\"a\":1} {\"a\":2}\n"), HasSubstr("line 1: something follows the object"));
  EXPECT_THAT(Read("{\"a\":1,\"a\":2}\n"), HasSubstr("line 1: the column 'a' stands twice"));
  EXPECT_THAT(Read("{\"\":1}\n"), HasSubstr("line 1: a column's name is empty"));
  EXPECT_THAT(Read("{\"a\":\"\xff\"}\n"), HasSubstr("line 1: a string is no UTF-8"));
  EXPECT_THAT(Read("{}\n"), HasSubstr("no rows"));
  EXPECT_THAT(Read(""), HasSubstr("no rows"));
}

// A file may change between the two passes: what the first did not see is refused, not guessed.
TEST(JsonLines, RowsThatTheScanDidNotSeeAreRefused) {
  auto read = [](std::string_view text, std::vector<TableField> fields) {
    auto reader = OpenJsonLines(TextSource(text), std::move(fields));
    if (!reader) return reader.error().message;
    auto rows = TableText(**reader);
    return rows ? *rows : rows.error().message;
  };
  EXPECT_EQ(read("{\"b\":1}", {{"a", CellType::kI64}}), "line 1: the column 'b' is new here");
  EXPECT_EQ(read("{\"a\":1.5}", {{"a", CellType::kI64}}), "line 1: column 'a' is i64, and here is 1.5");
  EXPECT_EQ(read("{\"a\":\"x\"}", {{"a", CellType::kBool}}), "line 1: column 'a' is bool, and here is x");
  EXPECT_EQ(read("{\"a\":true}", {{"a", CellType::kF64}}), "line 1: column 'a' is f64, and here is true");
  EXPECT_EQ(read("{\"a\":1}", {}), "a table without columns");
}

TEST(JsonLines, BoundsHold) {
  EXPECT_THAT(Read("{\"a\":\"" + std::string(kRowBytes, 'x') + "\"}"), HasSubstr("line 1: more than"));
  EXPECT_THAT(Read("{\"a\":\"" + std::string(kCellBytes + 1, 'x') + "\"}"), HasSubstr("a text of more than"));
  std::string wide = "{\"a\":[0";
  for (size_t i = 0; i < kTableFields; ++i) wide += ",0";
  EXPECT_THAT(Read(wide + "]}", true), HasSubstr("more than 4096 columns"));
}

}  // namespace
}  // namespace sinter
