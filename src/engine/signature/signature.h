// What a model takes and gives, as its users see it: the contract beside the weights (signature.json). The
// same steps before and after the model serve evaluation, prediction and service, as nodes of the graph.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engine/graph/module.h"

namespace sinter {

// What is done to an input before the model sees it: x -> (x * scale - mean) / deviation, then the model's
// dims. `mean` and `deviation` have one entry, or one for each index of the model's first dimension.
struct Preprocess {
  double scale = 1;
  std::vector<double> mean = {0};
  std::vector<double> deviation = {1};
  std::vector<int64_t> model_shape;  // of one example as the model takes it
  // Of a number (shape []): what stands in for NaN, before the rest; it is computed in the input's own dtype.
  std::optional<double> fill = std::nullopt;
  // Of a class (i64, shape []): its classes, by index. It becomes one number a class, 1 for its own and 0 for
  // others; an index that is none (-1) gives zeros.
  std::vector<std::string> categories = {};
  // Of a picture [height, width, channels]: the model takes [channels, height, width].
  bool channels_first = false;
  bool operator==(const Preprocess&) const = default;
};

struct SignatureInput {
  std::string name;
  DType dtype = DType::kU8;    // as users send it
  std::vector<int64_t> shape;  // of one example as users send it
  Preprocess preprocess;
  bool operator==(const SignatureInput&) const = default;
};

enum class OutputActivation : uint8_t { kNone, kSoftmax, kSigmoid };

struct SignatureOutput {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;                             // of one example
  OutputActivation activation = OutputActivation::kNone;  // applied to what the model gives
  bool operator==(const SignatureOutput&) const = default;
};

struct Signature {
  std::string task;  // "image_classification"
  std::vector<SignatureInput> inputs;
  // The columns of a table: each input gives a few numbers, and all of them, one after another, are what the
  // model's single input takes.
  bool joined = false;
  std::vector<SignatureOutput> outputs;
  std::vector<std::string> classes;  // of a classifier, by index
  bool operator==(const Signature&) const = default;
};

inline constexpr std::string_view kSignatureFile = "signature.json";
inline constexpr std::string_view kModelFile = "model.onnx";
inline constexpr std::string_view kPredict = "predict";

// "sinter.signature.v1", or v2 where it says what v1 has no word for: joined inputs, fill, categories,
// channels first.
Json SignatureJson(const Signature& signature);
// Bounded; unknown fields are refused by name.
Result<Signature> ParseSignature(std::string_view text);

// A signature that says no more than the function's own types: every input as it is, no classes.
Result<Signature> SignatureOf(const Module& module, std::string_view function);

// Adds @predict: the signature's inputs, batch first, through pre-processing, @forward and
// activations to the signature's outputs. Errors: a signature that does not fit @forward, saying where.
Status AddPredictFunction(Module& module, const Signature& signature, std::string_view forward = "forward",
                          std::string_view name = kPredict);
// The pre-processing alone, appended to a function: `value` is the batch as users send it.
Result<ValueId> AppendPreprocess(class GraphBuilder& builder, ValueId value, const SignatureInput& input,
                                 DType model_dtype);
// Of joined inputs: each through its pre-processing, then together, [N, numbers].
Result<ValueId> AppendJoined(class GraphBuilder& builder, std::span<const ValueId> values,
                             const Signature& signature, DType model_dtype);
// How many numbers the joined inputs give.
int64_t JoinedWidth(const std::vector<SignatureInput>& inputs);
// The indexes (i64) of the categories that a tensor of strings names; -1 for an empty one: missing. Errors: a
// name that is none of them.
Result<Tensor> IndexCategories(std::span<const std::string> categories, const Tensor& names);

}  // namespace sinter
