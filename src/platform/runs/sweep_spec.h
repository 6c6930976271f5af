// A sweep, as its author writes it: a recipe, what of it varies, how the values are found, and what is best.
// docs/sweep.schema.json
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/yaml.h"

namespace sinter {

inline constexpr int64_t kMostTrials = 1000;

struct SweepParameter {
  enum class Kind { kChoice, kUniform, kLogUniform, kInt };
  std::string path;  // in the recipe: "optimizer.learning_rate", "model.layers.1.dense.units"
  Kind kind = Kind::kChoice;
  std::vector<YamlNode> choices;  // scalars
  double lo = 0, hi = 0;          // both ends included; of log_uniform above 0
};

// Successive halving: all trials train for the first rung's epochs, the best 1/eta of them go on to the
// next, the last rung is all of the recipe's epochs. Jamieson and Talwalkar, "Non-stochastic best arm
// identification and hyperparameter optimization", AISTATS 2016. Rungs are waited for (not ASHA).
struct SweepHalving {
  int64_t min_epochs = 1;
  int64_t eta = 3;
};

struct SweepJob {
  int64_t cpus = 0;          // 0: as a training job has by default
  int64_t memory_bytes = 0;  // 0: likewise
  int64_t priority = 0;
  int64_t retries = 0;
};

struct SweepSpec {
  std::string name;    // also of the model whose versions the trials make
  std::string recipe;  // the file's path, from the sweep's folder
  std::vector<SweepParameter> parameters;
  bool random = false;  // else the grid of all choices
  int64_t trials = 0;   // of random
  uint64_t seed = 0;    // of random
  std::string metric;   // "test.accuracy": its last value
  bool maximise = true;
  int64_t parallel = 1;  // jobs at a time
  std::optional<SweepHalving> halving;
  SweepJob job;
};

// Errors begin with "line L, column C: ".
Result<SweepSpec> ParseSweep(std::string_view text);

struct SweepTrial {
  std::vector<std::pair<std::string, std::string>> values;  // path and what stands there
  std::string recipe;                                       // the text to train
};

// The trials in order, from the sweep and the recipe alone: a grid's last parameter varies fastest; random
// values are drawn by counter, so that more trials begin with the same ones. Errors: a path that the recipe
// has no place for; more than kMostTrials.
Result<std::vector<SweepTrial>> ExpandSweep(const SweepSpec& sweep, const YamlNode& recipe);

// After how many epochs each rung ends; the last one is all of them.
std::vector<int64_t> SweepRungs(const SweepSpec& sweep, int64_t epochs);

// The JSON schema (draft 2020-12) of sweeps; published as docs/sweep.schema.json.
Json SweepSchema();

}  // namespace sinter
