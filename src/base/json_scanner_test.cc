// The scanner accepts what the document parser accepts, and gives the same values.
#include "base/json_scanner.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace sinter {
namespace {

Json Build(JsonScanner& s) {
  switch (s.Peek()) {
    case '{': {
      Json object = Json::object();
      std::string key;
      s.EnterObject();
      while (s.NextKey(key)) object[key] = Build(s);
      return object;
    }
    case '[': {
      Json array = Json::array();
      s.EnterArray();
      while (s.NextItem()) array.push_back(Build(s));
      return array;
    }
    case '"': {
      std::string text;
      s.String(text);
      return text;
    }
    case 't':
    case 'f': {
      bool value = false;
      s.Bool(value);
      return value;
    }
    case 'n':
      s.Null();
      return nullptr;
    default: {
      double value = 0;
      s.Number(value);
      return value;
    }
  }
}

TEST(JsonScanner, GivesWhatTheDocumentParserGives) {
  for (const char* text :
       {R"({"a":1,"b":[true,false,null,{"c":-0.5e-3}],"d":"x\"\\\/\b\f\n\r\tyé😀ü","e":{}, "f":[]})",
        " [ 1 , 2.5 , -3e2 , 123456789012345678 , 0 , -0 , 1e-400 ] ", "3", "\"\"", "[[[]]]"}) {
    SCOPED_TRACE(text);
    JsonScanner scanner(text);
    const Json built = Build(scanner);
    ASSERT_TRUE(scanner.AtEnd()) << scanner.status().error().ToString();
    EXPECT_EQ(built, Json::parse(text));
    JsonScanner skipped(text);
    EXPECT_TRUE(skipped.Skip());
    EXPECT_TRUE(skipped.AtEnd());
  }
}

TEST(JsonScanner, RefusesWhatIsNotJson) {
  for (const char* text : {"",
                           "{",
                           "[",
                           "[1",
                           "[1,",
                           "[1,]",
                           "[,1]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "01",
                           "1.",
                           ".5",
                           "-",
                           "1e",
                           "+1",
                           "NaN",
                           "Infinity",
                           "-inf",
                           "tru",
                           "nul",
                           "\"",
                           "\"\\",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "\"\\ud800\\u0041\"",
                           "\"\x01\"",
                           "\"\xff\"",
                           "\"\xc0\xaf\"",
                           "1e999",
                           "[1 2]",
                           "{\"a\" 1}"}) {
    SCOPED_TRACE(text);
    JsonScanner scanner(text);
    EXPECT_FALSE(scanner.Skip());
    ASSERT_FALSE(scanner.ok());
    EXPECT_NE(scanner.status().error().message.find(" (at byte "), std::string::npos);
    EXPECT_FALSE(ParseJson(text));
  }
  JsonScanner trailing("1 2");
  EXPECT_TRUE(trailing.Skip());
  EXPECT_FALSE(trailing.AtEnd());
  const std::string nested = std::string(65, '[') + std::string(65, ']');
  JsonScanner deeper(nested);
  EXPECT_FALSE(deeper.Skip());
}

TEST(JsonScanner, WholeNumbersAreChecked) {
  auto read = [](std::string_view text) {
    JsonScanner s(text);
    int64_t value = 0;
    return s.Int(value) ? std::to_string(value) : s.status().error().message;
  };
  EXPECT_EQ(read("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(read("9223372036854775808"), "a number does not fit 64 bits (at byte 0)");
  EXPECT_EQ(read(" 1.0"), "a whole number is needed (at byte 1)");
  JsonScanner s("18446744073709551615");
  uint64_t value = 0;
  ASSERT_TRUE(s.Unsigned(value));
  EXPECT_EQ(value, UINT64_MAX);
}

}  // namespace
}  // namespace sinter
