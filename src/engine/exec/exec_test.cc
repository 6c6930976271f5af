// Programs run by the executor give what the reference gives.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/random.h"
#include "engine/device/reference/interpreter.h"
#include "engine/exec/executable.h"
#include "engine/exec/memory_plan.h"
#include "engine/graph/infer.h"
#include "engine/graph/text.h"
#include "engine/ops/catalog.h"
#include "engine/ops/testing/sample.h"
#include "training/autodiff/training_step.h"

namespace sinter {
namespace {

uint64_t Seed() {
  static const uint64_t seed =
      static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  return seed;
}

Module Parse(std::string_view text) {
  auto module = ParseModule(text);
  EXPECT_TRUE(module) << module.error().ToString();
  auto inferred = InferModule(*module, Operators());
  EXPECT_TRUE(inferred) << inferred.error().ToString();
  return *std::move(module);
}

Tensor Random(DType dtype, Dims dims, uint64_t stream, double scale = 1) {
  Tensor tensor = *Tensor::Create(dtype, std::move(dims));
  uint64_t i = 0;
  DispatchIn<kNumeric>(dtype, [&]<class T>() {
    for (T& x : tensor.mutable_data<T>()) {
      if constexpr (std::is_integral_v<T>)
        x = static_cast<T>(RandomBelow(11, stream, i++, static_cast<uint64_t>(scale)));
      else
        x = static_cast<T>(static_cast<float>(scale * RandomNormal(11, stream, i++)));
    }
  });
  return tensor;
}

double LargestDifference(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.dims(), b.dims());
  double most = 0, scale = 1e-30;
  for (int64_t i = 0; i < std::min(a.elements(), b.elements()); ++i) {
    most = std::max(most, std::abs(a.AsDouble(i) - b.AsDouble(i)));
    scale = std::max(scale, std::abs(b.AsDouble(i)));
  }
  return most / scale;
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
    return %y
  }
  func @loss(%x: f32[N,1,14,14], %labels: i64[N]) {
    %y = call @forward(%x)
    %l = SoftmaxCrossEntropyLoss(%y, %labels)
    return %l, %y
  }
})";

StateValues RandomStates(const Module& module) {
  StateValues states;
  uint64_t stream = 0;
  for (const State& state : module.states) {
    Dims dims;
    for (const Dim& dim : state.type.shape) dims.push_back(*dim.Constant());
    states[state.name] = Random(state.type.dtype, dims, ++stream, 0.2);
  }
  return states;
}

void Fill(States& states, const StateValues& values) {
  for (const auto& [name, value] : values) ASSERT_TRUE(states.Set(name, value));
}

TEST(Exec, ACnnAgreesWithTheReferenceAtSeveralBatchSizes) {
  const Module module = Parse(kCnn);
  const StateValues values = RandomStates(module);
  auto executable = Executable::Compile(module);
  ASSERT_TRUE(executable) << executable.error().ToString();
  Fill(*(*executable)->states(), values);
  auto session = (*executable)->OpenSession();
  ASSERT_TRUE(session);
  for (int64_t n : {1, 7, 32, 7}) {
    const std::vector<Tensor> inputs{Random(DType::kF32, {n, 1, 14, 14}, 50 + static_cast<uint64_t>(n))};
    auto results = (*session)->Run("forward", inputs);
    ASSERT_TRUE(results) << results.error().ToString();
    StateValues states = values;
    auto expected = RunReference(module, Operators(), "forward", std::vector<Value>{inputs[0]}, states);
    ASSERT_TRUE(expected) << expected.error().ToString();
    EXPECT_LT(LargestDifference((*results)[0].tensor(), (*expected)[0].tensor()), 1e-4);
  }
}

TEST(Exec, ATrainingStepAgreesWithTheReference) {
  for (auto kind : {OptimizerSpec::Kind::kSgd, OptimizerSpec::Kind::kAdamW}) {
    Module module = Parse(kCnn);
    TrainingStepSpec spec;
    spec.optimizer.kind = kind;
    spec.optimizer.weight_decay = 0.01;
    spec.optimizer.clip_norm = 1.0;
    auto added = AddTrainingStep(module, spec, Operators());
    ASSERT_TRUE(added) << added.error().ToString();
    StateValues values = RandomStates(module);
    for (auto& [name, value] : values) {
      if (name.starts_with("opt.v.")) {
        for (float& v : value.mutable_data<float>()) v = std::abs(v);
      }
    }
    auto executable = Executable::Compile(module);
    ASSERT_TRUE(executable) << executable.error().ToString();
    Fill(*(*executable)->states(), values);
    auto session = (*executable)->OpenSession();
    ASSERT_TRUE(session);
    for (int64_t step = 1; step <= 3; ++step) {
      const std::vector<Tensor> inputs{Random(DType::kF32, {16, 1, 14, 14}, 80 + static_cast<uint64_t>(step)),
                                       Random(DType::kI64, {16}, 90, 10), Tensor::Scalar(0.05f),
                                       Tensor::Scalar(1.0f), Tensor::Scalar<int64_t>(step)};
      auto results = (*session)->Run("train_step", inputs);
      ASSERT_TRUE(results) << results.error().ToString();
      auto expected = RunReference(module, Operators(), "train_step",
                                   std::vector<Value>(inputs.begin(), inputs.end()), values);
      ASSERT_TRUE(expected) << expected.error().ToString();
      for (size_t i = 0; i < expected->size(); ++i)
        EXPECT_LT(LargestDifference((*results)[i].tensor(), (*expected)[i].tensor()), 1e-4) << i;
      for (const auto& [name, value] : values) {
        EXPECT_LT(LargestDifference(*(*executable)->states()->Get(name), value), 1e-4)
            << name << " after step " << step;
      }
    }
  }
}

TEST(Exec, MemoryIsBoundedWhateverShapesArrive) {
  auto executable = Executable::Compile(Parse(kCnn), {.functions = {"forward"}});
  ASSERT_TRUE(executable);
  auto session = (*executable)->OpenSession();
  auto run = [&](int64_t n) {
    ASSERT_TRUE((*session)->Run("forward", std::vector<Tensor>{Random(DType::kF32, {n, 1, 14, 14}, 1)}));
  };
  run(64);
  const size_t most = (*session)->ArenaBytes();
  for (int i = 0; i < 600; ++i)
    run(1 + static_cast<int64_t>(RandomBelow(Seed(), 1, static_cast<uint64_t>(i), 8)));
  EXPECT_LT((*session)->ArenaBytes(), most / 2) << "a large shape long ago is still paid for";
  run(64);
  EXPECT_LE((*session)->ArenaBytes(), most);
}

TEST(Exec, InputsAreCheckedByName) {
  auto executable = Executable::Compile(Parse(kCnn), {.functions = {"forward"}});
  ASSERT_TRUE(executable);
  auto session = (*executable)->OpenSession();
  auto error = [&](Tensor input) {
    auto result = (*session)->Run("forward", std::vector<Tensor>{std::move(input)});
    return result ? std::string("none") : result.error().message;
  };
  EXPECT_EQ(error(Random(DType::kF64, {1, 1, 14, 14}, 1)),
            "input 'x' must be f32[N,1,14,14]; f64[1,1,14,14] was given");
  EXPECT_EQ(error(Random(DType::kF32, {1, 1, 14}, 1)),
            "input 'x' must be f32[N,1,14,14]; f32[1,1,14] was given");
  EXPECT_EQ(error(Random(DType::kF32, {1, 1, 14, 15}, 1)),
            "input 'x' must be f32[N,1,14,14]; dimension 3 of f32[1,1,14,15] is 15");
  EXPECT_EQ(error(Random(DType::kF32, {513, 1, 14, 14}, 1)), "N is 513; it must be in 1..512");
}

TEST(Exec, SizesBornAtRunTime) {
  const Module module = Parse(R"(module m {
    symbol N in 1..100
    func @f(%x: f32[N]) {
      %i = NonZero(%x)
      %t = Transpose(%i)
      %v = GatherND(%x, %t)
      %y = Relu(%v)
      %d = Add(%x, %x)
      return %y, %d
    }
  })");
  auto executable = Executable::Compile(module);
  ASSERT_TRUE(executable) << executable.error().ToString();
  auto session = (*executable)->OpenSession();
  for (int round = 0; round < 2; ++round) {
    auto results = (*session)->Run("f", std::vector<Tensor>{Tensor::Of<float>({5}, {0, 1, 0, -2, 3})});
    ASSERT_TRUE(results) << results.error().ToString();
    EXPECT_TRUE((*results)[0].tensor().SameAs(Tensor::Of<float>({3}, {1, 0, 3})));
    EXPECT_TRUE((*results)[1].tensor().SameAs(Tensor::Of<float>({5}, {0, 2, 0, -4, 6})));
  }
}

// What a branch or a loop gives may be a value from outside it: its bytes must not be used again.
TEST(Exec, RegionsMayGiveOuterValues) {
  const Module module = Parse(R"(module m {
    func @f(%x: f32[3], %c: bool[], %n: i64[]) {
      %v = Mul(%x, %x)
      %w = Neg(%x)
      %y = If(%c) then_branch() {
        yield %v
      } else_branch() {
        yield %w
      }
      %z = Loop(%n, , %w) body(%i: i64[], %go: bool[], %h: f32[3]) {
        %k = Add(%h, %h)
        yield %go, %k
      }
      %a = Exp(%x)
      %b = Add(%a, %a)
      %d = Mul(%b, %a)
      return %y, %z, %d
    }
  })");
  auto executable = Executable::Compile(module);
  ASSERT_TRUE(executable) << executable.error().ToString();
  auto session = (*executable)->OpenSession();
  for (bool condition : {true, false}) {
    for (int64_t trips : {0, 1}) {
      const std::vector<Tensor> inputs{Tensor::Of<float>({3}, {1, 2, 3}), Tensor::Scalar(condition),
                                       Tensor::Scalar(trips)};
      auto results = (*session)->Run("f", inputs);
      ASSERT_TRUE(results) << results.error().ToString();
      EXPECT_TRUE((*results)[0].tensor().SameAs(condition ? Tensor::Of<float>({3}, {1, 4, 9})
                                                          : Tensor::Of<float>({3}, {-1, -2, -3})));
      EXPECT_TRUE((*results)[1].tensor().SameAs(trips == 0 ? Tensor::Of<float>({3}, {-1, -2, -3})
                                                           : Tensor::Of<float>({3}, {-2, -4, -6})));
    }
  }
}

// A result that is a state's value at entry, and states that exchange their values, through views too.
TEST(Exec, OldValuesOfStatesSurviveTheUpdate) {
  auto executable = Executable::Compile(Parse(R"(module m {
    state shared @s: f32[2] = f32[2]{1.0, 2.0}
    state shared @t: f32[2] = f32[2]{3.0, 4.0}
    func @f(%x: f32[2]) {
      %s = read @s
      %t = read @t
      %flat = Flatten(%t)
      %shape = Constant() {value = i64[1]{2}}
      %old = Reshape(%flat, %shape)
      %next = Add(%t, %x)
      update @s = %old
      update @t = %next
      return %s, %old
    }
  })"));
  ASSERT_TRUE(executable) << executable.error().ToString();
  auto session = (*executable)->OpenSession();
  auto results = (*session)->Run("f", std::vector<Tensor>{Tensor::Of<float>({2}, {10, 10})});
  ASSERT_TRUE(results) << results.error().ToString();
  EXPECT_TRUE((*results)[0].tensor().SameAs(Tensor::Of<float>({2}, {1, 2})));
  EXPECT_TRUE((*results)[1].tensor().SameAs(Tensor::Of<float>({2}, {3, 4})));
  EXPECT_TRUE((*executable)->states()->Get("s")->SameAs(Tensor::Of<float>({2}, {3, 4})));
  EXPECT_TRUE((*executable)->states()->Get("t")->SameAs(Tensor::Of<float>({2}, {13, 14})));
}

// States' reads become constants: weights that never change.
Module Frozen(Module module, const StateValues& values) {
  for (Function& function : module.functions) {
    std::vector<Node> nodes;
    for (const StateUse& read : function.reads) {
      Node constant;
      constant.op = "Constant";
      constant.outputs = {read.value};
      constant.attributes["value"] = values.at(read.state);
      nodes.push_back(std::move(constant));
    }
    function.reads.clear();
    for (Node& node : function.body.nodes) nodes.push_back(std::move(node));
    function.body.nodes = std::move(nodes);
  }
  return module;
}

size_t Count(const std::string& text, std::string_view word) {
  size_t count = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

// Products and convolutions compute the bias and the Relu after them, but for those of which another reads
// what stands between.
TEST(Exec, WhatFollowsAProductIsComputedWithIt) {
  const Module states = Parse(R"(module m {
    symbol N in 1..300
    state shared @w1: f32[4,2,3,3]
    state shared @b1: f32[4]
    state shared @w2: f32[4,4,3,3]
    state shared @w3: f32[120,1100]
    state shared @b3: f32[1100]
    state shared @w4: f32[9,1100]
    state shared @b4: f32[1,9]
    func @f(%x: f32[N,2,6,5]) {
      %w1 = read @w1
      %b1 = read @b1
      %w2 = read @w2
      %w3 = read @w3
      %b3 = read @b3
      %w4 = read @w4
      %b4 = read @b4
      %c = Conv(%x, %w1, %b1) {pads = [1,1,1,1]}
      %r = Relu(%c)
      %d = Conv(%r, %w2) {pads = [1,1,1,1]}
      %e = Relu(%d)
      %g = Add(%e, %d)
      %h = Flatten(%g)
      %m = MatMul(%h, %w3)
      %a = Add(%b3, %m)
      %k = Relu(%a)
      %y = Gemm(%k, %w4, %b4) {transB = 1}
      %z = Relu(%y)
      return %z, %y
    }
  })");
  const Module module = Frozen(states, RandomStates(states));
  auto executable = Executable::Compile(module);
  ASSERT_TRUE(executable) << executable.error().ToString();
  const std::string explained = (*executable)->Explain();
  EXPECT_EQ(Count(explained, "    with %"), 3u) << explained;  // r; a and k
  EXPECT_EQ(Count(explained, "onednn.packed_product"), 2u) << explained;
  auto session = (*executable)->OpenSession();
  for (int64_t n : {1, 3, 16, 21, 130, 300}) {
    const std::vector<Tensor> inputs{Random(DType::kF32, {n, 2, 6, 5}, 60 + static_cast<uint64_t>(n))};
    auto results = (*session)->Run("f", inputs);
    ASSERT_TRUE(results) << results.error().ToString();
    StateValues none;
    auto expected = RunReference(module, Operators(), "f", std::vector<Value>{inputs[0]}, none);
    ASSERT_TRUE(expected) << expected.error().ToString();
    for (size_t i = 0; i < 2; ++i)
      EXPECT_LT(LargestDifference((*results)[i].tensor(), (*expected)[i].tensor()), 1e-5) << n << " " << i;
  }
}

// Pools by pairs after a convolution, straight and in blocks of channels, with odd sizes; a pool whose input
// another reads, or of other windows, is a step of its own.
TEST(Exec, PoolsAreComputedWithTheConvolutionBefore) {
  const Module states = Parse(R"(module m {
    symbol N in 1..64
    state shared @w1: f32[6,1,3,3]
    state shared @b1: f32[6]
    state shared @w2: f32[32,6,3,3]
    state shared @w3: f32[16,32,3,3]
    state shared @w4: f32[16,16,1,1]
    func @f(%x: f32[N,1,39,41]) {
      %w1 = read @w1
      %b1 = read @b1
      %w2 = read @w2
      %w3 = read @w3
      %w4 = read @w4
      %c = Conv(%x, %w1, %b1) {pads = [1,1,1,1]}
      %r = Relu(%c)
      %p = MaxPool(%r) {kernel_shape = [2,2], strides = [2,2]}
      %d = Conv(%p, %w2) {pads = [1,1,1,1]}
      %q = MaxPool(%d) {kernel_shape = [2,2], strides = [2,2]}
      %e = Conv(%q, %w3) {pads = [1,1,1,1]}
      %s = Relu(%e)
      %t = MaxPool(%s) {kernel_shape = [2,2], strides = [2,2]}
      %g = Conv(%t, %w4)
      %u = Relu(%g)
      %v = MaxPool(%u) {kernel_shape = [3,3], strides = [2,2]}
      %z = MaxPool(%g) {kernel_shape = [2,2], strides = [2,2]}
      return %t, %v, %z
    }
  })");
  const Module module = Frozen(states, RandomStates(states));
  auto executable = Executable::Compile(module);
  ASSERT_TRUE(executable) << executable.error().ToString();
  const std::string explained = (*executable)->Explain();
  EXPECT_GE(Count(explained, "    with %"), 2u) << explained;
  auto session = (*executable)->OpenSession();
  for (int64_t n : {1, 8, 19}) {
    const std::vector<Tensor> inputs{Random(DType::kF32, {n, 1, 39, 41}, 70 + static_cast<uint64_t>(n))};
    auto results = (*session)->Run("f", inputs);
    ASSERT_TRUE(results) << results.error().ToString();
    StateValues none;
    auto expected = RunReference(module, Operators(), "f", std::vector<Value>{inputs[0]}, none);
    ASSERT_TRUE(expected) << expected.error().ToString();
    for (size_t i = 0; i < 3; ++i)
      EXPECT_LT(LargestDifference((*results)[i].tensor(), (*expected)[i].tensor()), 1e-5)
          << n << " " << i << "\n"
          << explained;
  }
}

// One picture alone is shared by two threads, half of the filters each.
TEST(Exec, OnePictureOnTwoThreads) {
  const Module states = Parse(R"(module m {
    symbol N in 1..64
    state shared @w: f32[64,32,3,3]
    state shared @b: f32[64]
    func @plain(%x: f32[N,32,14,14]) {
      %w = read @w
      %y = Conv(%x, %w) {pads = [1,1,1,1]}
      return %y
    }
    func @pooled(%x: f32[N,32,14,14]) {
      %w = read @w
      %b = read @b
      %c = Conv(%x, %w, %b) {pads = [1,1,1,1]}
      %r = Relu(%c)
      %y = MaxPool(%r) {kernel_shape = [2,2], strides = [2,2]}
      return %y
    }
  })");
  const Module module = Frozen(states, RandomStates(states));
  for (int threads : {1, 2, 3}) {
    ThreadPool pool(threads);
    auto executable = Executable::Compile(module, {.pool = &pool});
    ASSERT_TRUE(executable) << executable.error().ToString();
    auto session = (*executable)->OpenSession();
    for (const char* function : {"plain", "pooled"}) {
      for (int64_t n : {1, 2}) {
        const std::vector<Tensor> inputs{Random(DType::kF32, {n, 32, 14, 14}, 80 + static_cast<uint64_t>(n))};
        auto results = (*session)->Run(function, inputs);
        ASSERT_TRUE(results) << results.error().ToString();
        StateValues none;
        auto expected = RunReference(module, Operators(), function, std::vector<Value>{inputs[0]}, none);
        EXPECT_LT(LargestDifference((*results)[0].tensor(), (*expected)[0].tensor()), 1e-5)
            << function << " " << n << " on " << threads;
      }
    }
  }
}

// Views of what the caller gives, where inlining and passes numbered their values out of order.
TEST(Exec, ViewsOfViewsFollowTheInput) {
  const Module module = Parse(R"(module m {
    func @rows(%x: f32[2,3]) {
      %y = Flatten(%x)
      %shape = Constant() {value = i64[1]{6}}
      %z = Reshape(%y, %shape)
      return %z
    }
    func @f(%x: f32[2,3]) {
      %shape = Constant() {value = i64[2]{3, 2}}
      %a = call @rows(%x)
      %b = Reshape(%a, %shape)
      return %b
    }
  })");
  for (bool optimise : {false, true}) {
    auto executable = Executable::Compile(module, {.functions = {"f"}, .optimise = optimise});
    ASSERT_TRUE(executable) << executable.error().ToString();
    auto session = (*executable)->OpenSession();
    for (float first : {1.0f, 7.0f, 9.0f}) {
      auto results =
          (*session)->Run("f", std::vector<Tensor>{Tensor::Of<float>({2, 3}, {first, 2, 3, 4, 5, 6})});
      ASSERT_TRUE(results) << results.error().ToString();
      ASSERT_NE((*results)[0].tensor().raw(), nullptr);
      EXPECT_TRUE((*results)[0].tensor().SameAs(Tensor::Of<float>({3, 2}, {first, 2, 3, 4, 5, 6})));
    }
  }
}

TEST(Exec, LongFunctionsCompileInSeconds) {
  constexpr int kNodes = 20000;
  std::string text = "module m {\n  func @f(%x0: f32[4]) {\n";
  for (int i = 0; i < kNodes; ++i) text += fmt::format("%x{} = Sin(%x{})\n", i + 1, i);
  text += fmt::format("return %x{}\n}}\n}}\n", kNodes);
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(Executable::Compile(Parse(text), {.optimise = false}));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

// A constant expression that fails stands in a branch that is not taken.
TEST(Exec, WhatIsNotReachedMayFail) {
  auto executable = Executable::Compile(Parse(R"(module m {
    func @f(%x: f32[2], %c: bool[]) {
      %data = Constant() {value = f32[2]{1.0, 2.0}}
      %far = Constant() {value = i64[1]{7}}
      %y = If(%c) then_branch() {
        %g = Gather(%data, %far)
        %s = Add(%x, %g)
        yield %s
      } else_branch() {
        yield %x
      }
      return %y
    }
  })"));
  ASSERT_TRUE(executable) << executable.error().ToString();
  auto session = (*executable)->OpenSession();
  const Tensor x = Tensor::Of<float>({2}, {1, 2});
  auto results = (*session)->Run("f", std::vector<Tensor>{x, Tensor::Scalar(false)});
  ASSERT_TRUE(results) << results.error().ToString();
  EXPECT_TRUE((*results)[0].tensor().SameAs(x));
  EXPECT_FALSE((*session)->Run("f", std::vector<Tensor>{x, Tensor::Scalar(true)}));
}

TEST(Exec, ProductsOverNothing) {
  auto executable = Executable::Compile(Parse(R"(module m {
    func @f(%x: f32[2,0], %y: f32[0,3]) {
      %a = Relu(%x)
      %p = MatMul(%a, %y)
      %q = Gemm(%a, %y)
      return %p, %q
    }
  })"));
  ASSERT_TRUE(executable) << executable.error().ToString();
  auto session = (*executable)->OpenSession();
  auto results = (*session)->Run(
      "f", std::vector<Tensor>{Random(DType::kF32, {2, 0}, 1), Random(DType::kF32, {0, 3}, 1)});
  ASSERT_TRUE(results) << results.error().ToString();
  for (const Value& result : *results) {
    for (int64_t i = 0; i < 6; ++i) EXPECT_EQ(result.tensor().AsDouble(i), 0);
  }
}

TEST(Exec, BatchStatisticsOfNothing) {
  const Module module = Parse(R"(module m {
    func @f(%x: f32[2,3,0,4], %s: f32[3]) {
      %y, %mean, %variance = BatchNormalization(%x, %s, %s, %s, %s) {training_mode = 1}
      return %y, %mean, %variance
    }
  })");
  auto executable = Executable::Compile(module);
  ASSERT_TRUE(executable) << executable.error().ToString();
  auto session = (*executable)->OpenSession();
  const std::vector<Tensor> inputs{Random(DType::kF32, {2, 3, 0, 4}, 1), Random(DType::kF32, {3}, 2)};
  auto results = (*session)->Run("f", inputs);
  ASSERT_TRUE(results) << results.error().ToString();
  StateValues states;
  auto expected =
      RunReference(module, Operators(), "f", std::vector<Value>(inputs.begin(), inputs.end()), states);
  ASSERT_TRUE(expected) << expected.error().ToString();
  for (size_t i = 0; i < 3; ++i)
    EXPECT_LT(LargestDifference((*results)[i].tensor(), (*expected)[i].tensor()), 1e-6) << i;
}

TEST(Exec, NoChannelsAndNoPictures) {
  for (int64_t channels : {0, 2}) {
    for (int64_t n : {0, 1}) {
      auto executable = Executable::Compile(Parse(fmt::format(R"(module m {{
        state shared @w: f32[8,{0},3,3]
        func @f(%x: f32[{1},{0},8,8]) {{
          %w = read @w
          %b = Constant() {{value = f32[8]{{1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0}}}}
          %c = Conv(%x, %w, %b)
          %r = Relu(%c)
          %p = MaxPool(%r) {{kernel_shape = [2,2], strides = [2,2]}}
          %d = Conv(%x, %w)
          return %p, %d
        }}
      }})",
                                                              channels, n)));
      ASSERT_TRUE(executable) << executable.error().ToString();
      auto session = (*executable)->OpenSession();
      auto results = (*session)->Run("f", std::vector<Tensor>{Random(DType::kF32, {n, channels, 8, 8}, 1)});
      ASSERT_TRUE(results) << results.error().ToString();
      for (int64_t i = 0; i < (*results)[0].tensor().elements(); ++i)
        EXPECT_EQ((*results)[0].tensor().AsDouble(i), i / 9 % 8 == 7 ? 2 : 1);
      for (int64_t i = 0; i < (*results)[1].tensor().elements(); ++i)
        EXPECT_EQ((*results)[1].tensor().AsDouble(i), 0);
    }
  }
}

// NaNs and negative zeros through Relu and a pool, computed with the convolution and not.
TEST(Exec, NotANumberThroughWhatFollows) {
  const Module module = Parse(R"(module m {
    func @f(%x: f32[1,1,4,4]) {
      %w = Constant() {value = f32[1,1,1,1]{1.0}}
      %c = Conv(%x, %w)
      %r = Relu(%c)
      %p = MaxPool(%r) {kernel_shape = [2,2], strides = [2,2]}
      return %p
    }
    func @g(%x: f32[1,1,4,4]) {
      %w = Constant() {value = f32[1,1,1,1]{1.0}}
      %c = Conv(%x, %w)
      %r = Relu(%c)
      %p = MaxPool(%r) {kernel_shape = [2,2], strides = [2,2]}
      return %p, %r
    }
  })");
  auto executable = Executable::Compile(module);
  ASSERT_TRUE(executable);
  auto session = (*executable)->OpenSession();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<Tensor> x{
      Tensor::Of<float>({1, 1, 4, 4}, {nan, 5, nan, nan, 1, 2, nan, nan, 1, 2, -3, -4, 3, nan, -5, -6})};
  const Tensor fused = *(*(*session)->Run("f", x))[0].tensor().Clone();
  const Tensor apart = *(*(*session)->Run("g", x))[0].tensor().Clone();
  for (int64_t i = 0; i < 4; ++i) EXPECT_EQ(fused.AsDouble(i), apart.AsDouble(i)) << i;
}

TEST(Exec, CancelledRunsStop) {
  auto executable = Executable::Compile(Parse(kCnn), {.functions = {"forward"}});
  auto session = (*executable)->OpenSession();
  CancelSource source;
  source.Cancel();
  auto result = (*session)->Run("forward", std::vector<Tensor>{Random(DType::kF32, {1, 1, 14, 14}, 1)},
                                {source.token()});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
}

TEST(Exec, ConcurrentCallersShareWeights) {
  auto executable = Executable::Compile(Parse(kCnn), {.functions = {"forward"}});
  ASSERT_TRUE(executable);
  Fill(*(*executable)->states(), RandomStates((*executable)->module()));
  const Tensor input = Random(DType::kF32, {8, 1, 14, 14}, 5);
  auto first = (*executable)->OpenSession();
  const Tensor expected = *(*(*first)->Run("forward", std::vector<Tensor>{input}))[0].tensor().Clone();
  std::vector<std::thread> threads;
  threads.reserve(4);
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      auto session = (*executable)->OpenSession();
      for (int i = 0; i < 50; ++i) {
        auto results = (*session)->Run("forward", std::vector<Tensor>{input});
        if (!results || !(*results)[0].tensor().SameAs(expected)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
}

TEST(MemoryPlan, BlocksAliveTogetherDoNotOverlap) {
  SCOPED_TRACE(testing::Message() << "seed " << Seed());
  for (uint64_t round = 0; round < 50; ++round) {
    std::vector<Lifetime> lives;
    size_t total = 0;
    for (uint64_t i = 0; i < 40; ++i) {
      const int first = static_cast<int>(RandomBelow(Seed(), round, 3 * i, 30));
      lives.push_back({RandomBelow(Seed(), round, 3 * i + 1, 5000), first,
                       first + static_cast<int>(RandomBelow(Seed(), round, 3 * i + 2, 6))});
      total += (lives.back().bytes + 63) / 64 * 64;
    }
    const MemoryPlan plan = PlanMemory(lives);
    EXPECT_LT(plan.bytes, total);
    for (size_t a = 0; a < lives.size(); ++a) {
      ASSERT_EQ(plan.offsets[a] % 64, 0u);
      ASSERT_LE(plan.offsets[a] + lives[a].bytes, plan.bytes);
      for (size_t b = 0; b < a; ++b) {
        if (lives[a].last < lives[b].first || lives[b].last < lives[a].first) continue;
        ASSERT_TRUE(plan.offsets[a] + lives[a].bytes <= plan.offsets[b] ||
                    plan.offsets[b] + lives[b].bytes <= plan.offsets[a]);
      }
    }
  }
}

}  // namespace
}  // namespace sinter
