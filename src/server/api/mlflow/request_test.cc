#include "server/api/mlflow/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include <nlohmann/json.hpp>

namespace sinter {
namespace {

TEST(MlflowRequestTest, FieldsAsItsServerReadsThem) {
  const Json json = {
      {"id", 7},          {"t", "12"},  {"f", 3.0},      {"nan", "NaN"},    {"inf", "-Infinity"},
      {"list", {"a", 2}}, {"one", "x"}, {"yes", "true"}, {"none", nullptr}, {"huge", UINT64_MAX}};
  MlflowRequest request(json);
  EXPECT_EQ(request.Text("id"), "7");
  EXPECT_EQ(request.Int("t"), 12);
  EXPECT_EQ(request.Int("f"), 3);
  EXPECT_TRUE(std::isnan(request.Number("nan")));
  EXPECT_EQ(request.Number("inf"), -INFINITY);
  EXPECT_THAT(request.Texts("list"), ::testing::ElementsAre("a", "2"));
  EXPECT_THAT(request.Texts("one"), ::testing::ElementsAre("x"));
  EXPECT_TRUE(request.Bool("yes", false));
  EXPECT_FALSE(request.Has("none"));
  EXPECT_EQ(request.AnyText("absent", "one"), "x");
  ASSERT_TRUE(request.status());
  (void)request.Int("huge");
  EXPECT_FALSE(request.status());
  EXPECT_EQ(request.Text("id"), "");  // nothing is read after an error
}

TEST(MlflowRequestTest, WhatIsWrongIsNamed) {
  const Json json = {{"n", "x"}, {"list", {1, 2}}, {"half", 0.5}};
  for (const auto& read : std::vector<std::function<void(MlflowRequest&)>>{
           [](auto& r) { (void)r.Text("absent"); }, [](auto& r) { (void)r.Int("n"); },
           [](auto& r) { (void)r.Number("n"); }, [](auto& r) { (void)r.Number("absent"); },
           [](auto& r) { (void)r.List("list"); }, [](auto& r) { (void)r.Object("n"); },
           [](auto& r) { (void)r.Bool("n", true); }, [](auto& r) { (void)r.Int("half"); },
           [](auto& r) { (void)r.Text("list"); }}) {
    MlflowRequest request(json);
    read(request);
    EXPECT_FALSE(request.status());
  }
  EXPECT_FALSE(MlflowRequest(Json::array()).status());
}

TEST(MlflowRequestTest, Names) {
  for (const char* key : {"a", "train/loss", "a.b-c d:e_f", "größe", "损失"})
    EXPECT_TRUE(CheckMlflowKey("metric", key)) << key;
  for (const char* key : {"", "/a", "a//b", "../a", "a/./b", "a/", ".", "a\tb", "a\"b", "a%b"})
    EXPECT_FALSE(CheckMlflowKey("metric", key)) << key;
  std::string longest;
  for (int i = 0; i < 250; ++i) longest += "é";
  EXPECT_TRUE(CheckMlflowKey("metric", longest));
  EXPECT_FALSE(CheckMlflowKey("metric", longest + "é"));
  for (const char* name : {"Iris Classifier", "模型", "a.b"}) EXPECT_TRUE(CheckMlflowModelName(name)) << name;
  for (const char* name : {"", " ", "a/b", "a:b", ".."}) EXPECT_FALSE(CheckMlflowModelName(name)) << name;
  for (const char* alias : {"champion", "a-b_1", "v", "vx1"}) EXPECT_TRUE(CheckMlflowAlias(alias)) << alias;
  for (const char* alias : {"", "v1", "V20", "Latest", "a b", "a/b", "a@b"})
    EXPECT_FALSE(CheckMlflowAlias(alias)) << alias;
  EXPECT_FALSE(CheckMlflowExperimentName(""));
  EXPECT_FALSE(CheckMlflowExperimentName(std::string(501, 'a')));
  EXPECT_EQ(TruncateCharacters("äöü", 2), "äö");
}

TEST(MlflowRequestTest, TagsAreCutOrRefused) {
  const Json json = {{"tags", {{{"key", "a"}, {"value", "12345"}}}}};
  MlflowRequest request(json);
  EXPECT_EQ(ReadMlflowTags(request, "tags", 3, true)->at("a"), "123");
  EXPECT_FALSE(ReadMlflowTags(request, "tags", 3));
  EXPECT_EQ(MlflowTagsJson({{"a", "b"}}), Json::parse(R"([{"key":"a","value":"b"}])"));
}

}  // namespace
}  // namespace sinter
