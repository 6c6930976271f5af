#include "platform/labels/prelabeller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include <nlohmann/json.hpp>

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

const LabelRules kBoxRules{LabelTask::kBoxes, {"cat", "dog"}};

Detection Box(std::string label, double x, double y, double width, double height, double score) {
  return {{std::move(label), x, y, width, height}, score};
}

TEST(PrelabelBoxes, TheSurestOfWhatIsTheSameStands) {
  const Prelabel said = PrelabelBoxes({Box("cat", 0.1, 0.1, 0.4, 0.4, 0.7),    // seen again below
                                       Box("cat", 0.12, 0.1, 0.4, 0.4, 0.9),   //
                                       Box("dog", 0.12, 0.1, 0.4, 0.4, 0.8),   // another class
                                       Box("cat", 0.6, 0.6, 0.3, 0.3, 0.3),    // too unsure to stand
                                       Box("cow", 0.1, 0.7, 0.2, 0.2, 0.99)},  // no class of the labelling
                                      kBoxRules, 0.5);
  EXPECT_THAT(said.value.boxes,
              ElementsAre(LabelBox{"cat", 0.12, 0.1, 0.4, 0.4}, LabelBox{"dog", 0.12, 0.1, 0.4, 0.4}));
  // The least sure question is whether the box of 0.3 is there.
  EXPECT_NEAR(said.confidence, 0.7, 1e-12);
  EXPECT_NEAR(said.margin, 0.4, 1e-12);
  EXPECT_EQ(PrelabelBoxes({Box("cat", 0.6, 0.6, 0.3, 0.3, 0.3)}, kBoxRules, 0.25).value.boxes.size(), 1u);
}

TEST(PrelabelBoxes, AreWithinThePictureAndBounded) {
  const Prelabel cut = PrelabelBoxes({Box("cat", -0.2, 0.5, 0.5, 0.9, 0.9)}, kBoxRules, 0.5);
  ASSERT_EQ(cut.value.boxes.size(), 1u);
  EXPECT_DOUBLE_EQ(cut.value.boxes[0].x, 0);
  EXPECT_DOUBLE_EQ(cut.value.boxes[0].width, 0.3);
  EXPECT_DOUBLE_EQ(cut.value.boxes[0].height, 0.5);
  // What is no box, or no score, says nothing.
  const Prelabel none = PrelabelBoxes({Box("cat", kNan, 0, 0.5, 0.5, 0.9), Box("cat", 0, 0, 0.5, 0.5, kNan),
                                       Box("cat", 0.5, 0.5, -0.1, 0.5, 0.9),
                                       Box("dog", 1.5, 0, 0.5, 0.5, 0.9), Box("dog", 0, 0, 0.5, 0.5, -1)},
                                      kBoxRules, 0.5);
  EXPECT_TRUE(none.value.boxes.empty());
  EXPECT_EQ(none.confidence, 1);
  std::vector<Detection> many;
  many.reserve(500);
  for (int i = 0; i < 500; ++i) many.push_back(Box("cat", i / 500.0, 0, 1 / 1000.0, 1, 0.9));
  const Prelabel bounded = PrelabelBoxes(many, kBoxRules, 0.5);
  EXPECT_EQ(bounded.value.boxes.size(), kMostDetections);
  EXPECT_TRUE(ReadLabelValue(LabelValueJson(LabelTask::kBoxes, bounded.value), kBoxRules));
  EXPECT_TRUE(ReadLabelValue(LabelValueJson(LabelTask::kBoxes, cut.value), kBoxRules));
}

TEST(PrelabelText, OfWhatATranscriptMayBe) {
  EXPECT_EQ(PrelabelText("so", 0.75)->value.text, "so");
  EXPECT_EQ(PrelabelText("so", 0.75)->margin, 0.5);
  EXPECT_EQ(PrelabelText("", 2)->confidence, 1);
  EXPECT_FALSE(PrelabelText(std::string(kTranscriptBytes + 1, 'a'), 1));
  EXPECT_FALSE(PrelabelText("\xff", 1));
  EXPECT_FALSE(PrelabelText("so", kNan));
}

class Known final : public Predictor {
 public:
  const std::vector<std::string>& classes() const override { return classes_; }
  Result<std::vector<float>> Predict(const DatasetVersion&, size_t, int64_t, int64_t) override {
    return std::vector<float>();
  }

 private:
  std::vector<std::string> classes_ = {"red", "wool"};
};

TEST(PrelabelClasses, OfClassesThatAreKnown) {
  LabellingSpec spec;
  spec.rules = {LabelTask::kMultilabel, {"wool", "silk"}};
  EXPECT_TRUE(PrelabelClasses(std::make_unique<Known>(), spec));
  spec.rules.classes = {"silk"};
  EXPECT_THAT(PrelabelClasses(std::make_unique<Known>(), spec).error().message,
              HasSubstr("knows none of the classes; it says red, wool"));
}

}  // namespace
}  // namespace sinter
