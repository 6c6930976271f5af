#include "server/cli/model_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sinter {
namespace {

using ::testing::HasSubstr;

TEST(ModelText, FiguresAreReadable) {
  const Json version = {
      {"ref", "m@2"},
      {"commit", std::string(40, 'a')},
      {"bytes", 1500},
      {"created_by", "ann"},
      {"details",
       {{"run", "r1"},
        {"figures", {{"accuracy", 0.91}, {"accuracy_low", 0.9}, {"accuracy_high", 0.92}, {"loss", 0.25}}},
        {"confusion", {{8, 2}, {0, 10}}}}},
      {"card", {{"task", "image-classification"}, {"tags", {"onnx", "sinter"}}}},
      {"manifest",
       {{"files", {{{"path", "model.onnx"}, {"size", 1500}, {"sha256", std::string(64, 'b')}}}}}}};
  const std::string text = ModelText(version, {"cat", "dog"});
  EXPECT_THAT(text, HasSubstr("m@2\n"));
  EXPECT_THAT(text, HasSubstr("run       r1\n"));
  EXPECT_THAT(text, HasSubstr("task      image-classification\ntags      onnx, sinter\n"));
  EXPECT_THAT(text, HasSubstr("  accuracy  0.91  0.9 to 0.92\n  loss      0.25\n"));
  EXPECT_THAT(text, HasSubstr("       0  1\n0 cat  8  2\n1 dog  .  10\n"));
  EXPECT_THAT(text, HasSubstr("  model.onnx  1.5 kB  bbbbbbbbbbbb\n"));
  EXPECT_THAT(ModelText({{"card", {{"problem", "line 2"}}}}, {}), HasSubstr("cannot be read: line 2"));
}

TEST(ModelText, LargeConfusionsAreTheirCommonestMistakes) {
  Json matrix = Json::array();
  for (int t = 0; t < 21; ++t) {
    Json row = Json::array();
    for (int s = 0; s < 21; ++s)
      row.push_back(t == 3 && s == 5 ? 40 : (t == 5 && s == 3 ? 20 : (t == s ? 99 : 0)));
    matrix.push_back(std::move(row));
  }
  EXPECT_EQ(ConfusionText(matrix, {}), "COUNT  IT WAS  THE MODEL SAID\n40     3       5\n20     5       3\n");
  EXPECT_EQ(ConfusionText({{1, 2}, {3}}, {}), "");
  EXPECT_EQ(ConfusionText({{"a"}}, {}), "");
  EXPECT_EQ(ConfusionText(Json(), {}), "");
}

}  // namespace
}  // namespace sinter
