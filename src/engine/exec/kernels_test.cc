// Kernels on sizes at which they share out their work, and on a whole transformer layer: they agree with the
// reference, give the same bits again, and nothing falls back to the reference.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/random.h"
#include "engine/device/reference/interpreter.h"
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
  auto inferred = InferModule(*module, Operators());
  EXPECT_TRUE(inferred) << inferred.error().ToString();
  return *std::move(module);
}

Tensor Random(const Type& type, int64_t symbol, uint64_t stream) {
  Dims dims;
  for (const Dim& dim : type.shape) dims.push_back(dim.Constant().value_or(symbol));
  Tensor tensor = *Tensor::Create(type.dtype, dims);
  uint64_t i = 0;
  DispatchIn<DTypeSet{DType::kF32, DType::kF64, DType::kI32, DType::kI64}>(type.dtype, [&]<class T>() {
    for (T& x : tensor.mutable_data<T>()) {
      if constexpr (std::is_integral_v<T>)
        x = static_cast<T>(RandomBelow(5, stream, i++, 7));
      else
        x = static_cast<T>(0.5 + RandomNormal(5, stream, i++));
    }
  });
  return tensor;
}

void ExpectClose(const Tensor& got, const Tensor& expected, double tolerance, const std::string& what) {
  ASSERT_EQ(got.dims(), expected.dims()) << what;
  double most = 0, scale = 1e-30;
  for (int64_t i = 0; i < got.elements(); ++i) {
    most = std::max(most, std::abs(got.AsDouble(i) - expected.AsDouble(i)));
    scale = std::max(scale, std::abs(expected.AsDouble(i)));
  }
  EXPECT_LE(most / scale, tolerance) << what;
}

// Each result of `function` on the CPU, with one thread and with three, against the reference.
void CheckFunction(const Module& module, std::string_view function, int64_t symbol) {
  const Function& f = *module.FindFunction(function);
  std::vector<Tensor> inputs;
  inputs.reserve(f.body.params.size());
  for (ValueId id : f.body.params) inputs.push_back(Random(f.TypeOf(id), symbol, inputs.size()));
  StateValues states;
  auto expected =
      RunReference(module, Operators(), function, std::vector<Value>(inputs.begin(), inputs.end()), states);
  ASSERT_TRUE(expected) << expected.error().ToString();
  for (int threads : {1, 3}) {
    ThreadPool pool(threads);
    auto executable = Executable::Compile(module, {.pool = &pool, .functions = {std::string(function)}});
    ASSERT_TRUE(executable) << executable.error().ToString();
    EXPECT_FALSE((*executable)->Explain().contains("\n  reference")) << (*executable)->Explain();
    auto session = *(*executable)->OpenSession();
    std::vector<Tensor> first;
    for (int run = 0; run < 2; ++run) {
      auto results = session->Run(function, inputs);
      ASSERT_TRUE(results) << results.error().ToString();
      for (size_t i = 0; i < results->size(); ++i) {
        const Tensor& got = (*results)[i].tensor();
        const std::string what = std::string(function) + ", result " + std::to_string(i) + ", " +
                                 std::to_string(threads) + " threads";
        ExpectClose(got, (*expected)[i].tensor(), got.dtype() == DType::kF64 ? 1e-12 : 2e-6, what);
        if (run == 0) first.push_back(*got.Clone());
        EXPECT_TRUE(got.SameAs(first[i])) << what << ": other bits in a second run";
      }
    }
  }
}

constexpr std::string_view kLarge = R"(module large {
  symbol N in 1..4096
  func @folds(%x: f32[N,3,130], %d: f64[N,3,130], %i: i64[N,390]) {
    %a0 = Constant() {value = i64[1]{0}}
    %a1 = Constant() {value = i64[1]{1}}
    %a02 = Constant() {value = i64[2]{0, 2}}
    %all = ReduceSum(%x)
    %l2 = ReduceL2(%d)
    %rows = ReduceMean(%x, %a0)
    %middle = ReduceMax(%x, %a1)
    %outer = ReduceSumSquare(%x, %a02)
    %least = ReduceMin(%d, %a02)
    %count = ReduceSum(%i, %a0)
    %most = ReduceMax(%i)
    return %all, %l2, %rows, %middle, %outer, %least, %count, %most
  }
  func @batch(%x: f32[N,3,14,14], %g: f32[N,3,14,14], %s: f32[3], %b: f32[3], %c: f32[N,70], %t: f32[70]) {
    %y, %m, %v = BatchNormalization(%x, %s, %b, %b, %s) {training_mode = 1}
    %dx, %ds, %db = sinter.BatchNormGrad(%g, %x, %s)
    %yc = BatchNormalization(%c, %t, %t, %t, %t) {training_mode = 1}
    %dc, %dt, %du = sinter.BatchNormGrad(%c, %c, %t)
    return %y, %m, %v, %dx, %ds, %db, %yc, %dc, %dt, %du
  }
  func @wide_batch(%x: f32[N,20,5,5], %g: f32[N,20,5,5], %s: f32[20]) {
    %y, %m, %v = BatchNormalization(%x, %s, %s, %s, %s) {training_mode = 1}
    %dx, %ds, %db = sinter.BatchNormGrad(%g, %x, %s)
    return %y, %m, %v, %dx, %ds, %db
  }
  func @layer(%x: f32[N,7,96], %g: f32[N,7,96], %s: f32[96], %d: f64[N,96], %t: f64[96]) {
    %y, %m, %v = LayerNormalization(%x, %s, %s)
    %dx, %ds, %db = sinter.LayerNormGrad(%g, %x, %s)
    %z = LayerNormalization(%d, %t)
    %dd, %dt, %du = sinter.LayerNormGrad(%d, %d, %t)
    return %y, %m, %v, %dx, %ds, %db, %z, %dd, %dt, %du
  }
  func @pools(%x: f32[N,3,15,15]) {
    %p = AveragePool(%x) {kernel_shape = [3,3], pads = [1,1,1,1], strides = [2,2]}
    %q = AveragePool(%x) {kernel_shape = [2,4], pads = [0,1,1,2], count_include_pad = 1}
    %shape = Shape(%x)
    %dp = sinter.AveragePoolGrad(%p, %shape) {kernel_shape = [3,3], pads = [1,1,1,1], strides = [2,2]}
    %a = GlobalAveragePool(%x)
    return %p, %q, %dp, %a
  }
  func @scans(%x: f32[N,300], %i: i32[N,40]) {
    %one = Constant() {value = i64[]{1}}
    %zero = Constant() {value = i64[]{0}}
    %most = ArgMax(%x) {axis = 1}
    %least = ArgMin(%x) {axis = 0}
    %last = ArgMax(%i) {axis = 1, select_last_index = 1}
    %sums = CumSum(%x, %one)
    %down = CumSum(%i, %zero) {reverse = 1}
    return %most, %least, %last, %sums, %down
  }
  func @quantised(%x: f32[N,64], %s: f32[]) {
    %step = Constant() {value = f32[]{0.0625}}
    %q = QuantizeLinear(%x, %step) {output_dtype = i8}
    %y = DequantizeLinear(%q, %step)
    return %q, %y
  }
  func @drawn(%x: f32[N,130], %s: i64[]) {
    %shape = Shape(%x)
    %u = sinter.RandomUniform(%shape, %s, %s) {low = -1.0, stream = 4}
    %n = sinter.RandomNormal(%shape, %s, %s)
    %d = sinter.SeededDropout(%x, %s, %s) {ratio = 0.3}
    return %u, %n, %d
  }
})";

TEST(Kernels, AgreeWithTheReferenceWhereWorkIsShared) {
  const Module module = Parse(kLarge);
  for (const char* function : {"folds", "layer", "scans", "quantised", "drawn"})
    CheckFunction(module, function, 600);
  for (const char* function : {"batch", "wide_batch", "pools"}) CheckFunction(module, function, 80);
}

// Random numbers and what is dropped by them: every bit.
TEST(Kernels, RandomNumbersAreTheReferencesBits) {
  const Module module = Parse(kLarge);
  const std::vector<Tensor> inputs{Random(Type::Tensor(DType::kF32, {300, 130}), 300, 1),
                                   Tensor::Scalar<int64_t>(77)};
  StateValues states;
  auto expected =
      RunReference(module, Operators(), "drawn", std::vector<Value>(inputs.begin(), inputs.end()), states);
  ASSERT_TRUE(expected) << expected.error().ToString();
  auto executable = Executable::Compile(module, {.functions = {"drawn"}});
  ASSERT_TRUE(executable) << executable.error().ToString();
  auto session = *(*executable)->OpenSession();
  auto results = session->Run("drawn", inputs);
  ASSERT_TRUE(results) << results.error().ToString();
  for (size_t i = 0; i < 3; ++i)
    EXPECT_TRUE((*results)[i].tensor().SameAs((*expected)[i].tensor())) << "result " << i;
}

// A mean far from zero beside which the variance is small: sums of squares would lose it.
TEST(Kernels, NormalisationsAreStable) {
  const Module module = Parse(R"(module m {
    func @f(%x: f32[4,2,512], %s: f32[2], %t: f32[512]) {
      %b = BatchNormalization(%x, %s, %s, %s, %s) {training_mode = 1}
      %l = LayerNormalization(%x, %t)
      return %b, %l
    }
  })");
  Tensor x = Random(Type::Tensor(DType::kF32, {4, 2, 512}), 0, 3);
  for (float& v : x.mutable_data<float>()) v = 30000.0f + v;
  const std::vector<Tensor> inputs{x, Random(Type::Tensor(DType::kF32, {2}), 0, 4),
                                   Random(Type::Tensor(DType::kF32, {512}), 0, 5)};
  StateValues states;
  auto expected =
      RunReference(module, Operators(), "f", std::vector<Value>(inputs.begin(), inputs.end()), states);
  ASSERT_TRUE(expected) << expected.error().ToString();
  auto executable = Executable::Compile(module);
  ASSERT_TRUE(executable) << executable.error().ToString();
  auto session = *(*executable)->OpenSession();
  auto results = session->Run("f", inputs);
  ASSERT_TRUE(results) << results.error().ToString();
  for (size_t i = 0; i < 2; ++i)
    ExpectClose((*results)[i].tensor(), (*expected)[i].tensor(), 1e-6, "result " + std::to_string(i));
}

// Attention over four heads, a layer of two products with GELU, norms before both; a class for each sequence.
constexpr std::string_view kEncoder = R"(module encoder {
  symbol N in 1..64
  state shared trainable @g1: f32[32]
  state shared trainable @b1: f32[32]
  state shared trainable @wq: f32[32,32]
  state shared trainable @wk: f32[32,32]
  state shared trainable @wv: f32[32,32]
  state shared trainable @wo: f32[32,32]
  state shared trainable @g2: f32[32]
  state shared trainable @b2: f32[32]
  state shared trainable @w1: f32[32,64]
  state shared trainable @c1: f32[64]
  state shared trainable @w2: f32[64,32]
  state shared trainable @c2: f32[32]
  state shared trainable @wy: f32[32,5]
  func @heads(%x: f32[N,16,32]) {
    %split = Constant() {value = i64[4]{0, 16, 4, 8}}
    %r = Reshape(%x, %split)
    %t = Transpose(%r) {perm = [0, 2, 1, 3]}
    return %t
  }
  func @loss(%x: f32[N,16,32], %labels: i64[N], %seed: i64[]) {
    %g1 = read @g1
    %b1 = read @b1
    %wq = read @wq
    %wk = read @wk
    %wv = read @wv
    %wo = read @wo
    %g2 = read @g2
    %b2 = read @b2
    %w1 = read @w1
    %c1 = read @c1
    %w2 = read @w2
    %c2 = read @c2
    %wy = read @wy
    %zero = Constant() {value = i64[]{0}}
    %n1 = LayerNormalization(%x, %g1, %b1)
    %q1 = MatMul(%n1, %wq)
    %k1 = MatMul(%n1, %wk)
    %v1 = MatMul(%n1, %wv)
    %q = call @heads(%q1)
    %k = call @heads(%k1)
    %v = call @heads(%v1)
    %kt = Transpose(%k) {perm = [0, 1, 3, 2]}
    %scores = MatMul(%q, %kt)
    %scale = Constant() {value = f32[]{0.35355339}}
    %scaled = Mul(%scores, %scale)
    %weights = Softmax(%scaled) {axis = -1}
    %context = MatMul(%weights, %v)
    %back = Transpose(%context) {perm = [0, 2, 1, 3]}
    %joined = Constant() {value = i64[3]{0, 16, 32}}
    %flat = Reshape(%back, %joined)
    %o = MatMul(%flat, %wo)
    %d = sinter.SeededDropout(%o, %seed, %zero) {ratio = 0.1}
    %r1 = Add(%x, %d)
    %n2 = LayerNormalization(%r1, %g2, %b2)
    %h1 = MatMul(%n2, %w1)
    %h = Add(%h1, %c1)
    %root = Constant() {value = f32[]{0.70710678}}
    %half = Constant() {value = f32[]{0.5}}
    %one = Constant() {value = f32[]{1.0}}
    %e1 = Mul(%h, %root)
    %e2 = Erf(%e1)
    %e3 = Add(%e2, %one)
    %e4 = Mul(%h, %e3)
    %gelu = Mul(%e4, %half)
    %f1 = MatMul(%gelu, %w2)
    %f2 = Add(%f1, %c2)
    %r2 = Add(%r1, %f2)
    %axis = Constant() {value = i64[1]{1}}
    %mean = ReduceMean(%r2, %axis) {keepdims = 0}
    %y = MatMul(%mean, %wy)
    %l = SoftmaxCrossEntropyLoss(%y, %labels)
    return %l, %y
  }
})";

TEST(Kernels, ATransformersTrainingStepNeverFallsBack) {
  Module module = Parse(kEncoder);
  TrainingStepSpec spec;
  spec.optimizer.kind = OptimizerSpec::Kind::kAdamW;
  spec.optimizer.clip_norm = 1.0;
  auto added = AddTrainingStep(module, spec, Operators());
  ASSERT_TRUE(added) << added.error().ToString();
  StateValues values;
  uint64_t stream = 0;
  for (const State& state : module.states) {
    values[state.name] = Random(state.type, 0, ++stream);
    for (float& v : values[state.name].mutable_data<float>())
      v = state.name.starts_with("opt.") ? 0 : 0.2f * v;
  }
  auto executable = Executable::Compile(module, {.functions = {"train_step"}});
  ASSERT_TRUE(executable) << executable.error().ToString();
  EXPECT_FALSE((*executable)->Explain().contains("\n  reference")) << (*executable)->Explain();
  for (const auto& [name, value] : values) ASSERT_TRUE((*executable)->states()->Set(name, value));
  auto session = *(*executable)->OpenSession();
  for (int64_t step = 1; step <= 2; ++step) {
    const std::vector<Tensor> inputs{Random(Type::Tensor(DType::kF32, {6, 16, 32}), 0, 40),
                                     Tensor::Of<int64_t>({6}, {0, 1, 2, 3, 4, 0}),
                                     Tensor::Scalar<int64_t>(9),
                                     Tensor::Scalar(0.01f),
                                     Tensor::Scalar(1.0f),
                                     Tensor::Scalar(step)};
    auto results = session->Run("train_step", inputs);
    ASSERT_TRUE(results) << results.error().ToString();
    auto expected = RunReference(module, Operators(), "train_step",
                                 std::vector<Value>(inputs.begin(), inputs.end()), values);
    ASSERT_TRUE(expected) << expected.error().ToString();
    for (size_t i = 0; i < expected->size(); ++i)
      ExpectClose((*results)[i].tensor(), (*expected)[i].tensor(), 1e-4, "result " + std::to_string(i));
    for (const auto& [name, value] : values) {
      if (!name.starts_with("opt.")) ExpectClose(*(*executable)->states()->Get(name), value, 2e-3, name);
    }
  }
}

}  // namespace
}  // namespace sinter
