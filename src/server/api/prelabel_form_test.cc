#include "server/api/prelabel_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Kind = PrelabelForm::Kind;

Signature Of(std::string task, std::vector<std::string> classes, std::vector<SignatureOutput> outputs) {
  Signature signature;
  signature.task = std::move(task);
  signature.classes = std::move(classes);
  signature.inputs = {{"image", DType::kU8, {28, 28}, {}}};
  signature.outputs = std::move(outputs);
  return signature;
}

SignatureOutput Output(std::string name, std::vector<int64_t> shape, DType dtype = DType::kF32) {
  return {std::move(name), dtype, std::move(shape), OutputActivation::kNone};
}

std::string Refused(const Signature& signature, LabelTask task) {
  const Status said = CheckPrelabels(signature, "m@1", task);
  return said ? "" : said.error().message;
}

TEST(PrelabelForm, FollowsFromTheSignature) {
  EXPECT_EQ(PrelabelFormOf(Of("image_classification", {"a", "b"}, {Output("p", {2})}))->kind, Kind::kClasses);
  const auto boxes = PrelabelFormOf(
      Of("object_detection", {"a"},
         {Output("scores", {9}), Output("boxes", {9, 4}), Output("classes", {9}, DType::kI64)}));
  ASSERT_TRUE(boxes) << boxes.error().ToString();
  EXPECT_EQ(boxes->kind, Kind::kBoxes);
  EXPECT_EQ(boxes->boxes, 1);
  EXPECT_EQ(boxes->scores, 0);
  EXPECT_EQ(boxes->classes, 2);
  EXPECT_FALSE(boxes->pixels);
  const auto each = PrelabelFormOf(
      Of("object_detection", {"a", "b"}, {Output("boxes_pixels", {9, 4}), Output("scores", {9, 2})}));
  ASSERT_TRUE(each) << each.error().ToString();
  EXPECT_TRUE(each->pixels);
  EXPECT_EQ(each->classes, -1);
  EXPECT_EQ(PrelabelFormOf(Of("transcription", {"", "a", "b"}, {Output("symbols", {50, 3})}))->kind,
            Kind::kFrames);
  const auto text =
      PrelabelFormOf(Of("captioning", {}, {Output("confidence", {}), Output("text", {}, DType::kString)}));
  ASSERT_TRUE(text) << text.error().ToString();
  EXPECT_EQ(text->kind, Kind::kText);
  EXPECT_EQ(text->text, 1);
  EXPECT_EQ(text->confidence, 0);
}

TEST(PrelabelForm, SaysWhatItDoesNotSay) {
  const Signature classes = Of("image_classification", {"a", "b"}, {Output("p", {2})});
  EXPECT_EQ(Refused(classes, LabelTask::kClassification), "");
  EXPECT_EQ(Refused(classes, LabelTask::kMultilabel), "");
  for (const LabelTask task : {LabelTask::kBoxes, LabelTask::kSpans, LabelTask::kTranscript})
    EXPECT_THAT(Refused(classes, task),
                AllOf(HasSubstr(LabelTaskName(task)), HasSubstr("m@1"), HasSubstr("'image_classification'")));
  const Signature boxes = Of("object_detection", {"a"}, {Output("boxes", {9, 4}), Output("scores", {9, 1})});
  EXPECT_EQ(Refused(boxes, LabelTask::kBoxes), "");
  EXPECT_THAT(Refused(boxes, LabelTask::kClassification), HasSubstr("says boxes"));
  EXPECT_EQ(Refused(Of("transcription", {"", "a"}, {Output("s", {9, 2})}), LabelTask::kTranscript), "");
}

TEST(PrelabelForm, OddSignaturesAreNamed) {
  for (const auto& outputs : std::vector<std::vector<SignatureOutput>>{
           {},
           {Output("boxes", {9, 4})},
           {Output("boxes", {9, 5}), Output("scores", {9, 1})},
           {Output("boxes", {9, 4}, DType::kI64), Output("scores", {9, 1})},
           {Output("boxes", {9, 4}), Output("scores", {8, 1})},
           {Output("boxes", {9, 4}), Output("scores", {9, 2})},
           {Output("boxes", {9, 4}), Output("scores", {9}), Output("classes", {8}, DType::kI64)}})
    EXPECT_THAT(Refused(Of("object_detection", {"a"}, outputs), LabelTask::kBoxes),
                HasSubstr("its outputs are others"));
  for (const std::vector<std::string>& symbols : {std::vector<std::string>{"a", "b"}, {"", ""}})
    EXPECT_THAT(Refused(Of("transcription", symbols, {Output("s", {9, 2})}), LabelTask::kTranscript),
                HasSubstr("the blank"));
  EXPECT_THAT(Refused(Of("transcription", {"", "a"}, {Output("s", {2})}), LabelTask::kTranscript),
              HasSubstr("its outputs are others"));
  EXPECT_THAT(Refused(Of("t", {}, {Output("text", {}, DType::kString)}), LabelTask::kTranscript),
              HasSubstr("without its confidence"));
  EXPECT_THAT(Refused(Of("regression", {}, {Output("y", {1})}), LabelTask::kClassification),
              HasSubstr("neither classes, boxes nor texts"));
}

}  // namespace
}  // namespace sinter
