#include "base/yaml.h"

#include <gtest/gtest.h>

namespace sinter {
namespace {

TEST(Yaml, KeepsPositionsAndOrder) {
  auto node = ParseYaml("name: a\nlist:\n  - 1\n  - {b: 2.5, c: true}\nnone:\n");
  ASSERT_TRUE(node) << node.error().ToString();
  ASSERT_EQ(node->fields.size(), 3u);
  const YamlNode& list = *node->Find("list");
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_EQ(list.items[0].line, 3);
  EXPECT_EQ(list.items[0].column, 5);
  EXPECT_EQ(*YamlInt(list.items[0]), 1);
  EXPECT_EQ(*YamlNumber(*list.items[1].Find("b")), 2.5);
  EXPECT_TRUE(*YamlBool(*list.items[1].Find("c")));
  EXPECT_EQ(node->Find("none")->kind, YamlNode::Kind::kNull);
  EXPECT_EQ(YamlInt(*node->Find("name")).error().message,
            "line 1, column 7: a whole number is expected, not 'a'");
  EXPECT_EQ(YamlInt(list).error().message, "line 3, column 3: a whole number is expected, not a list");
}

TEST(Yaml, RefusesWithLineAndColumn) {
  auto message = [](std::string_view text) {
    auto node = ParseYaml(text);
    return node ? std::string("read") : node.error().message;
  };
  EXPECT_EQ(message("a: 1\na: 2\n"), "line 2, column 1: 'a' stands here twice");
  EXPECT_EQ(message("a: &x 1\nb: *x\n"), "line 1, column 4: anchors are not offered: write the value out");
  EXPECT_EQ(message("a: [1, 2\n").substr(0, 7), "line 2,");
  EXPECT_EQ(message("? [1]\n: 2\n"), "line 1, column 3: a key must be a plain word");
  EXPECT_EQ(message("a: 1\n---\nb: 2\n"), "a second document begins; one is expected");
  EXPECT_NE(message(std::string(100, '[')).find("nested deeper than 32"), std::string::npos);
  EXPECT_NE(message(std::string(2 << 20, ' ')).find("more than"), std::string::npos);
  EXPECT_EQ(message("a: 好\nb: é\x8f"), "line 2, column 5: a byte that is no UTF-8");
  EXPECT_EQ(message(""), "read");
  EXPECT_FALSE(YamlInt(*ParseYaml("a: \"12\"")->Find("a"))) << "quoted, a number is text";
  EXPECT_FALSE(YamlInt(*ParseYaml("a: 99999999999999999999")->Find("a")));
}

}  // namespace
}  // namespace sinter
