#include "platform/runs/sweep_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kRecipe =
    "name: net\nepochs: 9\noptimizer: {kind: adam, learning_rate: 0.1}\nbatch_size: 50\n"
    "model: {layers: [flatten, {dense: {units: 32}}]}\n";

std::string Sweep(const std::string& parameters, const std::string& more = "") {
  return "name: s\nrecipe: r.yaml\n" + more + "parameters:\n" + parameters;
}

TEST(SweepSpec, WhatIsRead) {
  const auto sweep = *ParseSweep(
      Sweep("  batch_size: [10, 20]\n  optimizer.learning_rate: {log_uniform: [1e-4, 1e-1]}\n",
            "metric: test.loss\ngoal: min\nsearch: random\ntrials: 5\nseed: 7\nparallel: 3\n"
            "halving: {min_epochs: 2, eta: 4}\njob: {cpus: 2, memory_mb: 64, priority: -3, retries: 1}\n"));
  EXPECT_EQ(sweep.name, "s");
  EXPECT_EQ(sweep.metric, "test.loss");
  EXPECT_FALSE(sweep.maximise);
  EXPECT_TRUE(sweep.random);
  EXPECT_EQ(sweep.trials, 5);
  EXPECT_EQ(sweep.parallel, 3);
  EXPECT_EQ(sweep.halving->eta, 4);
  EXPECT_EQ(sweep.job.memory_bytes, int64_t{64} << 20);
  EXPECT_EQ(sweep.job.priority, -3);
  EXPECT_EQ(sweep.parameters[1].kind, SweepParameter::Kind::kLogUniform);
  EXPECT_THAT(SweepRungs(sweep, 30), ElementsAre(2, 8, 30));
  EXPECT_THAT(SweepRungs(sweep, 2), ElementsAre(2));
  EXPECT_THAT(SweepRungs(sweep, 1), ElementsAre(1));
  EXPECT_THAT(SweepRungs({}, 7), ElementsAre(7));
}

TEST(SweepSpec, AGridIsAllChoicesWithTheLastVaryingFastest) {
  const auto sweep =
      *ParseSweep(Sweep("  batch_size: [10, 20]\n  model.layers.1.dense.units: {choice: [8, 16, 32]}\n"));
  const auto trials = *ExpandSweep(sweep, *ParseYaml(kRecipe));
  ASSERT_EQ(trials.size(), 6U);
  std::vector<std::string> values;
  values.reserve(trials.size());
  for (const SweepTrial& t : trials) values.push_back(t.values[0].second + "/" + t.values[1].second);
  EXPECT_THAT(values, ElementsAre("10/8", "10/16", "10/32", "20/8", "20/16", "20/32"));
  const YamlNode recipe = *ParseYaml(trials[4].recipe);
  EXPECT_EQ(recipe.Find("name")->scalar, "s");
  EXPECT_EQ(recipe.Find("batch_size")->scalar, "20");
  EXPECT_EQ(recipe.Find("optimizer")->Find("kind")->scalar, "adam");
  EXPECT_EQ(recipe.Find("model")->Find("layers")->items[1].Find("dense")->Find("units")->scalar, "16");
}

TEST(SweepSpec, RandomValuesAreDrawnByCounterWithinTheirRanges) {
  const std::string parameters =
      "  a: {uniform: [-1, 2.5]}\n  b: {log_uniform: [1e-6, 1]}\n  c: {int: [3, 5]}\n  d: [x, 'y', true]\n";
  const auto draw = [&](int trials, int seed) {
    return *ExpandSweep(*ParseSweep(Sweep(parameters, "search: random\ntrials: " + std::to_string(trials) +
                                                          "\nseed: " + std::to_string(seed) + "\n")),
                        *ParseYaml("epochs: 1\n"));
  };
  const auto trials = draw(1000, 3);
  std::set<std::string> whole, words;
  int small = 0;
  for (const SweepTrial& t : trials) {
    const double a = std::stod(t.values[0].second), b = std::stod(t.values[1].second);
    EXPECT_TRUE(a >= -1 && a <= 2.5) << a;
    EXPECT_TRUE(b >= 1e-6 && b <= 1) << b;
    small += b < 1e-3;
    whole.insert(t.values[2].second);
    words.insert(t.values[3].second);
  }
  EXPECT_NEAR(small, 500, 80) << "half of the range's logarithm is below its middle";
  EXPECT_THAT(whole, ElementsAre("3", "4", "5"));
  EXPECT_THAT(words, ElementsAre("true", "x", "y"));
  const auto few = draw(4, 3), other = draw(4, 4);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(few[i].recipe, trials[i].recipe);
  EXPECT_NE(few[0].recipe, other[0].recipe);
}

TEST(SweepSpec, WhatItIsNot) {
  const auto problem = [](const std::string& text) {
    const auto sweep = ParseSweep(text);
    return sweep ? "accepted" : sweep.error().ToString();
  };
  const std::string random = "search: random\ntrials: 2\n";
  EXPECT_THAT(problem("{"), HasSubstr("line 1"));
  EXPECT_THAT(problem("[]"), HasSubstr("fields are expected"));
  EXPECT_THAT(problem("name: s\nrecipe: r\n"), HasSubstr("'parameters' is missing"));
  EXPECT_THAT(problem("recipe: r\nparameters: {a: [1]}\n"), HasSubstr("'name' is missing"));
  EXPECT_THAT(problem(Sweep("  a: [1]\n", "more: 1\n")), HasSubstr("no field 'more'"));
  EXPECT_THAT(problem(Sweep("  a: [1]\n", "goal: up\n")), HasSubstr("goal is max or min"));
  EXPECT_THAT(problem(Sweep("  a: [1]\n", "parallel: 0\n")), HasSubstr("parallel must be in 1..100"));
  EXPECT_THAT(problem(Sweep("  a: [1]\n", "parallel: x\n")), HasSubstr("whole number"));
  EXPECT_THAT(problem(Sweep("  a: [1]\n", "trials: 3\n")), HasSubstr("as many trials as its choices"));
  EXPECT_THAT(problem(Sweep("  a: [1]\n", "search: random\n")), HasSubstr("'trials' is missing"));
  EXPECT_THAT(problem(Sweep("  a: [1]\n", "metric: ''\n")), HasSubstr("metric is empty"));
  EXPECT_THAT(problem(Sweep("  a: [1]\n", "metric: \"a\\n\"\n")), HasSubstr("no name of a metric"));
  EXPECT_THAT(problem(Sweep("  a: [1]\n", "halving: {eta: 1}\n")), HasSubstr("eta must be in 2..100"));
  EXPECT_THAT(problem(Sweep("  a: [1]\n", "halving: 3\n")), HasSubstr("fields are expected"));
  EXPECT_THAT(problem(Sweep("  epochs: [1]\n", "halving: {eta: 2}\n")), HasSubstr("by rung"));
  EXPECT_THAT(problem(Sweep("  name: [a]\n")), HasSubstr("name of a trial's model"));
  EXPECT_THAT(problem(Sweep("  a: 1\n")), HasSubstr("a list of values, or one of"));
  EXPECT_THAT(problem(Sweep("  a: []\n")), HasSubstr("a list of values is expected"));
  EXPECT_THAT(problem(Sweep("  a: [[1]]\n")), HasSubstr("a value is a number"));
  EXPECT_THAT(problem(Sweep("  a: {uniform: [0, 1]}\n")), HasSubstr("a grid needs lists"));
  EXPECT_THAT(problem(Sweep("  a: {normal: [0, 1]}\n", random)), HasSubstr("'normal' is not offered"));
  EXPECT_THAT(problem(Sweep("  a: {uniform: [1, 1]}\n", random)), HasSubstr("must be below"));
  EXPECT_THAT(problem(Sweep("  a: {uniform: [1]}\n", random)), HasSubstr("two numbers"));
  EXPECT_THAT(problem(Sweep("  a: {uniform: [-1e308, 1e308]}\n", random)), HasSubstr("too wide"));
  EXPECT_THAT(problem(Sweep("  a: {log_uniform: [0, 1]}\n", random)), HasSubstr("above 0"));
  EXPECT_THAT(problem(Sweep("  a: {int: [0.5, 1]}\n", random)), HasSubstr("whole number"));
  EXPECT_THAT(problem(Sweep("  a: {int: [0, 9007199254740993]}\n", random)), HasSubstr("2^53"));
  EXPECT_THAT(problem("name: a/b\nrecipe: r\nparameters: {a: [1]}\n"), HasSubstr("a sweep's name"));
  std::string grid;
  for (const char* name : {"a", "b", "c", "d"}) grid += std::string("  ") + name + ": [1, 2, 3, 4, 5, 6]\n";
  EXPECT_THAT(ExpandSweep(*ParseSweep(Sweep(grid)), *ParseYaml(kRecipe)).error().message,
              HasSubstr("more than 1000 trials"));
  for (const char* path : {"model.layers.9.dense", "model.layers.x", "epochs.more", "optimizer..kind"})
    EXPECT_THAT(ExpandSweep(*ParseSweep(Sweep(std::string("  ") + path + ": [1]\n")), *ParseYaml(kRecipe))
                    .error()
                    .message,
                HasSubstr("no place"))
        << path;
}

TEST(SweepSpec, TheSchemaNamesEveryField) {
  const Json schema = SweepSchema();
  for (const char* field : {"name", "recipe", "parameters", "search", "trials", "seed", "metric", "goal",
                            "parallel", "halving", "job"})
    EXPECT_TRUE(schema["properties"].contains(field)) << field;
  EXPECT_EQ(schema["properties"].size(), 11U);
  EXPECT_FALSE(schema["additionalProperties"].get<bool>());
}

}  // namespace
}  // namespace sinter
