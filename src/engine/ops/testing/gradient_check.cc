#include "engine/ops/testing/gradient_check.h"

#include <cmath>

#include <fmt/format.h>

#include "base/random.h"
#include "engine/device/reference/interpreter.h"
#include "engine/graph/builder.h"
#include "engine/ops/evaluate.h"

namespace sinter {
namespace {

constexpr double kStep = 1e-5;
constexpr double kTolerance = 1e-6;

std::vector<const Value*> Pointers(const std::vector<Value>& values) {
  std::vector<const Value*> pointers;
  pointers.reserve(values.size());
  for (const Value& value : values)
    pointers.push_back(value.IsTensor() && !value.tensor().defined() ? nullptr : &value);
  return pointers;
}

// sum over outputs of <weights, output>.
double Functional(const std::vector<Value>& outputs, const std::vector<Tensor>& weights) {
  double sum = 0;
  for (size_t o = 0; o < outputs.size(); ++o) {
    if (!weights[o].defined()) continue;
    const auto x = outputs[o].tensor().data<double>();
    const auto w = weights[o].data<double>();
    for (size_t i = 0; i < x.size(); ++i) sum += x[i] * w[i];
  }
  return sum;
}

struct Setting {
  const Operator& page;
  Node node;                    // of the sample's function
  std::vector<Value> inputs;    // by position; not defined where absent
  std::vector<Tensor> weights;  // of the functional; not defined for outputs that are no f64
};

Result<std::vector<Value>> AnalyticGradients(const OperatorCatalog& catalog, const SampleCase& sample,
                                             const Setting& setting) {
  Module module = SampleModule(setting.page, sample, false);
  Function& function = module.functions[0];
  GraphBuilder builder(module, function, catalog);
  TRY_STATUS(builder.status());
  const Node forward = function.body.nodes.back();
  std::vector<ValueId> output_gradients;
  output_gradients.reserve(setting.weights.size());
  for (const Tensor& weight : setting.weights)
    output_gradients.push_back(weight.defined() ? builder.Constant(weight) : kNoValue);
  std::vector<bool> needs;
  needs.reserve(setting.inputs.size());
  for (const Value& input : setting.inputs)
    needs.push_back(input.tensor().defined() && IsFloat(input.tensor().dtype()));
  const Gradient& gradient = setting.page.gradient;
  GradientContext context(forward, setting.page, builder, output_gradients, needs);
  TRY_STATUS(std::get<GradientFunction>(gradient)(context));
  TRY_STATUS(builder.status());
  std::vector<ValueId> results;
  std::vector<size_t> which;
  for (size_t i = 0; i < needs.size(); ++i) {
    const ValueId id = context.input_gradients()[i];
    if (!needs[i] || id == kNoValue) continue;
    if (!(builder.TypeOf(id) == builder.TypeOf(forward.inputs[i]))) {
      return Internal(fmt::format("the gradient of input {} is {}, the input {}", i,
                                  builder.TypeOf(id).ToString(),
                                  builder.TypeOf(forward.inputs[i]).ToString()));
    }
    results.push_back(id);
    which.push_back(i);
  }
  function.body.results = results;
  std::vector<Value> arguments;
  for (const Tensor& argument : SampleArguments(sample)) arguments.emplace_back(argument);
  StateValues states;
  TRY(std::vector<Value> values, RunReference(module, catalog, "f", arguments, states));
  std::vector<Value> by_input(needs.size());
  for (size_t i = 0; i < which.size(); ++i) by_input[which[i]] = std::move(values[i]);
  return by_input;
}

Status CompareInput(Setting& setting, size_t input, const Tensor& analytic) {
  TRY(const Tensor original, setting.inputs[input].tensor().Clone());
  for (int64_t e = 0; e < original.elements(); ++e) {
    auto shifted = [&](double by) -> Result<double> {
      TRY(Tensor moved, original.Clone());
      moved.mutable_data<double>()[static_cast<size_t>(e)] += by;
      setting.inputs[input] = moved;
      const auto pointers = Pointers(setting.inputs);
      TRY(const std::vector<Value> outputs, EvaluateNode(setting.node, setting.page, pointers));
      return Functional(outputs, setting.weights);
    };
    TRY(const double up, shifted(kStep));
    TRY(const double down, shifted(-kStep));
    const double expected = (up - down) / (2 * kStep);
    const double given = analytic.defined() ? analytic.AsDouble(e) : 0;
    if (!(std::abs(given - expected) <= kTolerance * std::max(1.0, std::abs(expected)))) {
      setting.inputs[input] = original;
      return Internal(
          fmt::format("input {}, element {}: the page's gradient is {}, finite differences say {}", input, e,
                      given, expected));
    }
  }
  setting.inputs[input] = original;
  return {};
}

}  // namespace

Status CheckGradient(const Operator& page, const OperatorCatalog& catalog, const SampleCase& sample,
                     uint64_t seed) {
  Setting setting{page, SampleModule(page, sample, false).functions[0].body.nodes.back(), {}, {}};
  for (const SampleInput& input : sample.inputs) setting.inputs.emplace_back(input.tensor);
  const auto pointers = Pointers(setting.inputs);
  TRY(const std::vector<Value> outputs, EvaluateNode(setting.node, page, pointers));
  uint64_t drawn = 0;
  for (const Value& output : outputs) {
    Tensor weight;
    if (output.IsTensor() && output.tensor().dtype() == DType::kF64) {
      TRY(weight, Tensor::Create(DType::kF64, output.tensor().dims()));
      for (double& w : weight.mutable_data<double>()) w = RandomNormal(seed, 3, drawn++);
    }
    setting.weights.push_back(weight);
  }
  TRY(const std::vector<Value> analytic, AnalyticGradients(catalog, sample, setting));
  for (size_t i = 0; i < setting.inputs.size(); ++i) {
    const Tensor& input = setting.inputs[i].tensor();
    if (!input.defined() || input.dtype() != DType::kF64 || sample.inputs[i].constant) continue;
    TRY_STATUS(CompareInput(setting, i, analytic[i].tensor()));
  }
  return {};
}

}  // namespace sinter
