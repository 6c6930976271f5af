// Each pass on texts (testdata/PASS.txt: a module before, and after), the pipeline on random programs and on
// every operator's samples: what comes out computes the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>

#include <fmt/format.h>

#include "base/file.h"
#include "base/random.h"
#include "engine/device/reference/interpreter.h"
#include "engine/exec/executable.h"
#include "engine/graph/infer.h"
#include "engine/graph/text.h"
#include "engine/ops/catalog.h"
#include "engine/ops/testing/sample.h"
#include "engine/passes/pipelines.h"
#include "engine/passes/testing/random_program.h"

namespace sinter {
namespace {

uint32_t Seed() {
  static const auto seed = static_cast<uint32_t>(std::chrono::system_clock::now().time_since_epoch().count());
  return seed;
}

Module Parse(std::string_view text) {
  auto module = ParseModule(text);
  EXPECT_TRUE(module) << module.error().ToString() << "\n" << text;
  return module ? *std::move(module) : Module();
}

// Values for a function's parameters; every symbol is 3.
std::vector<Value> Inputs(const Function& function) {
  std::vector<Value> inputs;
  for (ValueId id : function.body.params) {
    const Type& type = function.TypeOf(id);
    Dims dims;
    for (const Dim& dim : type.shape)
      dims.push_back(*dim.Evaluate([](std::string_view) -> std::optional<int64_t> { return 3; }));
    Tensor tensor = *Tensor::Create(type.dtype, std::move(dims), true);
    uint64_t i = 0;
    DispatchDType(type.dtype, [&]<class T>() {
      for (T& x : tensor.mutable_data<T>()) {
        const double value = RandomNormal(7, static_cast<uint64_t>(id), i++);
        if constexpr (std::is_same_v<T, bool>)
          x = value > 0;
        else
          x = static_cast<T>(static_cast<float>(std::is_integral_v<T> ? 1 : value));
      }
    });
    inputs.emplace_back(std::move(tensor));
  }
  return inputs;
}

// Both modules' results, with the states that they leave, agree: the same bits, or within `tolerance` of the
// largest element.
void ExpectSameResults(const Module& a, const Module& b, std::string_view function,
                       std::span<const Value> inputs, double tolerance) {
  StateValues states_a, states_b;
  auto expected = RunReference(a, Operators(), function, inputs, states_a);
  auto given = RunReference(b, Operators(), function, inputs, states_b);
  ASSERT_TRUE(expected) << expected.error().ToString();
  ASSERT_TRUE(given) << given.error().ToString();
  ASSERT_EQ(expected->size(), given->size());
  for (const auto& [name, value] : states_a) expected->push_back(value), given->push_back(states_b.at(name));
  for (size_t i = 0; i < expected->size(); ++i) {
    const Tensor &x = (*expected)[i].tensor(), &y = (*given)[i].tensor();
    ASSERT_EQ(x.type().ToString(), y.type().ToString());
    double scale = 1e-30;
    for (int64_t k = 0; k < x.elements(); ++k) {
      if (std::isfinite(x.AsDouble(k))) scale = std::max(scale, std::abs(x.AsDouble(k)));
    }
    for (int64_t k = 0; k < x.elements(); ++k) {
      const double p = x.AsDouble(k), q = y.AsDouble(k);
      ASSERT_TRUE(p == q || (std::isnan(p) && std::isnan(q)) || std::abs(p - q) <= tolerance * scale)
          << "result " << i << ", element " << k << ": " << p << " and " << q;
    }
  }
}

class PassText : public testing::TestWithParam<const Pass*> {};

TEST_P(PassText, BeforeAndAfter) {
  const Pass* pass = GetParam();
  const std::string path = fmt::format("{}/src/engine/passes/testdata/{}.txt", SINTER_SOURCE_DIR, pass->name);
  const std::string text = *ReadFile(path);
  int cases = 0, changes = 0;
  for (size_t at = text.find("=== "); at != std::string::npos;) {
    const size_t next = text.find("\n=== ", at);
    const std::string piece = text.substr(at, next == std::string::npos ? next : next + 1 - at);
    at = next == std::string::npos ? next : next + 1;
    const size_t title = piece.find('\n'), cut = piece.find("--- after\n");
    ASSERT_NE(cut, std::string::npos) << piece;
    SCOPED_TRACE(piece.substr(0, title));
    Module module = Parse(piece.substr(title, cut - title));
    ASSERT_TRUE(InferModule(module, Operators())) << InferModule(module, Operators()).error().ToString();
    const Module before = module;
    const std::string functions[] = {"f"};
    PassOptions options;
    options.served = [](std::string_view op) { return op != "HardSwish" && op != "Sum"; };
    auto reports = RunPasses(module, functions, std::span(&pass, 1), Operators(), options);
    ASSERT_TRUE(reports) << reports.error().ToString();
    EXPECT_EQ(PrintModule(module), piece.substr(cut + 10));
    const bool exact = pass != &kFoldBatchNormPass && pass != &kLowerCompositionsPass;
    ExpectSameResults(before, module, "f", Inputs(*before.FindFunction("f")), exact ? 0 : 1e-6);
    ++cases;
    changes += reports->front().changes;
  }
  EXPECT_GT(cases, 0);
  // infer_types finds nothing to do where every type is known already; the others must have worked.
  if (pass != &kInferTypesPass) {
    EXPECT_GT(changes, 0);
  }
}

std::vector<const Pass*> EachPassOnce() {
  std::vector<const Pass*> passes;
  for (const Pass* pass : DefaultPipeline()) {
    if (std::ranges::find(passes, pass) == passes.end()) passes.push_back(pass);
  }
  return passes;
}
std::string PassName(const testing::TestParamInfo<const Pass*>& tested) {
  return std::string(tested.param->name);
}
INSTANTIATE_TEST_SUITE_P(Passes, PassText, testing::ValuesIn(EachPassOnce()), PassName);

constexpr std::string_view kModel = R"(module m {
  func @f(%x: f32[2,3]) {
    %a = Transpose(%x)
    %b = Transpose(%a)
    %c = Exp(%b)
    %d = Neg(%c)
    return %d
  }
})";

TEST(Pipeline, CancelsWhatCancels) {
  Module module = Parse(kModel);
  const std::string functions[] = {"f"};
  auto reports = RunPasses(module, functions, DefaultPipeline(), Operators());
  ASSERT_TRUE(reports) << reports.error().ToString();
  EXPECT_EQ(PrintModule(module), R"(module m {
  func @f(%x: f32[2,3]) {
    %c: f32[2,3] = Exp(%x) fuse 1
    %d: f32[2,3] = Neg(%c) fuse 1
    return %d
  }
}
)");
  // Each pass is accounted for, in order, with its time and what it left.
  ASSERT_EQ(reports->size(), DefaultPipeline().size());
  std::chrono::nanoseconds all{};
  for (size_t i = 0; i < reports->size(); ++i) {
    EXPECT_EQ((*reports)[i].pass, DefaultPipeline()[i]->name);
    all += (*reports)[i].time;
  }
  EXPECT_GT(all.count(), 0);
  EXPECT_EQ(reports->front().nodes_before, 4u);
  EXPECT_EQ(reports->back().nodes_after, 2u);
  EXPECT_NE(PrintPassReports(*reports).find("move_transposes"), std::string::npos);
}

TEST(Pipeline, PassesAreSwitchedOffByName) {
  Module module = Parse(kModel);
  const std::string functions[] = {"f"};
  auto reports = RunPasses(module, functions, DefaultPipeline(), Operators(),
                           {.without = {"move_transposes", "fold_constants"}});
  ASSERT_TRUE(reports);
  EXPECT_EQ(reports->size(), DefaultPipeline().size() - 3) << "fold_constants stands there twice";
  EXPECT_EQ(reports->back().nodes_after, 4u);
  auto unknown = RunPasses(module, functions, DefaultPipeline(), Operators(), {.without = {"no_such"}});
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().hint.find("move_transposes"), std::string::npos) << unknown.error().ToString();
  const std::string absent[] = {"g"};
  EXPECT_FALSE(RunPasses(module, absent, DefaultPipeline(), Operators()));
}

// A pass that breaks what it is given is caught, and named.
TEST(Pipeline, AFaultyPassIsNamed) {
  static constexpr Pass kFaulty{"faulty", "Reads a value before it is defined.",
                                [](PassContext& context) -> Result<int> {
                                  std::swap(context.function.body.nodes[0], context.function.body.nodes[1]);
                                  return 1;
                                }};
  Module module = Parse(kModel);
  ASSERT_TRUE(InferModule(module, Operators()));
  const std::string functions[] = {"f"};
  const Pass* passes[] = {&kFaulty};
  auto ran = RunPasses(module, functions, passes, Operators(), {.verify = true});
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, ErrorCode::kInternal);
  EXPECT_NE(ran.error().message.find("pass faulty left @f invalid"), std::string::npos)
      << ran.error().message;
}

// Nodes that inlining may add.
size_t CallNodes(const Module& module) {
  size_t nodes = 0;
  ForEachNode(module.FindFunction("f")->body, [&](const Node& node) { nodes += node.op == kCallOp ? 1 : 0; });
  return nodes;
}

// One value that is two results, and lowerings that give what is there already.
TEST(Pipeline, LoweredResults) {
  for (std::string_view text : {R"(module m {
    func @f(%x: f32[2,3]) {
      %a = HardSwish(%x)
      return %a, %a
    }
  })",
                                R"(module m {
    func @f(%x: f32[2,3]) {
      %a = Sum(%x)
      return %a
    }
  })",
                                R"(module m {
    func @f(%x: f32[2,3]) {
      %y = Exp(%x)
      %a = Sum(%y)
      %b = Sum(%y)
      return %a, %b, %y
    }
  })"}) {
    SCOPED_TRACE(text);
    Module module = Parse(text);
    ASSERT_TRUE(InferModule(module, Operators()));
    const Module before = module;
    const std::string functions[] = {"f"};
    PassOptions options{.served = [](std::string_view op) { return op != "HardSwish" && op != "Sum"; },
                        .verify = true};
    auto reports = RunPasses(module, functions, DefaultPipeline(), Operators(), options);
    EXPECT_TRUE(reports) << reports.error().ToString();
    if (reports) ExpectSameResults(before, module, "f", Inputs(*before.FindFunction("f")), 1e-6);
  }
}

// Time grows with the graph, not with its square.
TEST(Pipeline, BigGraphs) {
  constexpr int kLayers = 6000;
  std::string residuals = "module m {\n  func @f(%x0: f32[4,4]) {\n", transposes = residuals,
              apart = residuals;
  for (int i = 0; i < kLayers; ++i) {
    residuals += fmt::format("%a{0} = MatMul(%x{0}, %x{0})\n%b{0} = Exp(%a{0})\n%x{1} = Add(%b{0}, %x{0})\n",
                             i, i + 1);
    transposes += fmt::format(
        "%a{0} = Transpose(%x{0})\n%b{0} = Exp(%a{0})\n%c{0} = Sin(%b{0})\n%d{0} = Transpose(%c{0})\n"
        "%x{1} = MatMul(%d{0}, %d{0})\n",
        i, i + 1);
    apart +=
        fmt::format("%a{0} = Transpose(%x{0})\n%b{0} = Exp(%a{0})\n%x{1} = MatMul(%b{0}, %b{0})\n", i, i + 1);
  }
  for (std::string* text : {&residuals, &transposes, &apart}) {
    *text += fmt::format("return %x{}\n}}\n}}\n", kLayers);
    Module module = Parse(*text);
    ASSERT_TRUE(InferModule(module, Operators()));
    const std::string functions[] = {"f"};
    const auto begin = std::chrono::steady_clock::now();
    auto reports = RunPasses(module, functions, DefaultPipeline(), Operators(), {.verify = false});
    ASSERT_TRUE(reports) << reports.error().ToString();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10))
        << PrintPassReports(*reports);
    EXPECT_EQ(reports->back().nodes_after, size_t{3} * kLayers);
  }
}

// Products of large constants would be computed by the reference while the model is loaded.
TEST(Pipeline, LargeProductsAreNotFolded) {
  for (int64_t n : {64, 2048}) {
    Module module = Parse(R"(module m {
      func @f() {
        %a = Constant() {value = f32[1]{1.0}}
        %b = Constant() {value = f32[1]{1.0}}
        %m = MatMul(%a, %b)
        return %m
      }
    })");
    for (size_t i : {0, 1})
      module.functions[0].body.nodes[i].attributes["value"] = *Tensor::Create(DType::kF32, {n, n}, true);
    ASSERT_TRUE(InferModule(module, Operators()));
    const std::string functions[] = {"f"};
    auto reports = RunPasses(module, functions, DefaultPipeline(), Operators(), {.verify = false});
    ASSERT_TRUE(reports) << reports.error().ToString();
    EXPECT_EQ(reports->back().nodes_after, n == 64 ? 0u : 1u);
  }
}

TEST(Pipeline, RandomProgramsComputeTheSame) {
  for (uint32_t seed = Seed(); seed != Seed() + 400; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const std::string text = RandomProgram(seed);
    Module module = Parse(text);
    ASSERT_TRUE(InferModule(module, Operators()))
        << text << InferModule(module, Operators()).error().ToString();
    const Module before = module;
    const std::string functions[] = {"f"};
    auto reports = RunPasses(module, functions, DefaultPipeline(), Operators(), {.verify = true});
    ASSERT_TRUE(reports) << reports.error().ToString() << "\n" << text;
    ExpectSameResults(before, module, "f", Inputs(*before.FindFunction("f")), 1e-6);
    if (testing::Test::HasFatalFailure()) FAIL() << text << "\n" << PrintModule(module);
    EXPECT_LE(reports->back().nodes_after, reports->front().nodes_before + CallNodes(before)) << text;
  }
}

// Every operator, with its constant inputs known and with all of them known.
TEST(Pipeline, EveryOperatorComputesTheSame) {
  int folded = 0;
  for (const Operator* page : Operators().All()) {
    const auto* samples = std::get_if<Samples>(&page->samples.value);
    if (samples == nullptr) continue;
    for (std::string_view line : *samples) {
      for (DType dtype : SampleDTypes(*page, line)) {
        auto sample = DrawSample(*page, line, dtype, Seed());
        ASSERT_TRUE(sample) << sample.error().ToString();
        for (bool all_known : {false, true}) {
          SCOPED_TRACE(testing::Message()
                       << page->name.value << " " << sample->Describe() << " seed " << Seed());
          if (all_known) {
            for (SampleInput& input : sample->inputs) input.constant = input.tensor.defined();
          }
          Module module = SampleModule(*page, *sample, false);
          ASSERT_TRUE(InferModule(module, Operators()));
          const Module before = module;
          const std::string functions[] = {"f"};
          auto reports = RunPasses(module, functions, DefaultPipeline(), Operators(), {.verify = true});
          ASSERT_TRUE(reports) << reports.error().ToString();
          std::vector<Value> inputs;
          for (Tensor& tensor : SampleArguments(*sample)) inputs.emplace_back(tensor);
          ExpectSameResults(before, module, "f", inputs, 0);
          if (all_known) folded += reports->back().nodes_after == 0 ? 1 : 0;
        }
      }
    }
  }
  EXPECT_GT(folded, 100) << "operators over constants are constants";
}

// What the executor runs after the pipeline is what it runs without.
TEST(Pipeline, TheExecutorAgreesWithAndWithout) {
  for (uint32_t seed = Seed(); seed != Seed() + 60; ++seed) {
    const std::string text = RandomProgram(seed);
    SCOPED_TRACE(testing::Message() << "seed " << seed << "\n" << text);
    std::vector<Tensor> inputs;
    std::vector<std::vector<Tensor>> results;
    for (bool optimise : {false, true}) {
      auto executable = Executable::Compile(Parse(text), {.functions = {"f"}, .optimise = optimise});
      ASSERT_TRUE(executable) << executable.error().ToString();
      if (inputs.empty()) {
        for (Value& value : Inputs(*(*executable)->module().FindFunction("f")))
          inputs.push_back(value.tensor());
      }
      auto session = (*executable)->OpenSession();
      auto given = (*session)->Run("f", inputs);
      ASSERT_TRUE(given) << given.error().ToString();
      auto& kept = results.emplace_back();
      for (const Value& value : *given) kept.push_back(*value.tensor().Clone());
    }
    for (size_t i = 0; i < results[0].size(); ++i) {
      const Tensor &a = results[0][i], &b = results[1][i];
      ASSERT_EQ(a.dims(), b.dims());
      for (int64_t k = 0; k < a.elements(); ++k) {
        const double x = a.AsDouble(k), y = b.AsDouble(k);
        ASSERT_TRUE((std::isnan(x) && std::isnan(y)) || x == y || std::abs(x - y) < 1e-4 * (1 + std::abs(x)))
            << i << " " << k << " " << x << " " << y;
      }
    }
  }
}

}  // namespace
}  // namespace sinter
