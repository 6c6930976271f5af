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

// Pictures [h, w] are one channel to the model: [1, h, w]. Others are as they are.
std::vector<int64_t> ModelShape(const ExampleSpec& examples, const Recipe& recipe) {
  const bool flat = !recipe.layers.empty() && recipe.layers[0].kind == LayerKind::kDense;
  if (flat) {
    int64_t elements = 1;
    for (int64_t d : examples.shape) elements *= d;
    return {elements};
  }
  if (examples.shape.size() == 2) return {1, examples.shape[0], examples.shape[1]};
  return examples.shape;
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

// @loss(%examples, %labels[, %seed, %first_row]) -> the mean loss, the scores.
Status AddLoss(TrainingProgram& program) {
  Module& module = program.module;
  const bool training = module.FindFunction(kForwardTraining) != nullptr;
  const Function model = *module.FindFunction(training ? kForwardTraining : kForward);
  program.seeded = model.body.params.size() == 3;
  const Type& input = model.TypeOf(model.body.params[0]);
  const Dim batch = input.shape[0];
  const SignatureInput& signature = program.signature.inputs[0];
  Function& loss = module.functions.emplace_back();
  loss.name = kLoss;
  GraphBuilder b(module, loss, Operators());
  Shape shape{batch};
  shape.insert(shape.end(), signature.shape.begin(), signature.shape.end());
  const ValueId examples = b.Input("examples", Type::Tensor(signature.dtype, shape));
  const ValueId labels = b.Input("labels", Type::Tensor(DType::kI64, {batch}));
  TRY(const ValueId prepared, AppendPreprocess(b, examples, signature, input.dtype));
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
  const std::vector<int64_t> shape = ModelShape(examples, recipe);
  TRY(program.module, BuildModel(recipe, shape));
  const Function* forward = program.module.FindFunction(kForward);
  if (forward == nullptr || forward->body.params.size() != 1 || forward->body.results.size() != 1)
    return Unsupported("a model with one input and one output can be trained");
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
  signature.outputs = {{"probabilities", scores.dtype, {classes}, OutputActivation::kSoftmax}};
  signature.classes = examples.classes;
  TRY_STATUS(AddPredictFunction(program.module, signature));
  TRY_STATUS(AddLoss(program));
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
