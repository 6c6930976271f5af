#include "training/trainer/program.h"

#include <fmt/format.h>

#include "engine/formats/onnx/onnx.h"
#include "engine/graph/builder.h"
#include "engine/graph/infer.h"
#include "engine/graph/verifier.h"
#include "engine/models/training_forward.h"
#include "engine/ops/catalog.h"
#include "training/autodiff/training_step.h"

namespace sinter {
namespace {

constexpr std::string_view kLoss = "loss";

// Pictures [h, w] are one channel to the model, [1, h, w], and those of several have them first. Others are
// as they are.
std::vector<int64_t> ModelShape(const ExampleSpec& examples, const Recipe& recipe) {
  if (!examples.columns.empty()) return {JoinedWidth(examples.columns)};
  const bool flat = !recipe.layers.empty() && recipe.layers[0].kind == LayerKind::kDense;
  if (flat) {
    int64_t elements = 1;
    for (int64_t d : examples.shape) elements *= d;
    return {elements};
  }
  const std::vector<int64_t>& shape = examples.shape;
  if (shape.size() == 2) return {1, shape[0], shape[1]};
  if (examples.picture && shape.size() == 3) return {shape[2], shape[0], shape[1]};
  return shape;
}

Result<Module> BuildModel(const Recipe& recipe, const std::vector<int64_t>& shape) {
  if (!recipe.onnx.empty()) {
    TRY(Module module, ImportOnnx(recipe.onnx));
    TRY_STATUS(AddTrainingForward(module, Operators()));
    return module;
  }
  SequentialSpec spec;
  spec.name = "model";
  spec.dtype = recipe.dtype;
  spec.input_shape = shape;
  spec.layers = recipe.layers;
  spec.seed = recipe.seed;
  return BuildSequential(spec, Operators());
}

// The rows of a table as batches hold them, f64[N, columns], taken apart into what the signature's inputs
// are.
Result<ValueId> AppendRows(GraphBuilder& b, ValueId rows, const Signature& signature, DType model_dtype) {
  std::vector<ValueId> columns;
  columns.reserve(signature.inputs.size());
  for (size_t c = 0; c < signature.inputs.size(); ++c) {
    ValueId column =
        b.Op("Gather", {rows, b.Constant(Tensor::Scalar(static_cast<int64_t>(c)))}, {{"axis", int64_t{1}}});
    if (signature.inputs[c].dtype != DType::kF64)
      column = b.Op("Cast", {column}, {{"to", signature.inputs[c].dtype}});
    columns.push_back(column);
  }
  TRY_STATUS(b.status());
  return AppendJoined(b, columns, signature, model_dtype);
}

// @loss(%examples, %labels[, %seed, %first_row]) -> the mean loss, the scores.
Status AddLoss(TrainingProgram& program, const ExampleSpec& spec) {
  Module& module = program.module;
  const bool training = module.FindFunction(kForwardTraining) != nullptr;
  const Function model = *module.FindFunction(training ? kForwardTraining : kForward);
  program.seeded = model.body.params.size() == 3;
  const Type& input = model.TypeOf(model.body.params[0]);
  const Dim batch = input.shape[0];
  Function& loss = module.functions.emplace_back();
  loss.name = kLoss;
  GraphBuilder b(module, loss, Operators());
  Shape shape{batch};
  shape.insert(shape.end(), spec.shape.begin(), spec.shape.end());
  const ValueId examples = b.Input("examples", Type::Tensor(spec.dtype, shape));
  const ValueId labels = b.Input("labels", Type::Tensor(DType::kI64, {batch}));
  TRY(const ValueId prepared, program.signature.joined
                                  ? AppendRows(b, examples, program.signature, input.dtype)
                                  : AppendPreprocess(b, examples, program.signature.inputs[0], input.dtype));
  std::vector<ValueId> arguments{prepared};
  if (program.seeded) {
    arguments.push_back(b.Input("seed", Type::Tensor(DType::kI64, {})));
    arguments.push_back(b.Input("first_row", Type::Tensor(DType::kI64, {})));
  }
  const ValueId scores = b.Ops(kCallOp, arguments, 1, {{"callee", model.name}})[0];
  const ValueId mean = b.Op("SoftmaxCrossEntropyLoss", {scores, labels});
  b.Return({mean, scores});
  return b.status();
}

}  // namespace

Result<TrainingProgram> BuildTrainingProgram(const Recipe& recipe, const ExampleSpec& examples, int ranks) {
  TrainingProgram program;
  std::vector<int64_t> shape = ModelShape(examples, recipe);
  TRY(program.module, BuildModel(recipe, shape));
  const Function* forward = program.module.FindFunction(kForward);
  if (forward == nullptr || forward->body.params.size() != 1 || forward->body.results.size() != 1)
    return Unsupported("a model with one input and one output can be trained");
  // An ONNX model may take pictures as they are.
  const Shape& taken = forward->TypeOf(forward->body.params[0]).shape;
  bool channels_first = examples.picture && examples.shape.size() == 3 && shape.size() == 3;
  if (channels_first && taken.size() == 4 && taken[1] != Dim(shape[0]) && taken[3] == Dim(shape[0])) {
    channels_first = false;
    shape = examples.shape;
  }
  const Type scores = forward->TypeOf(forward->body.results[0]);
  const auto classes = static_cast<int64_t>(examples.classes.size());
  if (scores.Rank() != 2 || scores.shape[1] != Dim(classes)) {
    return InvalidArgument(
        fmt::format("the model gives {}; {} classes need [N,{}]", scores.ToString(), classes, classes),
        "the last layer must have one unit a class");
  }
  Signature& signature = program.signature;
  signature.task = examples.shape.size() >= 2 ? "image_classification" : "classification";
  signature.inputs = {{examples.shape.size() >= 2 ? "image" : "features",
                       examples.dtype,
                       examples.shape,
                       {recipe.scale, recipe.mean, recipe.deviation, shape}}};
  signature.inputs[0].preprocess.channels_first = channels_first;
  if (!examples.columns.empty()) {
    if (recipe.scale != 1 || recipe.mean != std::vector<double>{0} ||
        recipe.deviation != std::vector<double>{1})
      return InvalidArgument("the recipe's input is scaled, and so are the columns of a table",
                             "leave 'input' out: numbers are standardised by the training split");
    signature.task = "classification";
    signature.inputs = examples.columns;
    signature.joined = true;
  }
  signature.outputs = {{"probabilities", scores.dtype, {classes}, OutputActivation::kSoftmax}};
  signature.classes = examples.classes;
  TRY_STATUS(AddPredictFunction(program.module, signature));
  TRY_STATUS(AddLoss(program, examples));
  TrainingStepSpec spec;
  spec.loss_function = kLoss;
  spec.name = kTrainStep;
  spec.optimizer = recipe.optimizer;
  spec.ranks = ranks;
  program.trained = TrainedStates(program.module, spec);
  TRY_STATUS(AddTrainingStep(program.module, spec, Operators()));
  TRY_STATUS(InferModule(program.module, Operators()));
  TRY_STATUS(VerifyModule(program.module, Operators()));
  return program;
}

}  // namespace sinter
