#include "training/autodiff/gradient.h"

#include <cmath>

#include <gtest/gtest.h>

#include "engine/graph/clone.h"
#include "engine/graph/text.h"
#include "engine/graph/verifier.h"
#include "training/autodiff/testing.h"

namespace sinter {
namespace {

Result<Module> WithGradients(const SequentialSpec& spec) {
  TRY(Module module, BuildSequential(spec, Operators()));
  TRY_STATUS(AddTestLoss(module));
  TRY_STATUS(CloneFunction(module, "loss", "gradients"));
  Function& function = module.functions.back();
  TRY_STATUS(InlineCalls(module, function));
  function.updates.clear();
  GraphBuilder b(module, function, Operators());
  std::vector<ValueId> targets;
  for (const State& state : module.states) {
    if (state.trainable) targets.push_back(b.Read(state.name));
  }
  TRY(std::vector<ValueId> gradients, AppendGradients(b, function.body.results[0], targets));
  b.Return(std::move(gradients));
  TRY_STATUS(b.status());
  TRY_STATUS(VerifyModule(module, Operators()));
  return module;
}

// Central differences of the loss for some elements of every weight, against the graph's gradient.
void CheckAgainstDifferences(const SequentialSpec& spec) {
  auto module = WithGradients(spec);
  ASSERT_TRUE(module) << module.error().ToString();
  const TestBatch batch = RandomBatch(4, spec.input_shape, 3, 11);
  const std::vector<Value> inputs{batch.x, batch.labels, Tensor::Scalar<int64_t>(5),
                                  Tensor::Scalar<int64_t>(0)};
  StateValues none;
  auto gradients = RunReference(*module, Operators(), "gradients", inputs, none);
  ASSERT_TRUE(gradients) << gradients.error().ToString();
  size_t target = 0;
  for (const State& state : module->states) {
    if (!state.trainable) continue;
    const Tensor& gradient = (*gradients)[target++].tensor();
    ASSERT_EQ(gradient.dims(), state.initial->dims()) << state.name;
    for (int64_t i = 0; i < gradient.elements(); i += std::max<int64_t>(1, gradient.elements() / 7)) {
      double losses[2];
      constexpr double kStep = 1e-5;
      for (int side = 0; side < 2; ++side) {
        StateValues moved;
        moved[state.name] = *state.initial->Clone();
        moved[state.name].mutable_data<double>()[static_cast<size_t>(i)] += side == 0 ? -kStep : kStep;
        auto loss = RunReference(*module, Operators(), "loss", inputs, moved);
        ASSERT_TRUE(loss) << loss.error().ToString();
        losses[side] = (*loss)[0].tensor().AsDouble(0);
      }
      const double expected = (losses[1] - losses[0]) / (2 * kStep);
      EXPECT_NEAR(gradient.AsDouble(i), expected, 1e-6 * std::max(1.0, std::abs(expected)))
          << state.name << " element " << i;
    }
  }
}

TEST(Gradient, OfAnMlpAgreesWithDifferences) {
  CheckAgainstDifferences(
      {.dtype = DType::kF64,
       .input_shape = {6},
       .layers = {{.kind = LayerKind::kDense, .units = 5, .activation = Activation::kTanh},
                  {.kind = LayerKind::kLayerNorm},
                  {.kind = LayerKind::kDense, .units = 4, .activation = Activation::kGelu},
                  {.kind = LayerKind::kDropout, .rate = 0.3},
                  {.kind = LayerKind::kDense, .units = 3}},
       .seed = 2});
}

TEST(Gradient, OfACnnAgreesWithDifferences) {
  CheckAgainstDifferences(
      {.dtype = DType::kF64,
       .input_shape = {2, 6, 6},
       .layers =
           {{.kind = LayerKind::kConv2d, .units = 3, .same_padding = true},
            {.kind = LayerKind::kBatchNorm},
            {.kind = LayerKind::kActivation, .activation = Activation::kSilu},
            {.kind = LayerKind::kMaxPool},
            {.kind = LayerKind::kConv2d, .units = 4, .kernel = {{2, 2}}, .activation = Activation::kElu},
            {.kind = LayerKind::kGlobalAveragePool},
            {.kind = LayerKind::kDense, .units = 3}},
       .seed = 3});
}

TEST(Gradient, OfAStateThatTheLossDoesNotUseIsZeros) {
  auto module = ParseModule(R"(module m {
    state shared trainable @w: f64[2] = f64[2]{1.0, 2.0}
    func @f(%x: f64[2]) { %w = read @w  %s: f64[] = ReduceSum(%x) {keepdims = 0}  return %s }
  })");
  ASSERT_TRUE(module) << module.error().ToString();
  ASSERT_TRUE(InferModule(*module, Operators()));
  Function& f = *module->FindFunction("f");
  GraphBuilder b(*module, f, Operators());
  const ValueId w = b.Read("w");
  auto gradients = AppendGradients(b, f.body.results[0], std::span(&w, 1));
  ASSERT_TRUE(gradients) << gradients.error().ToString();
  b.Return(*gradients);
  StateValues none;
  const Value x(Tensor::Of<double>({2}, {3, 4}));
  auto out = RunReference(*module, Operators(), "f", std::span(&x, 1), none);
  ASSERT_TRUE(out) << out.error().ToString();
  EXPECT_TRUE((*out)[0].tensor().SameAs(Tensor::Of<double>({2}, {0, 0})));
}

TEST(Gradient, ALossThatIsNoScalarIsRefused) {
  auto module = ParseModule(R"(module m {
    state shared trainable @w: f64[2]
    func @f() { %w = read @w  return %w }
  })");
  ASSERT_TRUE(module) << module.error().ToString();
  ASSERT_TRUE(InferModule(*module, Operators()));
  Function& f = *module->FindFunction("f");
  GraphBuilder b(*module, f, Operators());
  const ValueId w = b.Read("w");
  auto gradients = AppendGradients(b, w, std::span(&w, 1));
  ASSERT_FALSE(gradients);
  EXPECT_NE(gradients.error().message.find("needs a floating-point scalar"), std::string::npos);
}

TEST(Gradient, AnOperatorWithoutGradientIsNamedWithItsReason) {
  auto module = ParseModule(R"(module m {
    state shared trainable @w: f64[2,2]
    func @f(%rate: f64[]) {
      %w = read @w
      %g, %m = sinter.MomentumUpdate "inner" (%w, %w, %w, %rate)
      %l: f64[] = ReduceSum(%g) {keepdims = 0}
      return %l
    }
  })");
  ASSERT_TRUE(module) << module.error().ToString();
  auto inferred = InferModule(*module, Operators());
  ASSERT_TRUE(inferred) << inferred.error().ToString();
  Function& f = *module->FindFunction("f");
  GraphBuilder b(*module, f, Operators());
  const ValueId w = b.Read("w");
  auto gradients = AppendGradients(b, f.body.results[0], std::span(&w, 1));
  ASSERT_FALSE(gradients);
  EXPECT_NE(gradients.error().message.find("inner"), std::string::npos) << gradients.error().message;
}

}  // namespace
}  // namespace sinter
