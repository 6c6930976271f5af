#include "engine/signature/signature.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter {
namespace {

constexpr std::string_view kFormat1 = "sinter.signature.v1", kFormat2 = "sinter.signature.v2";
constexpr size_t kMostClasses = 65536;

constexpr std::pair<OutputActivation, std::string_view> kActivations[] = {
    {OutputActivation::kNone, "none"},
    {OutputActivation::kSoftmax, "softmax"},
    {OutputActivation::kSigmoid, "sigmoid"}};

std::string_view NameOf(OutputActivation activation) {
  for (const auto& [value, name] : kActivations) {
    if (value == activation) return name;
  }
  return "none";
}

DType ReadDType(JsonReader& reader) {
  const std::string name = reader.String("dtype");
  const auto dtype = ParseDType(name);
  if (!dtype) reader.Fail("dtype", fmt::format("'{}' is no dtype", name));
  return dtype.value_or(DType::kF32);
}

std::vector<int64_t> ReadShape(JsonReader& reader, std::string_view field) {
  std::vector<int64_t> shape = reader.Ints(field);
  if (!CountElements(shape))
    reader.Fail(field, "no shape: sizes must be positive, and their product bounded");
  return shape;
}

// What v1 has no word for.
bool NeedsV2(const Signature& signature) {
  return signature.joined || std::ranges::any_of(signature.inputs, [](const SignatureInput& input) {
           return input.preprocess.fill || !input.preprocess.categories.empty() ||
                  input.preprocess.channels_first;
         });
}

// Of v2: what belongs to a picture, or to one number or one class of a row.
Status ReadColumn(JsonReader& steps, const Json& json, SignatureInput& input) {
  Preprocess& p = input.preprocess;
  const std::vector<int64_t>& from = input.shape;
  p.channels_first = steps.Bool("channels_first", false);
  if (p.channels_first &&
      (from.size() != 3 || p.model_shape != std::vector<int64_t>{from[2], from[0], from[1]}))
    steps.Fail("channels_first",
               "belongs to a picture [height, width, channels], to the model [channels, height, width]");
  if (steps.Has("fill")) p.fill = steps.Number("fill");
  p.categories = steps.Strings("categories");
  if (p.fill && (!input.shape.empty() || !IsFloat(input.dtype)))
    steps.Fail("fill", "belongs to a number: a float of shape []");
  if (p.categories.empty()) return {};
  if (!input.shape.empty() || input.dtype != DType::kI64)
    steps.Fail("categories", "belong to a class: i64 of shape []");
  if (p.categories.size() > kMostClasses) steps.Fail("categories", "too many");
  if (json.contains("mean") || json.contains("deviation") || json.contains("scale") || p.fill)
    steps.Fail("categories", "are neither scaled nor filled");
  return {};
}

Result<SignatureInput> ReadInput(const Json& json, size_t i, bool v2) {
  JsonReader reader(json, fmt::format("inputs[{}]", i));
  SignatureInput input;
  input.name = reader.String("name");
  input.dtype = ReadDType(reader);
  input.shape = ReadShape(reader, "shape");
  input.preprocess.model_shape = input.shape;
  if (reader.Has("preprocess")) {
    JsonReader steps(reader.Object("preprocess"), fmt::format("inputs[{}].preprocess", i));
    input.preprocess.scale = steps.Number("scale", 1);
    if (steps.Has("mean")) input.preprocess.mean = steps.Numbers("mean");
    if (steps.Has("deviation")) input.preprocess.deviation = steps.Numbers("deviation");
    if (steps.Has("model_shape")) input.preprocess.model_shape = ReadShape(steps, "model_shape");
    if (v2) TRY_STATUS(ReadColumn(steps, json["preprocess"], input));
    for (double d : input.preprocess.deviation) {
      if (d == 0) steps.Fail("deviation", "zero: it is divided by");
    }
    TRY_STATUS(steps.Finish());
  }
  TRY_STATUS(reader.Finish());
  return input;
}

Result<SignatureOutput> ReadOutput(const Json& json, size_t i) {
  JsonReader reader(json, fmt::format("outputs[{}]", i));
  SignatureOutput output;
  output.name = reader.String("name");
  output.dtype = ReadDType(reader);
  output.shape = ReadShape(reader, "shape");
  const std::string activation = reader.String("activation", "none");
  bool known = false;
  for (const auto& [value, name] : kActivations) {
    if (name != activation) continue;
    output.activation = value;
    known = true;
  }
  if (!known) reader.Fail("activation", fmt::format("'{}' is none of none, softmax, sigmoid", activation));
  TRY_STATUS(reader.Finish());
  return output;
}

}  // namespace

Json SignatureJson(const Signature& signature) {
  const bool v2 = NeedsV2(signature);
  Json json = {
      {"format", v2 ? kFormat2 : kFormat1}, {"task", signature.task}, {"classes", signature.classes}};
  if (v2) json["joined"] = signature.joined;
  json["inputs"] = Json::array();
  for (const SignatureInput& input : signature.inputs) {
    const Preprocess& p = input.preprocess;
    Json steps = {{"model_shape", p.model_shape}};
    if (p.categories.empty()) {
      steps["scale"] = p.scale;
      steps["mean"] = p.mean;
      steps["deviation"] = p.deviation;
    } else {
      steps["categories"] = p.categories;
    }
    if (p.fill) steps["fill"] = *p.fill;
    if (p.channels_first) steps["channels_first"] = true;
    json["inputs"].push_back({{"name", input.name},
                              {"dtype", DTypeName(input.dtype)},
                              {"shape", input.shape},
                              {"preprocess", std::move(steps)}});
  }
  json["outputs"] = Json::array();
  for (const SignatureOutput& output : signature.outputs) {
    json["outputs"].push_back({{"name", output.name},
                               {"dtype", DTypeName(output.dtype)},
                               {"shape", output.shape},
                               {"activation", NameOf(output.activation)}});
  }
  return json;
}

Result<Signature> ParseSignature(std::string_view text) {
  auto read = [&]() -> Result<Signature> {
    TRY(const Json json, ParseJson(text, {.bytes = size_t{8} << 20, .depth = 8}));
    JsonReader reader(json, "");
    const std::string format = reader.String("format");
    const bool v2 = format == kFormat2;
    if (format != kFormat1 && !v2) reader.Fail("format", fmt::format("must be {} or {}", kFormat1, kFormat2));
    Signature signature;
    if (v2) signature.joined = reader.Bool("joined", false);
    signature.task = reader.String("task");
    signature.classes = reader.Strings("classes");
    if (signature.classes.size() > kMostClasses) reader.Fail("classes", "too many");
    const Json& inputs = reader.Array("inputs");
    const Json& outputs = reader.Array("outputs");
    TRY_STATUS(reader.Finish());
    for (size_t i = 0; i < inputs.size(); ++i) {
      TRY(signature.inputs.emplace_back(), ReadInput(inputs[i], i, v2));
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
      TRY(signature.outputs.emplace_back(), ReadOutput(outputs[i], i));
    }
    return signature;
  };
  auto signature = read();
  if (!signature) return std::move(signature).error().In(kSignatureFile);
  return signature;
}

Result<Signature> SignatureOf(const Module& module, std::string_view function) {
  const Function* f = module.FindFunction(function);
  if (f == nullptr) return NotFound(fmt::format("module {} has no function @{}", module.name, function));
  Signature signature;
  auto example = [&](ValueId id, std::string_view what) -> Result<std::vector<int64_t>> {
    const Type& type = f->TypeOf(id);
    const std::string& name = f->values[static_cast<size_t>(id)].name;
    if (!type.IsTensor() || type.Rank() == 0)
      return Unsupported(
          fmt::format("{} '{}' is {}, which has no batch dimension", what, name, type.ToString()));
    std::vector<int64_t> shape;
    for (size_t d = 1; d < type.Rank(); ++d) {
      if (!type.shape[d].IsConstant())
        return Unsupported(
            fmt::format("{} '{}' is {}: sizes after the batch must be numbers", what, name, type.ToString()));
      shape.push_back(*type.shape[d].Constant());
    }
    return shape;
  };
  for (ValueId id : f->body.params) {
    SignatureInput input;
    input.name = f->values[static_cast<size_t>(id)].name;
    input.dtype = f->TypeOf(id).dtype;
    TRY(input.shape, example(id, "input"));
    input.preprocess.model_shape = input.shape;
    signature.inputs.push_back(std::move(input));
  }
  for (ValueId id : f->body.results) {
    SignatureOutput output;
    output.name = f->values[static_cast<size_t>(id)].name;
    output.dtype = f->TypeOf(id).dtype;
    TRY(output.shape, example(id, "output"));
    signature.outputs.push_back(std::move(output));
  }
  return signature;
}

}  // namespace sinter
