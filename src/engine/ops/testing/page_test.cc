// What follows from a page, for every operator: nothing here names one (but the planted faults).
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/device/reference/interpreter.h"
#include "engine/graph/builder.h"
#include "engine/graph/infer.h"
#include "engine/graph/verifier.h"
#include "engine/ops/catalog.h"
#include "engine/ops/evaluate.h"
#include "engine/ops/testing/gradient_check.h"

namespace sinter {
namespace {

uint64_t Seed() {
  static const uint64_t seed =
      static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  return seed;
}

class Page : public testing::TestWithParam<const Operator*> {
 protected:
  const Operator& page() const { return *GetParam(); }
  Samples samples() const {
    const auto* given = std::get_if<Samples>(&page().samples.value);
    return given == nullptr ? Samples() : *given;
  }
};

std::vector<Value> AsValues(const std::vector<Tensor>& tensors) { return {tensors.begin(), tensors.end()}; }

// Inference, over numbers and over symbols, says of the results what the reference then gives.
TEST_P(Page, InferenceAgreesWithTheReference) {
  for (std::string_view line : samples()) {
    for (DType dtype : SampleDTypes(page(), line)) {
      auto sample = DrawSample(page(), line, dtype, Seed());
      ASSERT_TRUE(sample) << sample.error().ToString();
      SCOPED_TRACE(testing::Message() << "seed " << Seed() << ": " << sample->Describe());
      Module module = SampleModule(page(), *sample, false);
      auto inferred = InferModule(module, Operators());
      ASSERT_TRUE(inferred) << inferred.error().ToString();
      auto verified = VerifyModule(module, Operators());
      ASSERT_TRUE(verified) << verified.error().ToString();
      StateValues states;
      auto results = RunReference(module, Operators(), "f", AsValues(SampleArguments(*sample)), states);
      ASSERT_TRUE(results) << results.error().ToString();
      Module symbolic = SampleModule(page(), *sample, true);
      auto inferred_symbolic = InferModule(symbolic, Operators());
      ASSERT_TRUE(inferred_symbolic) << inferred_symbolic.error().ToString();
      for (size_t i = 0; i < results->size(); ++i) {
        const Tensor& result = (*results)[i].tensor();
        for (const Module* m : {&module, &symbolic}) {
          const Type& type = m->functions[0].TypeOf(m->functions[0].body.results[i]);
          ASSERT_EQ(type.dtype, result.dtype());
          ASSERT_EQ(type.Rank(), result.rank());
          for (size_t d = 0; d < result.rank(); ++d) {
            const auto value = type.shape[d].Evaluate([&](std::string_view name) -> std::optional<int64_t> {
              for (const auto& [letter, drawn] : sample->letters) {
                if (letter == name) return drawn;
              }
              return result.dim(d);  // born at the node
            });
            ASSERT_TRUE(value) << value.error().ToString();
            EXPECT_EQ(*value, result.dim(d)) << "dimension " << d << " of " << type.ToString();
          }
        }
      }
    }
  }
}

TEST_P(Page, GradientAgreesWithFiniteDifferences) {
  const Gradient& gradient = page().gradient;
  if (const auto* none = std::get_if<NoGradient>(&gradient)) {
    EXPECT_FALSE(none->reason.empty());
    return;
  }
  int checked = 0;
  for (std::string_view line : samples()) {
    const auto dtypes = SampleDTypes(page(), line);
    if (std::ranges::find(dtypes, DType::kF64) == dtypes.end() && dtypes[0] != DType::kUndefined) continue;
    for (uint64_t round = 0; round < 3; ++round) {
      auto sample = DrawSample(page(), line, DType::kF64, Seed() + round);
      ASSERT_TRUE(sample) << sample.error().ToString();
      SCOPED_TRACE(testing::Message() << "seed " << Seed() + round << ": " << sample->Describe());
      bool has_f64 = false;
      for (const SampleInput& input : sample->inputs)
        has_f64 = has_f64 || (input.tensor.defined() && input.tensor.dtype() == DType::kF64);
      if (!has_f64) break;
      auto status = CheckGradient(page(), Operators(), *sample, Seed() + round);
      ASSERT_TRUE(status) << status.error().ToString();
      ++checked;
    }
  }
  if (!samples().empty()) {
    EXPECT_GT(checked, 0) << "no sample reaches the gradient";
  }
}

bool Close(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.dims() != b.dims()) return false;
  for (int64_t i = 0; i < a.elements(); ++i) {
    const double x = a.AsDouble(i), y = b.AsDouble(i);
    if (!(std::abs(x - y) <= 1e-12 * std::max(1.0, std::abs(y))) && !(std::isnan(x) && std::isnan(y)))
      return false;
  }
  return true;
}

// The facts by which the simplifier rewrites hold for numbers.
Status CheckAlgebra(const Operator& page, const SampleCase& sample) {
  const Algebra& facts = page.algebra;
  const Node node = SampleModule(page, sample, false).functions[0].body.nodes.back();
  std::vector<Value> inputs;
  inputs.reserve(sample.inputs.size());
  for (const SampleInput& input : sample.inputs) inputs.emplace_back(input.tensor);
  auto run = [&](const std::vector<Value>& given) -> Result<Tensor> {
    std::vector<const Value*> pointers;
    pointers.reserve(given.size());
    for (const Value& value : given) pointers.push_back(value.tensor().defined() ? &value : nullptr);
    TRY(const std::vector<Value> outputs, EvaluateNode(node, page, pointers));
    return outputs[0].tensor();
  };
  TRY(const Tensor y, run(inputs));
  if (inputs.size() == 1 && (facts.idempotent || facts.involution)) {
    TRY(const Tensor again, run({y}));
    if (facts.idempotent && !facts.involution && !Close(again, y)) return Internal("not idempotent");
    if (facts.involution && !Close(again, inputs[0].tensor())) return Internal("no involution");
  }
  if (inputs.size() == 2 && facts.commutative) {
    TRY(const Tensor swapped, run({inputs[1], inputs[0]}));
    if (!Close(swapped, y)) return Internal("not commutative");
  }
  if (inputs.size() == 2 && facts.identity != Algebra::kNone) {
    TRY(Tensor identity, Tensor::Create(inputs[0].tensor().dtype(), {}));
    DispatchIn<kNumeric>(identity.dtype(), [&]<class T>() {
      identity.mutable_data<T>()[0] = static_cast<T>(static_cast<float>(facts.identity));
    });
    TRY(const Tensor same, run({inputs[0], identity}));
    if (!Close(same, inputs[0].tensor())) return Internal("the identity changes the value");
    if (facts.left_identity) {
      TRY(const Tensor left, run({identity, inputs[1]}));
      if (!Close(left, inputs[1].tensor())) return Internal("the left identity changes the value");
    }
  }
  return {};
}

TEST_P(Page, AlgebraHoldsForNumbers) {
  for (std::string_view line : samples()) {
    for (DType dtype : SampleDTypes(page(), line)) {
      auto sample = DrawSample(page(), line, dtype, Seed());
      ASSERT_TRUE(sample);
      auto status = CheckAlgebra(page(), *sample);
      EXPECT_TRUE(status) << "seed " << Seed() << ": " << sample->Describe() << ": "
                          << status.error().ToString();
    }
  }
}

// The page's one node in @f replaced by what it is made of.
Status LowerIn(Module& module, const Operator& page) {
  Function& f = module.functions[0];
  std::vector<Node> nodes = std::move(f.body.nodes);
  f.body.nodes.clear();
  GraphBuilder builder(module, f, Operators());
  for (Node& node : nodes) {
    if (node.op != page.name.value) {
      builder.Append(std::move(node));
      continue;
    }
    LoweringContext context(node, page, builder);
    TRY_STATUS(std::get<Composition>(page.structure.value).lower(context));
    TRY_STATUS(builder.status());
    f.body.results = context.results;
  }
  return builder.status();
}

// Over symbols, and then run: what a composition is made of gives what its reference gives.
TEST_P(Page, LoweringAgreesWithTheReference) {
  if (!std::holds_alternative<Composition>(page().structure.value)) return;
  for (std::string_view line : samples()) {
    for (DType dtype : SampleDTypes(page(), line)) {
      if (dtype == DType::kF16 || dtype == DType::kBF16) continue;  // each step would round
      auto sample = DrawSample(page(), line, dtype, Seed());
      ASSERT_TRUE(sample);
      SCOPED_TRACE(testing::Message() << "seed " << Seed() << ": " << sample->Describe());
      const auto arguments = AsValues(SampleArguments(*sample));
      Module module = SampleModule(page(), *sample, true);
      ASSERT_TRUE(InferModule(module, Operators()));
      StateValues states;
      auto expected = RunReference(module, Operators(), "f", arguments, states);
      const Status lowered = LowerIn(module, page());
      ASSERT_TRUE(lowered) << lowered.error().ToString();
      for (const Node& node : module.functions[0].body.nodes) EXPECT_NE(node.op, page().name.value);
      auto given = RunReference(module, Operators(), "f", arguments, states);
      ASSERT_TRUE(expected && given) << (given ? expected : given).error().ToString();
      for (size_t i = 0; i < expected->size(); ++i) {
        const Tensor& a = (*given)[i].tensor();
        const Tensor& b = (*expected)[i].tensor();
        ASSERT_EQ(a.dtype(), b.dtype());
        ASSERT_EQ(a.dims(), b.dims());
        for (int64_t k = 0; k < b.elements(); ++k)
          ASSERT_NEAR(a.AsDouble(k), b.AsDouble(k), 1e-5 * std::max(1.0, std::abs(b.AsDouble(k)))) << k;
      }
    }
  }
}

TEST_P(Page, IsWritten) {
  EXPECT_FALSE(page().summary.value.empty());
  EXPECT_EQ(page().summary.value.back(), '.');
  if (const auto* none = std::get_if<NoSamples>(&page().samples.value)) {
    EXPECT_FALSE(none->tested_by.empty());
  } else {
    EXPECT_FALSE(samples().empty());
  }
}

INSTANTIATE_TEST_SUITE_P(All, Page, testing::ValuesIn(Operators().All().begin(), Operators().All().end()),
                         [](const auto& param) {
                           std::string name(param.param->name.value);
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

// --- planted faults: a wrong page must not pass -------------------------------------------------------

Operator Copy(std::string_view name) { return *Operators().Find(name); }

TEST(PlantedFault, AWrongGradientIsCaught) {
  Operator wrong = Copy("Exp");
  wrong.gradient = Gradient(+[](GradientContext& c) -> Status {
    c.SetInputGradient(0, c.OutputGradient(0));
    return {};
  });
  auto sample = DrawSample(wrong, "X: T[3,2]", DType::kF64, 1);
  ASSERT_TRUE(sample);
  EXPECT_TRUE(CheckGradient(Copy("Exp"), Operators(), *sample, 1));
  EXPECT_FALSE(CheckGradient(wrong, Operators(), *sample, 1));
}

TEST(PlantedFault, AWrongAlgebraIsCaught) {
  Operator wrong = Copy("Sub");
  wrong.algebra.commutative = true;
  auto sample = DrawSample(wrong, "A: T[3,2], B: T[3,2]", DType::kF64, 1);
  ASSERT_TRUE(sample);
  EXPECT_TRUE(CheckAlgebra(Copy("Sub"), *sample));
  EXPECT_FALSE(CheckAlgebra(wrong, *sample));
}

}  // namespace
}  // namespace sinter
