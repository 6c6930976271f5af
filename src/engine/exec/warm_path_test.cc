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
