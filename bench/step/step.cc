// Times one function of a module, warm: training steps and inference of the demo's CNN, for bench/run.
//   step MODULE.sinter train|infer BATCH SECONDS      prints one JSON object
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "base/file.h"
#include "base/random.h"
#include "engine/exec/executable.h"
#include "engine/graph/infer.h"
#include "engine/graph/text.h"
#include "engine/ops/catalog.h"
#include "training/autodiff/training_step.h"

namespace sinter {
namespace {

Tensor Random(const Type& type, int64_t n, uint64_t stream, double scale) {
  Dims dims;
  for (const Dim& dim : type.shape) dims.push_back(dim.Constant().value_or(n));
  Tensor tensor = *Tensor::Create(type.dtype, dims, true);
  uint64_t i = 0;
  if (type.dtype == DType::kF32) {
    for (float& x : tensor.mutable_data<float>())
      x = static_cast<float>(scale * RandomNormal(1, stream, i++));
  } else {
    for (int64_t& x : tensor.mutable_data<int64_t>())
      x = static_cast<int64_t>(RandomBelow(1, stream, i++, 10));
  }
  return tensor;
}

Status Main(const char* path, bool train, int64_t batch, double seconds) {
  TRY(const std::string text, ReadFile(path, 1 << 20));
  TRY(Module module, ParseModule(text));
  TRY_STATUS(InferModule(module, Operators()));
  if (train) {
    TrainingStepSpec spec;
    spec.optimizer.kind = OptimizerSpec::Kind::kSgd;
    spec.optimizer.momentum = 0.9;
    TRY_STATUS(AddTrainingStep(module, spec, Operators()));
  }
  const std::string name = train ? "train_step" : "forward";
  TRY(auto executable, Executable::Compile(module, {.functions = {name}}));
  uint64_t stream = 0;
  for (const State& state : executable->module().states) {
    if (state.name.starts_with("opt.")) continue;
    TRY_STATUS(executable->states()->Set(state.name, Random(state.type, 1, ++stream, 0.05)));
  }
  TRY(auto session, executable->OpenSession());
  const Function& function = *executable->module().FindFunction(name);
  std::vector<Tensor> inputs;
  for (ValueId id : function.body.params) {
    const Type& type = function.TypeOf(id);
    if (type.Rank() > 0)
      inputs.push_back(Random(type, batch, ++stream, 1));
    else if (type.dtype == DType::kF32)
      inputs.push_back(
          Tensor::Scalar(function.values[static_cast<size_t>(id)].name == "share" ? 1.0f : 0.001f));
    else
      inputs.push_back(Tensor::Scalar<int64_t>(1));
  }
  if (std::getenv("EXPLAIN") != nullptr) std::fputs(executable->Explain().c_str(), stderr);
  std::vector<double> times;
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  for (int run = 0;; ++run) {
    const auto t0 = Clock::now();
    TRY_STATUS(session->Run(name, inputs));
    const auto t1 = Clock::now();
    if (run >= 5) times.push_back(std::chrono::duration<double>(t1 - t0).count());
    if (std::chrono::duration<double>(t1 - begin).count() > seconds && times.size() >= 10) break;
  }
  std::ranges::sort(times);
  std::printf("{\"median_ms\": %.4f, \"best_ms\": %.4f, \"runs\": %zu, \"batch\": %ld}\n",
              1e3 * times[times.size() / 2], 1e3 * times[0], times.size(), static_cast<long>(batch));
  return {};
}

}  // namespace
}  // namespace sinter

int main(int count, char** words) {
  if (count != 5) {
    std::fputs("usage: step MODULE.sinter train|infer BATCH SECONDS\n", stderr);
    return 2;
  }
  const auto done =
      sinter::Main(words[1], std::string(words[2]) == "train", std::atol(words[3]), std::atof(words[4]));
  if (!done) std::fprintf(stderr, "%s\n", done.error().ToString().c_str());
  return done ? 0 : 1;
}
