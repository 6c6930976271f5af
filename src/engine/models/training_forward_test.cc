#include "engine/models/training_forward.h"

#include <gtest/gtest.h>

#include "engine/device/reference/interpreter.h"
#include "engine/graph/text.h"
#include "engine/graph/verifier.h"
#include "engine/models/sequential.h"
#include "engine/ops/catalog.h"

namespace sinter {
namespace {

// As an importer leaves a model: inference alone.
Module Imported(std::string_view layers) {
  auto module = ParseModule(std::string(R"(
module model {
  symbol N in 1..64
  state shared trainable @scale: f32[2] = f32[2]{1, 2}
  state shared trainable @shift: f32[2] = f32[2]{0, 1}
  state shared @mean: f32[2] = f32[2]{0, 0}
  state shared @variance: f32[2] = f32[2]{1, 1}
  func @forward(%x: f32[N,2]) {
)") + std::string(layers) + "  }\n}\n");
  EXPECT_TRUE(module) << module.error().ToString();
  return *std::move(module);
}

constexpr std::string_view kNormalised = R"(
    %s = read @scale
    %b = read @shift
    %m = read @mean
    %v = read @variance
    %rate = Constant() {value = f32[]{0.25}}
    %n: f32[N,2] = BatchNormalization "bn"(%x, %s, %b, %m, %v) {momentum = 0.75}
    %d: f32[N,2] = Dropout "drop"(%n, %rate)
    %y: f32[N,2] = Dropout(%d)
    return %y
)";

TEST(TrainingForward, DrawsAndKeepsRunningStatisticsAsALayeredModelDoes) {
  Module module = Imported(kNormalised);
  const Status added = AddTrainingForward(module, Operators());
  ASSERT_TRUE(added) << added.error().ToString();
  const Status verified = VerifyModule(module, Operators());
  ASSERT_TRUE(verified) << verified.error().ToString();
  const Value x(Tensor::Of<float>({4, 2}, {1, 10, 2, 20, 3, 30, 6, 20}));
  StateValues states;
  const Value inputs[] = {x, Tensor::Scalar<int64_t>(5), Tensor::Scalar<int64_t>(0)};
  auto trained = RunReference(module, Operators(), kForwardTraining, inputs, states);
  ASSERT_TRUE(trained) << trained.error().ToString();
  // A quarter of the batch's mean (3 and 20) and of its variance (3.5 and 50).
  EXPECT_NEAR(states.at("mean").AsDouble(0), 0.75, 1e-6);
  EXPECT_NEAR(states.at("mean").AsDouble(1), 5, 1e-6);
  EXPECT_NEAR(states.at("variance").AsDouble(0), 0.75 + 3.5 / 4, 1e-6);
  EXPECT_NEAR(states.at("variance").AsDouble(1), 0.75 + 50.0 / 4, 1e-5);
  int zeros = 0;
  for (const float v : (*trained)[0].tensor().data<float>()) zeros += v == 0 ? 1 : 0;
  EXPECT_GT(zeros, 0);
  EXPECT_LT(zeros, 8);
  // Inference is what it was.
  StateValues untouched;
  auto plain = RunReference(module, Operators(), kForward, std::span(&x, 1), untouched);
  ASSERT_TRUE(plain) << plain.error().ToString();
  EXPECT_TRUE(untouched.empty());
  EXPECT_NEAR((*plain)[0].tensor().AsDouble(0), 1, 1e-4);
}

TEST(TrainingForward, AModelThatIsTheSameInTrainingStaysAlone) {
  Module module = Imported("    %y: f32[N,2] = Relu(%x)\n    return %y\n");
  ASSERT_TRUE(AddTrainingForward(module, Operators()));
  EXPECT_EQ(module.FindFunction(kForwardTraining), nullptr);
}

TEST(TrainingForward, ARatioThatIsNotKnownIsRefused) {
  Module module = Imported(R"(
    %s = read @scale
    %sum: f32[] = ReduceSum(%s) {keepdims = 0}
    %y: f32[N,2] = Dropout "late"(%x, %sum)
    return %y
)");
  const Status added = AddTrainingForward(module, Operators());
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().message, "Dropout 'late': its ratio must be a constant");
}

}  // namespace
}  // namespace sinter
