#include "platform/hub/card.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Card, IsReadAsItWasWritten) {
  const Card card{"fashion",
                  "image-classification",
                  "apache-2.0",
                  "sinter",
                  {"onnx", "no", "with: colon", "12", "- dash", "\"quoted\"", "\xc3\xa9"},
                  {"fashion@1"},
                  {{"accuracy", "0.9123"}, {"loss", "nan"}, {"odd", "1e-3"}},
                  "# Fashion\n\n---\n\nText.\n"};
  const std::string text = CardText(card);
  const auto back = ParseCard(text);
  ASSERT_TRUE(back) << back.error().ToString() << text;
  EXPECT_EQ(*back, card) << text;
  EXPECT_THAT(text, HasSubstr("pipeline_tag: image-classification\n"));
  EXPECT_THAT(text, HasSubstr("          - {type: accuracy, value: 0.9123}\n"));
  EXPECT_EQ(*ParseCard(CardText({})), Card{});
}

TEST(Card, OthersCardsAreReadAsFarAsWeKnowThem) {
  const auto card = ParseCard(
      "---\nlanguage: [en, zh]\nlicense: mit\ndatasets: imdb\ntags:\n- a\n- b\nwidget:\n- text: hi\n"
      "model-index:\n- name: x\n  results:\n  - metrics:\n    - type: f1\n      value: 0.5\n      verified: "
      "true\n"
      "---\nBody");
  ASSERT_TRUE(card) << card.error().ToString();
  EXPECT_EQ(card->license, "mit");
  EXPECT_THAT(card->datasets, ElementsAre("imdb"));
  EXPECT_THAT(card->tags, ElementsAre("a", "b"));
  EXPECT_THAT(card->metrics, ElementsAre(CardMetric{"f1", "0.5"}));
  EXPECT_EQ(card->body, "Body");
  EXPECT_EQ(ParseCard("# Plain\n")->body, "# Plain\n");
  EXPECT_EQ(ParseCard("---\n---\nx")->body, "x");
  EXPECT_EQ(ParseCard("---\n# a comment\n---")->body, "");
}

TEST(Card, BadFrontMatterIsNamedWithItsPlace) {
  auto why = [](std::string_view text) {
    const auto card = ParseCard(text);
    return card ? std::string("accepted") : card.error().message;
  };
  EXPECT_THAT(why("---\nlicense: mit\n"), HasSubstr("not closed"));
  EXPECT_THAT(why("---\nlicense: {a: b}\n---\n"), HasSubstr("line 2, column 10"));
  EXPECT_THAT(why("---\na: b\nmodel-index: x\n---\n"), HasSubstr("line 3"));
  EXPECT_THAT(why("---\n[1]\n---\n"), HasSubstr("fields are expected"));
  EXPECT_THAT(why("---\na: [\n---\n"), HasSubstr("front matter"));
  EXPECT_THAT(why("---\na: \xff\n---\n"), HasSubstr("UTF-8"));
  EXPECT_THAT(why(std::string(kCardLimit + 1, 'x')), HasSubstr("1 MiB"));
}

}  // namespace
}  // namespace sinter
