#include "platform/serving/ctc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace sinter {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kSymbols = {"", "a", "b", " "};

// The scores of a path: 0.7 for its symbol, 0.1 for each other.
std::vector<float> Path(const std::string& path) {
  std::vector<float> scores;
  for (const char c : path) {
    for (const std::string& symbol : kSymbols)
      scores.push_back((c == '-' ? symbol.empty() : symbol == std::string(1, c)) ? 0.7F : 0.1F);
  }
  return scores;
}

TEST(Ctc, RepeatsAreOneAndBlanksNone) {
  for (const auto& [path, text] :
       {std::pair{"aa-ab-bb", "aabb"}, {"---", ""}, {"a b", "a b"}, {"abba", "aba"}}) {
    const auto decoded = CtcTextOf(Path(path), kSymbols);
    ASSERT_TRUE(decoded) << decoded.error().ToString();
    EXPECT_EQ(decoded->text, text) << path;
    EXPECT_NEAR(decoded->confidence, 0.7, 1e-6);
  }
}

TEST(Ctc, LogitsAndLogarithmsSayTheSame) {
  std::vector<float> logits = Path("a-b");
  for (size_t i = 0; i < logits.size(); ++i) {
    const size_t frame = i / kSymbols.size();
    logits[i] = std::log(logits[i]) + static_cast<float>(frame);  // softmax does not see a shift
  }
  const auto decoded = CtcTextOf(logits, kSymbols);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->text, "ab");
  EXPECT_NEAR(decoded->confidence, 0.7, 1e-6);
  // One frame that is not sure: (0.7 * 0.7 * 0.4) to the third root.
  std::vector<float> unsure = Path("aab");
  unsure[8] = 0.3F;
  unsure[9] = 0.2F;
  unsure[10] = 0.4F;
  EXPECT_NEAR(CtcTextOf(unsure, kSymbols)->confidence, std::cbrt(0.7 * 0.7 * 0.4), 1e-6);
}

TEST(Ctc, WhatIsNoTranscriptionIsSaid) {
  const std::vector<std::string> no_blank = {"a", "b"}, two = {"", "", "a"};
  EXPECT_THAT(CtcTextOf(Path("a"), no_blank).error().message, HasSubstr("one blank"));
  EXPECT_THAT(CtcTextOf(Path("aaa"), two).error().message, HasSubstr("one blank"));
  EXPECT_THAT(CtcTextOf(std::vector<float>(5), kSymbols).error().message, HasSubstr("frame by frame"));
  EXPECT_FALSE(CtcTextOf({}, kSymbols));
  EXPECT_THAT(CtcTextOf(std::vector<float>{0, NAN, 0, 0}, kSymbols).error().message, HasSubstr("no numbers"));
}

}  // namespace
}  // namespace sinter
