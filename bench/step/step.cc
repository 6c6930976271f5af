// Times what a recipe trains, warm: its training step, and inference of its model. For bench/run.
//   bench_step RECIPE.yaml train BATCH SECONDS     prints one JSON object
//   bench_step RECIPE.yaml export FILE.onnx        the same model, weights random, for the peers and for
//   bench_step FILE.onnx infer BATCH SECONDS       read as it is for serving: its weights are constants
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/random.h"
#include "engine/exec/executable.h"
#include "engine/formats/onnx/onnx.h"
#include "training/trainer/program.h"

namespace sinter {
namespace {

constexpr int64_t kPicture[] = {28, 28};
constexpr int kWarm = 5;  // runs before the first that counts

Tensor Random(const Type& type, int64_t rows, uint64_t stream) {
  Dims dims;
  for (const Dim& dim : type.shape) dims.push_back(dim.Constant().value_or(rows));
  Tensor tensor = *Tensor::Create(type.dtype, dims, true);
  for (int64_t i = 0; i < tensor.elements(); ++i) {
    const auto index = static_cast<uint64_t>(i);
    if (type.dtype == DType::kF32)
      tensor.mutable_data<float>()[index] = static_cast<float>(RandomNormal(1, stream, index));
    else if (type.dtype == DType::kU8)
      tensor.mutable_data<uint8_t>()[index] = static_cast<uint8_t>(RandomBelow(1, stream, index, 256));
    else
      tensor.mutable_data<int64_t>()[index] = static_cast<int64_t>(RandomBelow(1, stream, index, 10));
  }
  return tensor;
}

Result<TrainingProgram> Program(const char* path) {
  TRY(const std::string text, ReadFile(path, 1 << 20));
  TRY(const Recipe recipe, ParseRecipe(text));
  ExampleSpec examples{DType::kU8, {std::begin(kPicture), std::end(kPicture)}, {}};
  for (int i = 0; i < 10; ++i) examples.classes.push_back(std::to_string(i));
  return BuildTrainingProgram(recipe, examples, 1);
}

Status Time(const Module& module, const std::string& name, int64_t batch, double seconds) {
  TRY(auto executable, Executable::Compile(module, {.functions = {name}}));
  for (const State& state : module.states) {
    const auto names = executable->states()->Names();
    if (state.initial && std::ranges::find(names, state.name) != names.end())
      TRY_STATUS(executable->states()->Set(state.name, *state.initial));
  }
  TRY(auto session, executable->OpenSession());
  const Function& function = *executable->module().FindFunction(name);
  std::vector<Tensor> inputs;
  uint64_t stream = 0;
  for (const ValueId id : function.body.params) {
    const Type& type = function.TypeOf(id);
    const std::string& input = function.values[static_cast<size_t>(id)].name;
    if (type.Rank() > 0)
      inputs.push_back(Random(type, batch, ++stream));
    else if (type.dtype == DType::kF32)
      inputs.push_back(Tensor::Scalar(input == "share" ? 1.0f : 0.001f));
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
    if (run >= kWarm) times.push_back(std::chrono::duration<double>(t1 - t0).count());
    if (std::chrono::duration<double>(t1 - begin).count() > seconds && times.size() >= 10) break;
  }
  std::ranges::sort(times);
  std::printf("{\"median_ms\": %.4f, \"best_ms\": %.4f, \"runs\": %zu, \"batch\": %ld}\n",
              1e3 * times[times.size() / 2], 1e3 * times[0], times.size(), static_cast<long>(batch));
  return {};
}

constexpr std::string_view kUsage =
    "usage: bench_step RECIPE train BATCH SECONDS | RECIPE export FILE.onnx | FILE.onnx infer BATCH SECONDS";

Status Main(int count, char** words) {
  const std::string_view what = count > 2 ? words[2] : "";
  if (what == "infer" && count == 5) {
    TRY(const Module module, ImportOnnx(words[1], {.weights_as_constants = true}));
    return Time(module, "forward", std::atol(words[3]), std::atof(words[4]));
  }
  if (!(what == "train" && count == 5) && !(what == "export" && count == 4))
    return InvalidArgument(std::string(kUsage));
  TRY(TrainingProgram program, Program(words[1]));
  if (what == "export") return ExportOnnx(program.module, "forward", words[3]);
  return Time(program.module, std::string(kTrainStep), std::atol(words[3]), std::atof(words[4]));
}

}  // namespace
}  // namespace sinter

int main(int count, char** words) {
  const auto done = sinter::Main(count, words);
  if (!done) std::fprintf(stderr, "%s\n", done.error().ToString().c_str());
  return done ? 0 : 1;
}
