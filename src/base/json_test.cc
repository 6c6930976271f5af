#include "base/json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sinter {
namespace {

TEST(ParseJson, Bounds) {
  EXPECT_EQ((*ParseJson("{\"a\":[1]}"))["a"][0], 1);
  EXPECT_NE(ParseJson("{\"a\":1,}").error().message.find("byte"), std::string::npos);
  EXPECT_NE(ParseJson("{\"a\":1,\"a\":2}").error().message.find("twice"), std::string::npos);
  EXPECT_NE(ParseJson(std::string(100, '[')).error().message.find("deeper"), std::string::npos);
  EXPECT_EQ(ParseJson("[1]", {.bytes = 2}).error().code, ErrorCode::kResourceExhausted);
  EXPECT_FALSE(ParseJson(""));
  EXPECT_FALSE(ParseJson("1e999"));
  EXPECT_FALSE(ParseJson("\"\xff\""));
}

TEST(JsonReader, NamesWhatIsWrong) {
  const Json good = {{"name", "a"}, {"n", 3}};
  JsonReader reader(good, "x.json");
  EXPECT_EQ(reader.String("name"), "a");
  EXPECT_EQ(reader.Int("n"), 3);
  EXPECT_EQ(reader.Int("m", 7), 7);
  EXPECT_TRUE(reader.Finish());

  JsonReader unknown(good, "x.json");
  EXPECT_EQ(unknown.String("name"), "a");
  EXPECT_EQ(unknown.Finish().error().ToString(), "x.json: unknown field 'n' (known here: name)");

  JsonReader wrong(good, "x.json");
  wrong.Int("name");
  EXPECT_EQ(wrong.Finish().error().message, "x.json: field 'name' must be a 64-bit integer");
  JsonReader missing(good, "x.json");
  missing.String("z");
  EXPECT_EQ(missing.Finish().error().message, "x.json: field 'z' is missing");
}

}  // namespace
}  // namespace sinter
