// One model on one set of inputs, no server needed.
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/device/reference/interpreter.h"
#include "engine/exec/executable.h"
#include "engine/ops/catalog.h"
#include "engine/signature/signature.h"
#include "platform/serving/model_interface.h"
#include "server/api/oip/oip.h"
#include "server/cli/context.h"
#include "server/cli/model_file.h"
#include "server/cli/output.h"
#include "server/cli/tensor_files.h"

namespace sinter {
namespace {

struct PredictWords {
  std::string model, request, output, device = "cpu", function;
  std::vector<std::string> inputs, fixed;
  int threads = 0;
};
PredictWords words;

// "NAME=FILE.npy"
Result<NamedTensor> ReadInput(const std::string& word) {
  const size_t equals = word.rfind('=');
  if (equals == std::string::npos || equals == 0)
    return InvalidArgument(fmt::format("'{}' names no input", word), "write NAME=FILE.npy");
  TRY(Tensor tensor, ReadNpyFile(word.substr(equals + 1)));
  return NamedTensor{word.substr(0, equals), std::move(tensor)};
}

Result<std::vector<NamedTensor>> ReadInputs() {
  std::vector<NamedTensor> given;
  if (!words.request.empty()) {
    TRY(const std::string text, ReadFile(words.request));
    auto request = ParseOipRequest(std::as_bytes(std::span(text)), std::nullopt);
    if (!request) return std::move(request).error().In(words.request);
    if (!request->outputs.empty())
      return Unsupported(fmt::format("{}: outputs cannot be chosen here; all are given", words.request));
    given = std::move(request->inputs);
  }
  for (const std::string& word : words.inputs) {
    TRY(given.emplace_back(), ReadInput(word));
  }
  return given;
}

// The given tensors in the function's order, checked.
Result<std::vector<Tensor>> InOrder(const ModelInterface& interface, std::vector<NamedTensor> given) {
  std::vector<Tensor> ordered(interface.inputs.size());
  for (NamedTensor& one : given) {
    const int at = interface.FindInput(one.name);
    if (at < 0) {
      std::vector<std::string> names;
      names.reserve(interface.inputs.size());
      for (const TensorSpec& input : interface.inputs) names.push_back(input.name);
      return InvalidArgument(fmt::format("there is no input '{}'", one.name),
                             fmt::format("the inputs are {}", fmt::join(names, ", ")));
    }
    Tensor& place = ordered[static_cast<size_t>(at)];
    if (place.defined()) return InvalidArgument(fmt::format("input '{}' is given twice", one.name));
    TRY(place, interface.Indexed(static_cast<size_t>(at), std::move(one.tensor)));
  }
  for (size_t i = 0; i < ordered.size(); ++i) {
    if (!ordered[i].defined())
      return InvalidArgument(fmt::format("input '{}' ({}) is not given", interface.inputs[i].name,
                                         interface.inputs[i].ToString()),
                             "add --input NAME=FILE.npy, or --request FILE.json");
  }
  TRY_STATUS(interface.Check(ordered));
  return ordered;
}

Result<std::vector<Tensor>> OnTheReference(const Module& module, const std::string& function,
                                           const std::vector<Tensor>& inputs) {
  StateValues states;
  const std::vector<Value> values(inputs.begin(), inputs.end());
  TRY(const std::vector<Value> results, RunReference(module, Operators(), function, values, states));
  std::vector<Tensor> tensors;
  tensors.reserve(results.size());
  for (const Value& value : results) tensors.push_back(value.tensor());
  return tensors;
}

Result<std::vector<Tensor>> OnTheCpu(Module module, const std::string& function,
                                     const std::vector<Tensor>& inputs) {
  std::optional<ThreadPool> pool;
  if (words.threads > 0) pool.emplace(words.threads);
  TRY(const auto executable,
      Executable::Compile(std::move(module), {.pool = pool ? &*pool : nullptr, .functions = {function}}));
  TRY(const auto session, executable->OpenSession());
  TRY(const auto results, session->Run(function, inputs));
  std::vector<Tensor> tensors;
  for (const Value& value : results) {
    TRY(tensors.emplace_back(), value.tensor().Clone());  // the session's arena ends here
  }
  return tensors;
}

Status WriteOutputs(const ModelInterface& interface, const std::vector<Tensor>& tensors, bool json) {
  if (words.output.empty()) {
    OipAnswer answer{.model = words.model};
    for (size_t i = 0; i < tensors.size(); ++i)
      answer.outputs.push_back({interface.outputs[i].name, &tensors[i]});
    fmt::print("{}\n", EncodeOipAnswer(answer).body);
    return {};
  }
  TRY_STATUS(MakeFolders(words.output));
  std::vector<std::vector<std::string>> rows = {{"OUTPUT", "TYPE", "FILE"}};
  Json files = Json::array();
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorSpec& output = interface.outputs[i];
    const Path file = Path(words.output) / fmt::format("{}.npy", output.name);
    TRY_STATUS(WriteNpyFile(file, tensors[i]));
    rows.push_back({output.name, tensors[i].type().ToString(), file.string()});
    files.push_back(Json{{"name", output.name},
                         {"dtype", DTypeName(tensors[i].dtype())},
                         {"shape", tensors[i].dims()},
                         {"file", file.string()}});
  }
  fmt::print("{}", json ? Json{{"outputs", files}}.dump() + "\n" : Table(rows));
  return {};
}

Status Predict(bool json) {
  ModelFileOptions options{.weights_as_constants = words.device == "cpu"};
  for (const std::string& word : words.fixed) {
    TRY(NamedTensor fixed, ReadInput(word));
    options.fixed_inputs.insert_or_assign(std::move(fixed.name), std::move(fixed.tensor));
  }
  TRY(ModelFile model, LoadModelFile(words.model, options));
  const std::string function = words.function.empty() ? model.function : words.function;
  TRY(ModelInterface interface, ModelInterface::Of(model.module, function));
  if (function == kPredict) TRY_STATUS(interface.AddCategories(model.signature));
  TRY(std::vector<NamedTensor> given, ReadInputs());
  TRY(const std::vector<Tensor> inputs, InOrder(interface, std::move(given)));
  auto tensors = words.device == "reference" ? OnTheReference(model.module, function, inputs)
                                             : OnTheCpu(std::move(model.module), function, inputs);
  if (!tensors) return std::move(tensors).error().In(words.model);
  return WriteOutputs(interface, *tensors, json);
}

}  // namespace

void AddPredictCommand(CLI::App& app, CliContext& context) {
  CLI::App* predict = app.add_subcommand("predict", "What a model gives for inputs from files");
  predict->add_option("model", words.model, "An ONNX file, or a model's folder")->required();
  predict->add_option("-i,--input", words.inputs, "NAME=FILE.npy, once for each input")
      ->allow_extra_args(false);
  predict->add_option("--request", words.request,
                      "Inputs from a JSON file: the body of an Open Inference Protocol request");
  predict->add_option("-o,--output", words.output,
                      "A folder for NAME.npy of each output; without it they are printed as JSON");
  predict
      ->add_option("--fix", words.fixed,
                   "NAME=FILE.npy: an input that is compiled in (shapes, axes, repeats)")
      ->allow_extra_args(false);
  predict->add_option("--device", words.device, "cpu, or reference: plain, exact and slow")
      ->check(CLI::IsMember({"cpu", "reference"}));
  predict->add_option("--threads", words.threads, "How many threads (else SINTER_THREADS, or all processors)")
      ->check(CLI::Range(1, 1024));
  predict->add_option("--function", words.function,
                      "Which function (else predict where a signature stands beside the model, or forward)");
  AddJsonOption(*predict, context);
  predict->callback([&context] { context.action = [&context] { return Predict(context.json); }; });
}

}  // namespace sinter
