// Once a shape has been seen, running it allocates nothing.
#include <gtest/gtest.h>

#include <iostream>

#include "base/testing/allocations.h"
#include "engine/exec/executable.h"
#include "engine/graph/infer.h"
#include "engine/graph/text.h"
#include "engine/ops/catalog.h"
#include "training/autodiff/training_step.h"

namespace sinter {
namespace {

Module Parse(std::string_view text) {
  auto module = ParseModule(text);
  EXPECT_TRUE(module) << module.error().ToString();
  EXPECT_TRUE(InferModule(*module, Operators()));
  return *std::move(module);
}

// What one warm run of `function` allocates; each input is zeros of its type with N = 8.
AllocationCount WarmRun(const Module& module, std::string_view function) {
  ThreadPool pool(2);
  auto executable = Executable::Compile(module, {.pool = &pool, .functions = {std::string(function)}});
  EXPECT_TRUE(executable) << executable.error().ToString();
  auto session = *(*executable)->OpenSession();
  const Function& f = *module.FindFunction(function);
  std::vector<Tensor> inputs;
  for (ValueId id : f.body.params) {
    Dims dims;
    for (const Dim& dim : f.TypeOf(id).shape) dims.push_back(dim.Constant().value_or(8));
    inputs.push_back(*Tensor::Create(f.TypeOf(id).dtype, dims, true));
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(session->Run(function, inputs));
  const AllocationCount before = AllocationsSoFar();
  const auto ran = session->Run(function, inputs);
  const AllocationCount after = AllocationsSoFar();
  EXPECT_TRUE(ran) << ran.error().ToString();
  std::cout << "@" << function << ": " << after.libraries - before.libraries
            << " allocations by libraries in a warm run\n";
  return {after.ours - before.ours, after.libraries - before.libraries};
}

constexpr std::string_view kCnn = R"(module cnn {
  symbol N in 1..512
  state shared trainable @w1: f32[4,1,3,3]
  state shared trainable @b1: f32[4]
  state shared trainable @w2: f32[10,196]
  state shared trainable @b2: f32[10]
  func @forward(%x: f32[N,1,14,14]) {
    %w1 = read @w1
    %b1 = read @b1
    %w2 = read @w2
    %b2 = read @b2
    %c = Conv(%x, %w1, %b1) {pads = [1,1,1,1]}
    %r = Relu(%c)
    %p = MaxPool(%r) {kernel_shape = [2,2], strides = [2,2]}
    %f = Flatten(%p)
    %y = Gemm(%f, %w2, %b2) {transB = 1}
    %s = Softmax(%y)
    return %s
  }
})";

TEST(WarmPath, APictureClassifierAllocatesNothing) {
  if (!CountsAllocations()) GTEST_SKIP() << "the sanitizer has its own allocator";
  EXPECT_EQ(WarmRun(Parse(kCnn), "forward").ours, 0);
}

// What normalises, pools, folds, scans, draws and quantises, in training as well.
constexpr std::string_view kRich = R"(module rich {
  symbol N in 1..512
  state shared trainable @w: f32[4,3,3,3]
  state shared trainable @scale: f32[4]
  state shared trainable @bias: f32[4]
  state shared @mean: f32[4]
  state shared @variance: f32[4]
  state shared trainable @gain: f32[16]
  state shared trainable @v: f32[16,10]
  func @loss(%x: f32[N,3,16,16], %labels: i64[N], %seed: i64[]) {
    %w = read @w
    %scale = read @scale
    %bias = read @bias
    %mean = read @mean
    %variance = read @variance
    %gain = read @gain
    %v = read @v
    %zero = Constant() {value = i64[]{0}}
    %c = Conv(%x, %w) {pads = [1,1,1,1]}
    %b, %m2, %v2 = BatchNormalization(%c, %scale, %bias, %mean, %variance) {training_mode = 1}
    %p = AveragePool(%b) {kernel_shape = [4,4], strides = [4,4]}
    %shape = Constant() {value = i64[3]{0, 4, 16}}
    %r = Reshape(%p, %shape)
    %l = LayerNormalization(%r, %gain)
    %d = sinter.SeededDropout(%l, %seed, %zero) {ratio = 0.2}
    %axis = Constant() {value = i64[1]{1}}
    %mean1 = ReduceMean(%d, %axis) {keepdims = 0}
    %most = ReduceMax(%d, %axis) {keepdims = 0}
    %joined = Add(%mean1, %most)
    %y = MatMul(%joined, %v)
    %loss = SoftmaxCrossEntropyLoss(%y, %labels)
    update @mean = %m2
    update @variance = %v2
    return %loss, %y
  }
  func @rest(%x: f32[N,40], %seed: i64[]) {
    %one = Constant() {value = i64[]{1}}
    %s = CumSum(%x, %one)
    %n = ReduceL2(%s)
    %axes = Constant() {value = i64[1]{1}}
    %product = ReduceProd(%x, %axes)
    %place = ArgMin(%s) {axis = 1, keepdims = 0}
    %shape = Shape(%x)
    %u = sinter.RandomUniform(%shape, %seed, %seed)
    %g = sinter.RandomNormal(%shape, %seed, %seed)
    %e = Sub(%u, %g)
    %step = Constant() {value = f32[]{0.1}}
    %q = QuantizeLinear(%e, %step) {output_dtype = i8}
    %f = DequantizeLinear(%q, %step)
    %soft = LogSoftmax(%f)
    return %n, %product, %place, %soft
  }
})";

TEST(WarmPath, NormalisationsPoolsAndFoldsAllocateNothing) {
  if (!CountsAllocations()) GTEST_SKIP() << "the sanitizer has its own allocator";
  Module module = Parse(kRich);
  TrainingStepSpec spec;
  spec.optimizer.kind = OptimizerSpec::Kind::kAdamW;
  spec.optimizer.clip_norm = 1.0;
  auto added = AddTrainingStep(module, spec, Operators());
  ASSERT_TRUE(added) << added.error().ToString();
  EXPECT_EQ(WarmRun(module, "train_step").ours, 0);
  EXPECT_EQ(WarmRun(module, "rest").ours, 0);
}

// The planted violation: sizes born at run time are allocated then, and the count must show it.
TEST(WarmPath, TheCountSeesAllocations) {
  if (!CountsAllocations()) GTEST_SKIP() << "the sanitizer has its own allocator";
  const Module module = Parse(R"(module m {
    symbol N in 1..100
    func @f(%x: f32[N]) {
      %i = NonZero(%x)
      return %i
    }
  })");
  EXPECT_GT(WarmRun(module, "f").ours, 0);
}

}  // namespace
}  // namespace sinter
