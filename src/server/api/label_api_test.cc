#include "server/api/label_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "platform/data/import_idx.h"
#include "platform/data/testing.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

class LabelApiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    platform_ = *Platform::Open(folder_.path() / "home");
    WriteSplit(folder_.path(), "train", 12, 3);
    const auto imported = *ImportIdx(platform_->store(), {*FindIdxSplits(folder_.path()), {}});
    ASSERT_TRUE(platform_->repositories(RepositoryKind::kDataset).Add("d", imported.manifest, "", "ann"));
  }
  Principal ann_{.name = "ann", .access = Access::kWrite};
  Principal admin_{.name = "root", .access = Access::kAdmin};
  TemporaryFolder folder_;
  std::unique_ptr<Platform> platform_;
};

TEST_F(LabelApiTest, WhoLabels) {
  const auto made = CreateLabelling(*platform_, {{"name", "w"}, {"dataset", "d"}, {"labellers", 2}}, "ann");
  ASSERT_TRUE(made) << made.error().ToString();
  EXPECT_EQ((*made)["spec"]["dataset"], "d@1");
  EXPECT_EQ((*made)["spec"]["column"], "label");
  const Json next = *NextItems(*platform_, "w", {{"count", 2}}, ann_);
  EXPECT_EQ(next["items"][1]["content"], Json({{"kind", "picture"},
                                               {"url", "/sinter/v1/labellings/w/items/1/content"},
                                               {"width", 3},
                                               {"height", 2}}));
  Json answer = {{"value", {{"class", "1"}}}, {"labeller", "bo"}};
  EXPECT_EQ(AnswerItem(*platform_, "w", 1, answer, ann_).error().code, ErrorCode::kPermissionDenied);
  ASSERT_TRUE(AnswerItem(*platform_, "w", 1, answer, admin_));
  answer["labeller"] = "ann";
  ASSERT_TRUE(AnswerItem(*platform_, "w", 1, answer, ann_));
  const Json review = *ReviewItems(*platform_, "w", 0, 10);
  EXPECT_TRUE(review["items"].empty());
  EXPECT_EQ((*platform_->labellings().Show("w"))["status"]["known"], Json({{"right", 1}, {"of", 1}}));
  EXPECT_EQ(NextItems(*platform_, "w", {{"count", 0}}, ann_).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ((*UndoAnswer(*platform_, "w", Json::object(), ann_))["item"]["item"], 1);
  const ItemMedia png = *platform_->labellings().Media("w", 1);
  EXPECT_EQ(png.type, "image/png");
  EXPECT_EQ(png.bytes.substr(1, 3), "PNG");
  const Json decided = *DecideItem(*platform_, "w", 2, {{"value", {{"class", "0"}}}}, "rev");
  EXPECT_EQ(decided["content"]["url"], "/sinter/v1/labellings/w/items/2/content");
  const Json committed = *CommitLabels(*platform_, "w", {{"as", "me/other"}}, "ann");
  EXPECT_EQ(committed["name"], "me/other@1");
  EXPECT_EQ(committed["dataset"], "me/other");
  EXPECT_EQ(committed["labels"], 1);
  EXPECT_EQ(CommitLabels(*platform_, "w", {{"as", "../x"}}, "ann").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ((*SetLabellingOpen(*platform_, "w", false, "ann"))["state"], "closed");
  EXPECT_THAT(CreateLabelling(*platform_, {{"dataset", "d"}}, "ann").error().message,
              HasSubstr("with a name"));
  EXPECT_EQ(CreateLabelling(*platform_, {{"name", "x"}, {"dataset", "gone"}}, "ann").error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(CreateLabelling(*platform_,
                            {{"name", "x"}, {"dataset", "d"}, {"prelabel", {{"service", "gone"}}}}, "ann")
                .error()
                .code,
            ErrorCode::kNotFound);
  EXPECT_EQ(LabelCases(*platform_, "gone", {{"name", "x"}}, "ann").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace sinter
