#include "training/autodiff/training_step.h"

#include <cmath>
#include <thread>

#include <gtest/gtest.h>

#include "engine/comm/thread_group.h"
#include "engine/graph/text.h"
#include "engine/graph/verifier.h"
#include "training/autodiff/testing.h"

namespace sinter {
namespace {

SequentialSpec Mlp() {
  return {.dtype = DType::kF64,
          .input_shape = {6},
          .layers = {{.kind = LayerKind::kDense, .units = 8, .activation = Activation::kRelu},
                     {.kind = LayerKind::kDropout, .rate = 0.2},
                     {.kind = LayerKind::kDense, .units = 3}},
          .seed = 4};
}

Module WithStep(const SequentialSpec& model, const TrainingStepSpec& spec) {
  auto module = BuildSequential(model, Operators());
  EXPECT_TRUE(module) << module.error().ToString();
  EXPECT_TRUE(AddTestLoss(*module));
  auto added = AddTrainingStep(*module, spec, Operators());
  EXPECT_TRUE(added) << added.error().ToString();
  auto verified = VerifyModule(*module, Operators());
  EXPECT_TRUE(verified) << verified.error().ToString();
  return *std::move(module);
}

std::vector<Value> StepInputs(const TestBatch& batch, int64_t first_row, double rate, double share,
                              int64_t step) {
  return {batch.x,
          batch.labels,
          Tensor::Scalar<int64_t>(100 + step),
          Tensor::Scalar<int64_t>(first_row),
          Tensor::Scalar<double>(rate),
          Tensor::Scalar<double>(share),
          Tensor::Scalar<int64_t>(step)};
}

struct Named {
  const char* name;
  OptimizerSpec optimizer;
  double rate;
};
const Named kOptimizers[] = {{"sgd", {.momentum = 0}, 0.3},
                             {"momentum", {.momentum = 0.9}, 0.05},
                             {"nesterov", {.momentum = 0.9, .nesterov = true}, 0.05},
                             {"adam", {.kind = OptimizerSpec::Kind::kAdam}, 0.03},
                             {"adamw", {.kind = OptimizerSpec::Kind::kAdamW, .weight_decay = 0.01}, 0.03},
                             {"clipped", {.momentum = 0.9, .weight_decay = 1e-4, .clip_norm = 0.5}, 0.05}};

TEST(TrainingStep, EveryOptimiserLowersTheLoss) {
  for (const Named& named : kOptimizers) {
    const Module module = WithStep(Mlp(), {.optimizer = named.optimizer});
    const TestBatch batch = RandomBatch(12, {6}, 3, 21);
    StateValues states;
    double first = 0, last = 0;
    for (int64_t step = 1; step <= 60; ++step) {
      auto results =
          RunReference(module, Operators(), "train_step", StepInputs(batch, 0, named.rate, 1, step), states);
      ASSERT_TRUE(results) << results.error().ToString();
      last = (*results)[0].tensor().AsDouble(0);
      if (step == 1) first = last;
      EXPECT_EQ((*results)[1].tensor().elements(), 4);
    }
    EXPECT_LT(last, 0.6 * first) << named.name;
  }
}

// The step of plain SGD is exactly w - rate * gradient; clipping bounds its length.
TEST(TrainingStep, ClippingBoundsTheUpdate) {
  const Module module = WithStep(Mlp(), {.optimizer = {.momentum = 0, .clip_norm = 0.01}});
  const TestBatch batch = RandomBatch(12, {6}, 3, 22);
  StateValues states;
  auto results = RunReference(module, Operators(), "train_step", StepInputs(batch, 0, 1.0, 1, 1), states);
  ASSERT_TRUE(results) << results.error().ToString();
  double moved = 0, norm = 0;
  for (const State& state : module.states) {
    if (!state.trainable) continue;
    for (int64_t i = 0; i < state.initial->elements(); ++i)
      moved += std::pow(states[state.name].AsDouble(i) - state.initial->AsDouble(i), 2);
  }
  for (int64_t i = 0; i < 4; ++i) norm += std::pow((*results)[1].tensor().AsDouble(i), 2);
  EXPECT_GT(std::sqrt(norm), 0.01);
  EXPECT_NEAR(std::sqrt(moved), 0.01, 1e-10);
}

TEST(TrainingStep, UnequalRanksAgreeWithOneRank) {
  constexpr int kRanks = 3;
  constexpr int64_t kRows = 14, kSteps = 5;
  const int64_t begins[] = {0, 3, 9, kRows};  // unequal shares
  for (const Named& named : kOptimizers) {
    const Module alone = WithStep(Mlp(), {.optimizer = named.optimizer});
    const Module together = WithStep(Mlp(), {.optimizer = named.optimizer, .ranks = kRanks});
    StateValues expected;
    std::vector<double> expected_losses;
    for (int64_t step = 1; step <= kSteps; ++step) {
      const TestBatch batch = RandomBatch(kRows, {6}, 3, 30 + static_cast<uint64_t>(step));
      auto results =
          RunReference(alone, Operators(), "train_step", StepInputs(batch, 0, named.rate, 1, step), expected);
      ASSERT_TRUE(results) << results.error().ToString();
      expected_losses.push_back((*results)[0].tensor().AsDouble(0));
    }
    ThreadGroup group(kRanks);
    std::vector<StateValues> states(kRanks);
    std::vector<std::vector<double>> losses(kRanks);
    std::vector<std::string> errors(kRanks);
    std::vector<std::thread> threads;
    threads.reserve(kRanks);
    for (int rank = 0; rank < kRanks; ++rank) {
      threads.emplace_back([&, rank] {
        const auto r = static_cast<size_t>(rank);
        for (int64_t step = 1; step <= kSteps; ++step) {
          const TestBatch batch = RandomBatch(kRows, {6}, 3, 30 + static_cast<uint64_t>(step));
          const double share = static_cast<double>(begins[r + 1] - begins[r]) / kRows;
          auto results = RunReference(
              together, Operators(), "train_step",
              StepInputs(Rows(batch, begins[r], begins[r + 1]), begins[r], named.rate, share, step),
              states[r], {.communicator = &group.rank(rank)});
          if (!results) {
            errors[r] = results.error().ToString();
            group.Leave(rank, errors[r]);
            return;
          }
          losses[r].push_back((*results)[0].tensor().AsDouble(0));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (size_t r = 0; r < kRanks; ++r) {
      ASSERT_EQ(errors[r], "") << named.name;
      for (size_t i = 0; i < losses[r].size(); ++i) EXPECT_NEAR(losses[r][i], expected_losses[i], 1e-9);
      for (const auto& [name, value] : expected) {
        for (int64_t i = 0; i < value.elements(); ++i)
          ASSERT_NEAR(states[r][name].AsDouble(i), value.AsDouble(i), 1e-9)
              << named.name << " rank " << r << " " << name;
        EXPECT_TRUE(states[r][name].SameAs(states[0][name])) << "ranks hold the same bits";
      }
    }
  }
}

TEST(TrainingStep, KeepsTheRunningStatisticsOfTheLoss) {
  SequentialSpec spec = Mlp();
  spec.layers.insert(spec.layers.begin() + 1, {.kind = LayerKind::kBatchNorm});
  const Module module = WithStep(spec, {});
  StateValues states;
  auto results = RunReference(module, Operators(), "train_step",
                              StepInputs(RandomBatch(12, {6}, 3, 23), 0, 0.1, 1, 1), states);
  ASSERT_TRUE(results) << results.error().ToString();
  EXPECT_TRUE(states.contains("batch_norm1.running_mean"));
  EXPECT_TRUE(states.contains("opt.m.dense1.weight"));
}

TEST(TrainingStep, RefusesWhatCannotBeTrained) {
  auto module = BuildSequential(Mlp(), Operators());
  ASSERT_TRUE(module);
  EXPECT_FALSE(AddTrainingStep(*module, {}, Operators()));  // no @loss yet
  ASSERT_TRUE(AddTestLoss(*module));
  auto unknown = AddTrainingStep(*module, {.train = {"nowhere"}}, Operators());
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("@nowhere"), std::string::npos) << unknown.error().message;
}

}  // namespace
}  // namespace sinter
