#include "engine/models/sequential.h"

#include <cmath>

#include <gtest/gtest.h>

#include "engine/device/reference/interpreter.h"
#include "engine/graph/text.h"
#include "engine/graph/verifier.h"
#include "engine/ops/catalog.h"

namespace sinter {
namespace {

SequentialSpec SmallCnn() {
  return {.name = "cnn",
          .input_shape = {1, 8, 8},
          .layers = {{.kind = LayerKind::kConv2d, .units = 4, .same_padding = true},
                     {.kind = LayerKind::kBatchNorm},
                     {.kind = LayerKind::kActivation, .activation = Activation::kRelu},
                     {.kind = LayerKind::kMaxPool},
                     {.kind = LayerKind::kDropout, .rate = 0.25},
                     {.kind = LayerKind::kFlatten},
                     {.kind = LayerKind::kLayerNorm},
                     {.kind = LayerKind::kDense, .units = 3}},
          .seed = 7};
}

Tensor Ramp(Dims dims) {
  Tensor x = *Tensor::Create(DType::kF32, std::move(dims));
  float value = -1;
  for (float& element : x.mutable_data<float>()) element = value = value > 1 ? -1 : value + 0.07F;
  return x;
}

TEST(Sequential, BuildsBothVariantsThatVerifyAndPrint) {
  auto module = BuildSequential(SmallCnn(), Operators());
  ASSERT_TRUE(module) << module.error().ToString();
  auto verified = VerifyModule(*module, Operators());
  ASSERT_TRUE(verified) << verified.error().ToString();
  const std::string text = PrintModule(*module);
  auto again = ParseModule(text);
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(PrintModule(*again), text);
  ASSERT_NE(module->FindState("conv2d1.weight"), nullptr);
  EXPECT_EQ(module->FindState("dense1.weight")->type.ToString(), "f32[64,3]");
  EXPECT_FALSE(module->FindState("batch_norm1.running_mean")->trainable);
  EXPECT_EQ(module->FindFunction(kForward)->updates.size(), 0U);
  EXPECT_EQ(module->FindFunction(kForwardTraining)->updates.size(), 2U);
}

TEST(Sequential, RunsAndUpdatesRunningStatisticsInTrainingAlone) {
  auto module = BuildSequential(SmallCnn(), Operators());
  ASSERT_TRUE(module) << module.error().ToString();
  StateValues states;
  const Value x(Ramp({5, 1, 8, 8}));
  auto logits = RunReference(*module, Operators(), kForward, std::span(&x, 1), states);
  ASSERT_TRUE(logits) << logits.error().ToString();
  EXPECT_EQ((*logits)[0].tensor().dims(), (Dims{5, 3}));
  EXPECT_TRUE(states.empty());
  const Value inputs[] = {x, Tensor::Scalar<int64_t>(3), Tensor::Scalar<int64_t>(0)};
  auto trained = RunReference(*module, Operators(), kForwardTraining, inputs, states);
  ASSERT_TRUE(trained) << trained.error().ToString();
  ASSERT_TRUE(states.contains("batch_norm1.running_var"));
  EXPECT_NE(states["batch_norm1.running_mean"].AsDouble(0), 0.0);
  EXPECT_FALSE((*trained)[0].tensor().SameAs((*logits)[0].tensor()));
}

TEST(Sequential, WeightsDependOnTheSeedAlone) {
  SequentialSpec spec = SmallCnn();
  auto a = BuildSequential(spec, Operators()), b = BuildSequential(spec, Operators());
  ASSERT_TRUE(a && b);
  EXPECT_EQ(PrintModule(*a), PrintModule(*b));
  spec.seed = 8;
  auto c = BuildSequential(spec, Operators());
  ASSERT_TRUE(c);
  EXPECT_NE(PrintModule(*a), PrintModule(*c));
}

// Where a rectifier follows, past normalisation, the variance is 2 / fan_in; else uniform within Glorot's
// limit.
TEST(Sequential, WeightsFollowHeAndGlorot) {
  SequentialSpec spec{.dtype = DType::kF64,
                      .input_shape = {200},
                      .layers = {{.kind = LayerKind::kDense, .units = 300, .activation = Activation::kRelu},
                                 {.kind = LayerKind::kDense, .units = 100}},
                      .seed = 1};
  auto module = BuildSequential(spec, Operators());
  ASSERT_TRUE(module) << module.error().ToString();
  double squares = 0;
  for (double w : module->FindState("dense1.weight")->initial->data<double>()) squares += w * w;
  EXPECT_NEAR(squares / (200 * 300), 2.0 / 200, 0.0003);
  double largest = 0;
  for (double w : module->FindState("dense2.weight")->initial->data<double>())
    largest = std::max(largest, std::abs(w));
  EXPECT_LE(largest, std::sqrt(6.0 / 400));
  EXPECT_GE(largest, 0.99 * std::sqrt(6.0 / 400));
}

TEST(Sequential, EveryActivationRuns) {
  for (const char* name :
       {"none", "relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "softplus"}) {
    const auto activation = ParseActivation(name);
    ASSERT_TRUE(activation) << name;
    EXPECT_EQ(ActivationName(*activation), name);
    auto module = BuildSequential(
        {.input_shape = {4}, .layers = {{.kind = LayerKind::kActivation, .activation = *activation}}},
        Operators());
    ASSERT_TRUE(module) << name << ": " << module.error().ToString();
    StateValues states;
    const Value x(Tensor::Of<float>({1, 4}, {-1, 0, 1, 2}));
    auto y = RunReference(*module, Operators(), kForward, std::span(&x, 1), states);
    ASSERT_TRUE(y) << name << ": " << y.error().ToString();
    if (*activation == Activation::kGelu) {
      EXPECT_NEAR((*y)[0].tensor().AsDouble(2), 0.8413447, 1e-6);
    }
    if (*activation == Activation::kSilu) {
      EXPECT_NEAR((*y)[0].tensor().AsDouble(2), 0.7310586, 1e-6);
    }
  }
}

TEST(Sequential, ErrorsNameTheLayer) {
  SequentialSpec spec{
      .input_shape = {1, 4, 4},
      .layers = {{.kind = LayerKind::kConv2d, .units = 2}, {.kind = LayerKind::kDense, .units = 2}}};
  auto flat = BuildSequential(spec, Operators());
  ASSERT_FALSE(flat);
  EXPECT_NE(flat.error().message.find("layer 2 (dense): takes examples of rank 1"), std::string::npos)
      << flat.error().message;
  spec.layers = {{.kind = LayerKind::kConv2d, .units = 2, .kernel = {{9, 9}}}};
  auto large = BuildSequential(spec, Operators());
  ASSERT_FALSE(large);
  EXPECT_NE(large.error().message.find("layer 1 (conv2d)"), std::string::npos) << large.error().message;
  spec.dtype = DType::kI32;
  EXPECT_FALSE(BuildSequential(spec, Operators()));
}

}  // namespace
}  // namespace sinter
