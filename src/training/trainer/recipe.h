// What to train, as its author writes it: a YAML file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engine/models/sequential.h"
#include "training/autodiff/optimizer.h"

namespace sinter {

enum class ScheduleKind : uint8_t { kConstant, kCosine, kStep };

// The learning rate over the steps: a linear warm-up from 0, then constant, half a cosine down to
// `final_share` of the rate (Loshchilov and Hutter, arXiv:1608.03983), or times `factor` every
// `every_epochs`.
struct Schedule {
  ScheduleKind kind = ScheduleKind::kConstant;
  int64_t warmup_steps = 0;
  double final_share = 0;
  double factor = 0.1;
  int64_t every_epochs = 1;
};

// Drawn for each picture anew in each epoch, from the seed alone.
struct Augmentation {
  int64_t shift = 0;  // up to so many pixels each way, zeros come in
  bool flip = false;  // left and right exchanged, half of the time
  bool None() const { return shift == 0 && !flip; }
};

struct Recipe {
  std::string name;
  std::string text;     // as written
  std::string dataset;  // "fashion-mnist" or "fashion-mnist@3"
  std::string train_split, test_split;
  std::vector<std::string> features;  // columns of a table; empty: all but the label
  std::string onnx;                   // path of a model to train further; empty: layers
  std::vector<Layer> layers;
  DType dtype = DType::kF32;
  double scale = 1;  // x -> (x * scale - mean) / deviation
  std::vector<double> mean, deviation;
  std::string loss;                  // "cross_entropy"
  std::vector<std::string> metrics;  // "accuracy"
  OptimizerSpec optimizer;
  double learning_rate = 0;
  Schedule schedule;
  Augmentation augmentation;
  int64_t epochs = 1, batch_size = 1;
  uint64_t seed = 0;
  int64_t checkpoint_every = 0;  // steps; 0: at the end of each epoch
};

// Errors begin with "line L, column C: "; unknown fields are named, with what there is.
Result<Recipe> ParseRecipe(std::string_view text);

// The JSON schema (draft 2020-12) of recipes; published as docs/recipe.schema.json.
Json RecipeSchema();

// The rate at `step`, counted from 1.
double LearningRateAt(const Recipe& recipe, int64_t step, int64_t steps_per_epoch);

}  // namespace sinter
