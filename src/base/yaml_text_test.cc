#include "base/yaml_text.h"

#include <gtest/gtest.h>

namespace sinter {
namespace {

void ExpectSame(const YamlNode& a, const YamlNode& b) {
  ASSERT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.scalar, b.scalar);
  ASSERT_EQ(a.items.size(), b.items.size());
  for (size_t i = 0; i < a.items.size(); ++i) ExpectSame(a.items[i], b.items[i]);
  ASSERT_EQ(a.fields.size(), b.fields.size());
  for (size_t i = 0; i < a.fields.size(); ++i) {
    ExpectSame(a.fields[i].first, b.fields[i].first);
    ExpectSame(a.fields[i].second, b.fields[i].second);
  }
}

TEST(YamlText, ReadsBackAsItWas) {
  for (const char* text :
       {"a: 1\nb: {c: [1, 2.5e-3, 'x: y'], d: {}}\ne: []\nf: ~\n", "- a\n- [1, [2, 3]]\n- {k: v, l: [m]}\n",
        "model:\n  layers:\n    - flatten\n    - dense: {units: 32, activation: relu}\n", "plain", "'12'",
        "[]", "{}", "", "k: |\n  two\n  lines\n", "k: \"tab\\t quote\\\" \\u00e9 \\x01\"\n",
        "'a b': c # comment\n", "a: '-'\nb: '---'\nc: 'null'\nd: '~'\n", "a: really true\n"}) {
    const auto node = ParseYaml(text);
    ASSERT_TRUE(node) << text << node.error().ToString();
    const std::string written = YamlText(*node);
    const auto again = ParseYaml(written);
    ASSERT_TRUE(again) << text << "\n" << written << again.error().ToString();
    ExpectSame(*node, *again);
    EXPECT_EQ(YamlText(*again), written);
  }
}

TEST(YamlText, NumbersStayNumbersAndTextsTexts) {
  const YamlNode node = *ParseYaml(YamlText(*ParseYaml("{a: +5, b: 1e-8, c: true, d: '12', e: 'true'}")));
  EXPECT_EQ(*YamlInt(*node.Find("a")), 5);
  EXPECT_EQ(*YamlNumber(*node.Find("b")), 1e-8);
  EXPECT_TRUE(*YamlBool(*node.Find("c")));
  EXPECT_FALSE(YamlInt(*node.Find("d")));
  EXPECT_FALSE(YamlBool(*node.Find("e")));
}

}  // namespace
}  // namespace sinter
