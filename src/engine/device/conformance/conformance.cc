#include "engine/device/conformance/conformance.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "engine/device/reference/interpreter.h"
#include "engine/graph/infer.h"
#include "engine/ops/testing/sample.h"

namespace sinter {
namespace {

// Relative to the largest magnitude of the expected output. Sums in another order lose some bits of the
// dtype's precision: 2^-24, 2^-53, 2^-11, 2^-8.
double Tolerance(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return 2e-5;
    case DType::kF64:
      return 1e-12;
    case DType::kF16:
      return 4e-3;
    case DType::kBF16:
      return 3e-2;
    default:
      return 0;
  }
}

// What differs between a kernel's output and the reference's; empty: they agree.
std::string Difference(const Tensor& got, const Tensor& expected) {
  if (got.dtype() != expected.dtype() || got.dims() != expected.dims())
    return fmt::format("is {}, not {}", got.type().ToString(), expected.type().ToString());
  if (!IsFloat(expected.dtype())) return got.SameAs(expected) ? "" : "differs";
  double largest = 1e-3;
  for (int64_t i = 0; i < expected.elements(); ++i) {
    if (std::isfinite(expected.AsDouble(i))) largest = std::max(largest, std::abs(expected.AsDouble(i)));
  }
  for (int64_t i = 0; i < expected.elements(); ++i) {
    const double a = got.AsDouble(i), b = expected.AsDouble(i);
    const bool same = a == b || (std::isnan(a) && std::isnan(b)) ||
                      std::abs(a - b) <= Tolerance(expected.dtype()) * largest;
    if (!same) return fmt::format("[{}] is {}, not {}", i, a, b);
  }
  return "";
}

class Suite {
 public:
  Suite(const Device& device, const OperatorCatalog& catalog, const ConformanceOptions& options)
      : device_(device), catalog_(catalog), options_(options), pool_(options.threads) {
    for (const KernelEntry& entry : device.kernels()) report_.runs[std::string(entry.name)] = 0;
  }

  ConformanceReport Run() {
    for (const Operator* page : catalog_.All()) {
      const auto* samples = std::get_if<Samples>(&page->samples.value);
      if (samples == nullptr) continue;
      for (std::string_view line : *samples) {
        for (DType dtype : SampleDTypes(*page, line)) {
          for (int round = 0; round < options_.rounds; ++round) Check(*page, line, dtype, round);
        }
      }
    }
    for (const auto& [kernel, runs] : report_.runs) {
      if (runs == 0) report_.never_ran.push_back(kernel);
    }
    for (const auto& [op, answers] : report_.operators) {
      if (answers.by_kernel.size() == 1 && answers.by_kernel.contains("reference"))
        report_.reference_only.push_back(op);
    }
    return std::move(report_);
  }

 private:
  void Fail(std::string_view kernel, std::string_view what) {
    report_.failures.push_back(
        fmt::format("{}: {} ({}, seed {})", kernel, what, current_->Describe(), options_.seed));
  }

  void Check(const Operator& page, std::string_view line, DType dtype, int round) {
    constexpr int64_t kLargest[] = {7, 7, 19, 61};
    constexpr int64_t kMostElements = 400'000;
    const uint64_t seed = options_.seed + static_cast<uint64_t>(round);
    auto sample = DrawSample(page, line, dtype, seed, kLargest[round % 4]);
    if (sample && kLargest[round % 4] > 7) {
      int64_t elements = 0;
      for (const SampleInput& input : sample->inputs) elements += input.tensor.elements();
      if (elements > kMostElements) sample = DrawSample(page, line, dtype, seed);
    }
    if (!sample) {
      report_.failures.push_back(sample.error().ToString());
      return;
    }
    current_ = &*sample;
    StateValues states;
    const std::vector<Tensor> arguments = SampleArguments(*sample);
    Module module = SampleModule(page, *sample, false);
    if (auto inferred = InferModule(module, catalog_); !inferred)
      return Fail("inference", inferred.error().message);
    auto expected =
        RunReference(module, catalog_, "f", std::vector<Value>(arguments.begin(), arguments.end()), states);
    if (!expected) return Fail("reference", expected.error().message);
    // A kernel may accept what it knows wholly and refuse what it knows in symbols, or the other way round.
    Module symbolic = SampleModule(page, *sample, true);
    if (auto inferred = InferModule(symbolic, catalog_); !inferred)
      return Fail("inference", inferred.error().message);
    Ask(page, module, *sample, *expected, {.count = true});
    Ask(page, symbolic, *sample, *expected, {});
    // And weights may be known, to be packed once.
    if (sample->inputs.size() > 1) Ask(page, module, *sample, *expected, {.weights_known = true});
  }

  struct Question {
    bool count = false;          // which kernel answers is counted
    bool weights_known = false;  // all inputs but the first are constants
  };

  void Ask(const Operator& page, const Module& module, const SampleCase& sample,
           const std::vector<Value>& expected, const Question& question) {
    const Function& function = module.functions[0];
    const Node& node = function.body.nodes.back();
    KernelQuery query{NodeView(node, page), {}, {}, {}, &module};
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      query.inputs.push_back(node.inputs[i] == kNoValue ? nullptr : &function.TypeOf(node.inputs[i]));
      const bool known = sample.inputs[i].constant || (question.weights_known && i > 0);
      query.constants.push_back(known && sample.inputs[i].tensor.defined() ? &sample.inputs[i].tensor
                                                                           : nullptr);
    }
    for (ValueId id : node.outputs) query.outputs.push_back(&function.TypeOf(id));
    OperatorAnswers& answers = report_.operators[node.op];
    bool answered = false;
    for (const KernelEntry& entry : device_.kernels()) {
      if (std::ranges::find(entry.ops, std::string_view(node.op)) == entry.ops.end()) continue;
      KernelChoice choice = entry.make(query);
      if (auto* refusal = std::get_if<Refusal>(&choice)) {
        answers.refusals.insert(fmt::format("{}: {}", entry.name, refusal->reason));
        if (refusal->reason.empty()) Fail(entry.name, "refuses without a reason");
        continue;
      }
      if (question.count && !answered) ++answers.by_kernel[std::string(entry.name)];
      answered = true;
      ++report_.runs[std::string(entry.name)];
      Kernel& kernel = *std::get<std::unique_ptr<Kernel>>(choice);
      Compare(entry.name, kernel, sample, expected);
      if (std::holds_alternative<Elementwise>(page.index.value))
        CompareInPlace(entry.name, kernel, sample, expected);
    }
    if (question.count && !answered) ++answers.by_kernel["reference"];
  }

  // Outputs and workspace begin as 0xFF: NaN for floats, so that what is read or left unwritten shows.
  void Compare(std::string_view name, Kernel& kernel, const SampleCase& sample,
               const std::vector<Value>& expected) {
    std::vector<Tensor> copies;
    copies.reserve(sample.inputs.size());
    for (const SampleInput& input : sample.inputs) {
      copies.push_back(input.tensor.defined() ? *input.tensor.Clone() : Tensor());
    }
    std::vector<const Tensor*> inputs;
    inputs.reserve(copies.size());
    for (const Tensor& copy : copies) inputs.push_back(copy.defined() ? &copy : nullptr);
    std::vector<Tensor> first;
    for (int run = 0; run < 2; ++run) {
      std::vector<Tensor> outputs;
      std::vector<Tensor*> places;
      for (const Value& value : expected) {
        outputs.push_back(*Tensor::Create(value.tensor().dtype(), value.tensor().dims()));
        std::memset(outputs.back().mutable_raw(), 0xFF, outputs.back().bytes());
      }
      places.reserve(outputs.size());
      for (Tensor& output : outputs) places.push_back(&output);
      const size_t bytes = kernel.WorkspaceBytes(inputs, places);
      auto workspace = *Buffer::Allocate(bytes + 64);
      std::memset(workspace->data(), 0xFF, bytes + 64);
      const auto ran = kernel.Run({inputs, places, {workspace->data(), bytes}, &pool_, nullptr, {}});
      if (!ran) return Fail(name, fmt::format("failed: {}", ran.error().message));
      for (size_t i = bytes; i < bytes + 64; ++i) {
        if (workspace->data()[i] != std::byte{0xFF}) return Fail(name, "wrote beyond its workspace");
      }
      for (size_t i = 0; i < copies.size(); ++i) {
        if (copies[i].defined() && !copies[i].SameAs(sample.inputs[i].tensor))
          return Fail(name, fmt::format("input {} was written to", i));
      }
      for (size_t i = 0; i < outputs.size(); ++i) {
        const std::string difference = Difference(outputs[i], expected[i].tensor());
        if (!difference.empty()) return Fail(name, fmt::format("output {} {}", i, difference));
        if (run == 1 && !outputs[i].SameAs(first[i]))
          return Fail(name, fmt::format("output {} has other bits in a second run", i));
      }
      first = std::move(outputs);
    }
  }

  // Element-wise results may be planned where an input of the same shape and element size dies.
  void CompareInPlace(std::string_view name, Kernel& kernel, const SampleCase& sample,
                      const std::vector<Value>& expected) {
    const Tensor& wanted = expected[0].tensor();
    for (size_t k = 0; k < sample.inputs.size(); ++k) {
      const Tensor& shared = sample.inputs[k].tensor;
      if (!shared.defined() || shared.dims() != wanted.dims() ||
          DTypeSize(shared.dtype()) != DTypeSize(wanted.dtype()))
        continue;
      std::vector<Tensor> copies, outputs;
      for (const SampleInput& input : sample.inputs)
        copies.push_back(input.tensor.defined() ? *input.tensor.Clone() : Tensor());
      outputs.push_back(*Tensor::View(copies[k].buffer(), 0, wanted.dtype(), wanted.dims()));
      for (size_t i = 1; i < expected.size(); ++i)
        outputs.push_back(*Tensor::Create(expected[i].tensor().dtype(), expected[i].tensor().dims()));
      std::vector<const Tensor*> inputs;
      std::vector<Tensor*> places;
      inputs.reserve(copies.size());
      places.reserve(outputs.size());
      for (const Tensor& copy : copies) inputs.push_back(copy.defined() ? &copy : nullptr);
      for (Tensor& output : outputs) places.push_back(&output);
      auto workspace = *Buffer::Allocate(kernel.WorkspaceBytes(inputs, places) + 64);
      const auto ran =
          kernel.Run({inputs, places, {workspace->data(), workspace->size()}, &pool_, nullptr, {}});
      if (!ran) return Fail(name, fmt::format("in place of input {}: failed: {}", k, ran.error().message));
      for (size_t i = 0; i < outputs.size(); ++i) {
        const std::string difference = Difference(outputs[i], expected[i].tensor());
        if (!difference.empty())
          return Fail(name, fmt::format("in place of input {}: output {} {}", k, i, difference));
      }
    }
  }

  const Device& device_;
  const OperatorCatalog& catalog_;
  const ConformanceOptions& options_;
  ThreadPool pool_;
  ConformanceReport report_;
  const SampleCase* current_ = nullptr;
};

}  // namespace

std::string ConformanceReport::ToString() const {
  std::string text;
  for (const auto& [op, answers] : operators) {
    text += fmt::format("{:<28}", op);
    for (const auto& [kernel, cases] : answers.by_kernel) text += fmt::format(" {} x{}", kernel, cases);
    text += "\n";
    for (const std::string& refusal : answers.refusals) text += fmt::format("    not {}\n", refusal);
  }
  text += fmt::format("{} operators, {} with the reference alone\n", operators.size(), reference_only.size());
  return text;
}

ConformanceReport CheckConformance(const Device& device, const OperatorCatalog& catalog,
                                   const ConformanceOptions& options) {
  return Suite(device, catalog, options).Run();
}

}  // namespace sinter
