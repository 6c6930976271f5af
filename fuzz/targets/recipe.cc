// Recipes: what is accepted keeps the bounds of the table of fields, and gives a finite rate at every step.
#include <cmath>

#include "fuzz/targets.h"
#include "training/trainer/recipe.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  TRY(const Recipe recipe, ParseRecipe(TextOf(input)));
  SINTER_CHECK(recipe.text == TextOf(input));
  SINTER_CHECK(recipe.epochs >= 1 && recipe.batch_size >= 1);
  SINTER_CHECK(recipe.layers.empty() != recipe.onnx.empty());
  SINTER_CHECK(std::isfinite(recipe.scale));
  for (const double deviation : recipe.deviation) SINTER_CHECK(std::isfinite(deviation) && deviation != 0);
  for (const int64_t step : {int64_t{1}, int64_t{7}, recipe.epochs * 10})
    SINTER_CHECK(std::isfinite(LearningRateAt(recipe, step, 10)));
  return {};
}

}  // namespace

FuzzTarget RecipeTarget() { return {&Run, {ErrorCode::kInvalidArgument}}; }

}  // namespace sinter
