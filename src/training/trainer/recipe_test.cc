#include "training/trainer/recipe.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/file.h"

namespace sinter {
namespace {

constexpr std::string_view kRecipe = R"(name: small
data:
  dataset: fashion-mnist@1
model:
  layers:
    - conv2d: {filters: 8, kernel: 5, padding: same, activation: relu}
    - max_pool
    - flatten
    - dropout: {rate: 0.25}
    - dense:
        units: 10
input: {scale: 0.00392156862745098, mean: 0.286, deviation: 0.353}
optimizer: {kind: adamw, learning_rate: 1e-3, weight_decay: 0.01}
schedule: {kind: cosine, warmup_steps: 10}
augment: {shift: 2, flip: true}
epochs: 3
batch_size: 64
seed: 7
)";

std::string Message(std::string_view text) {
  auto recipe = ParseRecipe(text);
  return recipe ? std::string("read") : recipe.error().ToString();
}

std::string Replaced(std::string_view from, std::string_view to) {
  std::string text(kRecipe);
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Recipe, IsRead) {
  auto recipe = ParseRecipe(kRecipe);
  ASSERT_TRUE(recipe) << recipe.error().ToString();
  EXPECT_EQ(recipe->name, "small");
  EXPECT_EQ(recipe->train_split, "train");
  ASSERT_EQ(recipe->layers.size(), 5u);
  EXPECT_EQ(recipe->layers[0].units, 8);
  EXPECT_EQ((*recipe->layers[0].kernel)[1], 5);
  EXPECT_TRUE(recipe->layers[0].same_padding);
  EXPECT_EQ(recipe->layers[3].rate, 0.25);
  EXPECT_EQ(recipe->optimizer.kind, OptimizerSpec::Kind::kAdamW);
  EXPECT_EQ(recipe->mean, std::vector<double>{0.286});
  EXPECT_EQ(recipe->augmentation.shift, 2);
  EXPECT_EQ(recipe->metrics, std::vector<std::string>{"accuracy"});
}

TEST(Recipe, ErrorsSayWhere) {
  EXPECT_EQ(Message(Replaced("epochs: 3", "epochs: many")),
            "line 16, column 9: a whole number is expected, not 'many'");
  EXPECT_EQ(Message(Replaced("epochs: 3", "epochs: 0")),
            "line 16, column 9: epochs must be in 1..100000, not 0");
  EXPECT_TRUE(Message(Replaced("seed: 7", "sead: 7"))
                  .starts_with("line 18, column 1: there is no field 'sead' (known here: name, data"));
  EXPECT_TRUE(
      Message(Replaced("- flatten", "- flaten")).starts_with("line 8, column 7: there is no layer 'flaten'"));
  EXPECT_TRUE(Message(Replaced("units: 10", "unit: 10"))
                  .starts_with("line 11, column 9: there is no field 'dense.unit'"));
  EXPECT_TRUE(Message(Replaced("kind: adamw", "kind: lion"))
                  .starts_with("line 13, column 19: optimizer.kind 'lion' is not offered"));
  EXPECT_TRUE(Message(Replaced("learning_rate: 1e-3, ", "")).find("'optimizer.learning_rate' is missing") !=
              std::string::npos);
  EXPECT_TRUE(Message(Replaced("  layers:", "  onnx: a.onnx\n  layers:")).find("not both") !=
              std::string::npos);
  EXPECT_NE(Message("name: x"), "read");
  EXPECT_NE(Message("- a\n- b"), "read");
  for (size_t size = 0; size < kRecipe.size(); size += 7) Message(kRecipe.substr(0, size));  // never a crash
}

TEST(Recipe, Schedules) {
  auto recipe = *ParseRecipe(kRecipe);
  EXPECT_NEAR(LearningRateAt(recipe, 5, 100), 0.5e-3, 1e-12);
  EXPECT_NEAR(LearningRateAt(recipe, 10, 100), 1e-3, 1e-12);
  EXPECT_NEAR(LearningRateAt(recipe, 300, 100), 0, 1e-12);
  EXPECT_NEAR(LearningRateAt(recipe, 155, 100), 0.5e-3, 1e-9);
  recipe.schedule = {ScheduleKind::kStep, 0, 0, 0.1, 2};
  EXPECT_NEAR(LearningRateAt(recipe, 200, 100), 1e-3, 1e-12);
  EXPECT_NEAR(LearningRateAt(recipe, 201, 100), 1e-4, 1e-12);
}

// SINTER_UPDATE=1 writes the file anew.
TEST(Recipe, TheSchemaIsPublished) {
  const Path file = Path(SINTER_SOURCE_DIR) / "docs" / "recipe.schema.json";
  const std::string schema = RecipeSchema().dump(2) + "\n";
  if (std::getenv("SINTER_UPDATE") != nullptr) {
    ASSERT_TRUE(WriteFileAtomically(file, schema));
  }
  const auto published = ReadFile(file);
  ASSERT_TRUE(published) << published.error().ToString();
  EXPECT_EQ(*published, schema)
      << "docs/recipe.schema.json is not current: run this test with SINTER_UPDATE=1";
}

}  // namespace
}  // namespace sinter
