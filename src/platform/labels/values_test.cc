#include "platform/labels/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kClasses = {"cat", "dog"};

Result<LabelValue> Read(LabelTask task, std::string_view text) {
  return ReadLabelValue(Json::parse(text), {task, kClasses});
}
std::string Refused(LabelTask task, std::string_view text) {
  const auto read = Read(task, text);
  if (read) return "";
  EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
  return read.error().message;
}
void ComesBack(LabelTask task, std::string_view text) {
  const auto read = Read(task, text);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(LabelValueJson(task, *read), Json::parse(text));
}

TEST(LabelValues, EachTaskComesBack) {
  ComesBack(LabelTask::kClassification, R"({"class":"dog"})");
  ComesBack(LabelTask::kMultilabel, R"({"classes":["cat","dog"]})");
  ComesBack(LabelTask::kMultilabel, R"({"classes":[]})");
  ComesBack(LabelTask::kBoxes, R"({"boxes":[{"class":"cat","x":0.1,"y":0,"width":0.9,"height":1.0}]})");
  ComesBack(LabelTask::kSpans,
            R"({"spans":[{"class":"cat","begin":0,"end":3},{"class":"dog","begin":1,"end":2}]})");
  ComesBack(LabelTask::kTranscript, R"({"text":"what was said"})");
  // In one order, so that equal values are equal texts.
  EXPECT_THAT(Read(LabelTask::kMultilabel, R"({"classes":["dog","cat"]})")->classes,
              ElementsAre("cat", "dog"));
  EXPECT_EQ(Read(LabelTask::kSpans,
                 R"({"spans":[{"class":"cat","begin":5,"end":6},{"class":"cat","begin":0,"end":3}]})")
                ->spans[0]
                .begin,
            0);
  for (const std::string_view name : {"classification", "multilabel", "boxes", "spans", "transcript"})
    EXPECT_EQ(LabelTaskName(*LabelTaskOf(name)), name);
  EXPECT_FALSE(LabelTaskOf("segmentation"));
}

TEST(LabelValues, WhatIsRefused) {
  EXPECT_THAT(Refused(LabelTask::kClassification, R"({"class":"cow"})"), HasSubstr("none of the 2 classes"));
  EXPECT_THAT(Refused(LabelTask::kClassification, R"({"class":"cat","sure":1})"), HasSubstr("unknown field"));
  EXPECT_THAT(Refused(LabelTask::kClassification, "7"), HasSubstr("an object is needed"));
  EXPECT_THAT(Refused(LabelTask::kMultilabel, "{}"), HasSubstr("is missing"));
  EXPECT_THAT(Refused(LabelTask::kMultilabel, R"({"classes":["cat","cat"]})"), HasSubstr("stands twice"));
  EXPECT_THAT(
      Refused(LabelTask::kBoxes, R"({"boxes":[{"class":"cat","x":0.5,"y":0,"width":0.6,"height":1}]})"),
      HasSubstr("boxes[0]: field 'width'"));
  EXPECT_THAT(
      Refused(LabelTask::kBoxes, R"({"boxes":[{"class":"cat","x":0.5,"y":-1,"width":0.5,"height":1}]})"),
      HasSubstr("boxes[0]: field 'height'"));
  EXPECT_THAT(Refused(LabelTask::kSpans, R"({"spans":[{"class":"cat","begin":3,"end":3}]})"),
              HasSubstr("behind begin"));
  EXPECT_THAT(Refused(LabelTask::kSpans,
                      R"({"spans":[{"class":"cat","begin":0,"end":3},{"class":"cat","begin":0,"end":3}]})"),
              HasSubstr("the same span stands twice"));
  Json many = {{"boxes", Json::array()}};
  for (size_t i = 0; i <= kMostMarks; ++i)
    many["boxes"].push_back({{"class", "cat"}, {"x", 0}, {"y", 0}, {"width", 1}, {"height", 1}});
  EXPECT_THAT(Refused(LabelTask::kBoxes, many.dump()), HasSubstr("more than 1000"));
  EXPECT_THAT(Refused(LabelTask::kTranscript, Json{{"text", std::string(20'000, 'x')}}.dump()),
              HasSubstr("longer than 16384 bytes"));
  EXPECT_FALSE(CheckSpansWithin({.spans = {{"cat", 0, 4}}}, 3));
  EXPECT_TRUE(CheckSpansWithin({.spans = {{"cat", 0, 3}}}, 3));
  EXPECT_EQ(CodePoints("日本x"), 3);
}

TEST(LabelAnswers, ValueOrSkip) {
  const LabelRules rules{LabelTask::kClassification, kClasses};
  const auto read = [&](std::string_view text, bool kept = false) {
    return ReadLabelAnswer(Json::parse(text), rules, kept);
  };
  const auto answer = read(R"({"value":{"class":"cat"},"seconds":2.5,"comment":"blurred"})");
  ASSERT_TRUE(answer) << answer.error().ToString();
  EXPECT_EQ(answer->seconds, 2.5);
  EXPECT_EQ(read(LabelAnswerJson(rules.task, *answer).dump()), *answer);
  EXPECT_TRUE(read(R"({"skip":true})")->skip);
  EXPECT_TRUE(read(R"({"skip":true,"value":null})")->skip);
  EXPECT_THAT(read("{}").error().message, HasSubstr("or skip is needed"));
  EXPECT_THAT(read(R"({"skip":true,"value":{"class":"cat"}})").error().message, HasSubstr("not both"));
  EXPECT_THAT(read(R"({"skip":true,"seconds":-1})").error().message, HasSubstr("seconds"));
  EXPECT_THAT(read(R"({"skip":true,"seconds":1e9})").error().message, HasSubstr("seconds"));
  // What the server alone says of an answer is not taken from its sender.
  constexpr std::string_view kKept = R"({"skip":true,"withdrawn":true,"gold_right":false})";
  EXPECT_THAT(read(kKept).error().message, HasSubstr("unknown field"));
  const auto kept = read(kKept, true);
  ASSERT_TRUE(kept) << kept.error().ToString();
  EXPECT_TRUE(kept->withdrawn);
  EXPECT_EQ(kept->gold_right, false);
  EXPECT_EQ(read(LabelAnswerJson(rules.task, *kept).dump(), true), *kept);
}

}  // namespace
}  // namespace sinter
