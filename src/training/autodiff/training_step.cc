#include "training/autodiff/training_step.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "engine/graph/builder.h"
#include "engine/graph/clone.h"
#include "training/autodiff/gradient.h"

namespace sinter {
namespace {

// The states that the function itself reads, in the module's order: those it does not use get no update.
std::vector<std::string> StatesToTrain(const Module& module, const Function& function,
                                       const TrainingStepSpec& spec) {
  std::vector<std::string> names;
  for (const State& state : module.states) {
    const bool read =
        std::ranges::any_of(function.reads, [&](const StateUse& use) { return use.state == state.name; });
    const bool wanted =
        spec.train.empty() ? state.trainable : std::ranges::find(spec.train, state.name) != spec.train.end();
    if (read && wanted) names.push_back(state.name);
  }
  return names;
}

ValueId GlobalNorm(GraphBuilder& b, std::span<const ValueId> squares) {
  ValueId sum = squares[0];
  for (ValueId square : squares.subspan(1)) sum = b.Op("Add", {sum, square});
  return b.Op("Sqrt", {sum});
}

// min(1, clip / (norm + tiny)): the factor that brings the global norm down to `clip`.
ValueId ClipFactor(GraphBuilder& b, ValueId norm, double clip) {
  const DType dtype = b.TypeOf(norm).dtype;
  const ValueId ratio = b.Op("Div", {b.Scalar(dtype, clip), b.Op("Add", {norm, b.Scalar(dtype, 1e-12)})});
  return b.Op("Min", {ratio, b.Scalar(dtype, 1.0)});
}

struct StepBuilder {
  GraphBuilder& b;
  const TrainingStepSpec& spec;

  ValueId OverRanks(ValueId value) const {
    if (spec.ranks <= 1) return value;
    return b.Op("sinter.AllReduce", {value},
                {{"ranks", int64_t{spec.ranks}}, {"reduce", std::string("sum")}});
  }

  Status Build(const std::vector<std::string>& trained) {
    Function& function = b.function();
    std::vector<ValueId> results = function.body.results;
    const ValueId loss = results[0];
    std::vector<ValueId> weights;
    weights.reserve(trained.size());
    for (const std::string& name : trained) weights.push_back(b.Read(name));
    const DType dtype = b.TypeOf(loss).dtype;
    const ValueId learning_rate = b.Input("learning_rate", Type::Tensor(dtype, {}));
    const ValueId share = b.Input("share", Type::Tensor(dtype, {}));
    const ValueId step = b.Input("step", Type::Tensor(DType::kI64, {}));
    // Scaling the loss before differentiating scales every gradient, at the cost of one scalar product.
    const ValueId shared_loss = b.Op("Mul", {loss, share}, {}, "shared_loss");
    TRY(std::vector<ValueId> gradients, AppendGradients(b, shared_loss, weights));
    results[0] = OverRanks(shared_loss);
    std::vector<ValueId> squares;
    for (ValueId& gradient : gradients) {
      gradient = OverRanks(gradient);
      squares.push_back(b.Op("ReduceSumSquare", {gradient}, {{"keepdims", int64_t{0}}}));
    }
    TRY_STATUS(b.status());
    results.push_back(Norms(squares));
    if (spec.optimizer.clip_norm > 0) {
      const ValueId factor = ClipFactor(b, GlobalNorm(b, squares), spec.optimizer.clip_norm);
      for (ValueId& gradient : gradients) gradient = b.Op("Mul", {gradient, factor}, {}, "clipped");
    }
    for (size_t i = 0; i < trained.size(); ++i) {
      TRY_STATUS(
          AppendUpdate(b, spec.optimizer, trained[i], {weights[i], gradients[i], learning_rate, step}));
    }
    b.Return(std::move(results));
    return b.status();
  }

  // One vector of L2 norms from the scalars of squared sums.
  ValueId Norms(std::span<const ValueId> squares) const {
    const ValueId axes = b.Ints({0});
    std::vector<ValueId> parts;
    for (ValueId square : squares) parts.push_back(b.Op("Unsqueeze", {square, axes}));
    return b.Op("Sqrt", {b.Op("Concat", parts, {{"axis", int64_t{0}}})}, {}, "gradient_norms");
  }
};

}  // namespace

std::vector<std::string> TrainedStates(const Module& module, const TrainingStepSpec& spec) {
  const Function* loss = module.FindFunction(spec.loss_function);
  if (loss == nullptr) return {};
  Function whole = *loss;  // what it calls reads states too
  if (!InlineCalls(module, whole)) return {};
  return StatesToTrain(module, whole, spec);
}

Status AddTrainingStep(Module& module, const TrainingStepSpec& spec, const OperatorCatalog& catalog) {
  TRY_STATUS(CloneFunction(module, spec.loss_function, spec.name));
  Function& function = module.functions.back();
  TRY_STATUS(InlineCalls(module, function));
  if (function.body.results.empty())
    return InvalidArgument(fmt::format("@{} has no result; its first must be the loss", spec.loss_function));
  const std::vector<std::string> trained = StatesToTrain(module, function, spec);
  for (const std::string& name : spec.train) {
    if (std::ranges::find(trained, name) == trained.end())
      return NotFound(fmt::format("@{} reads no state @{}", spec.loss_function, name));
  }
  if (trained.empty())
    return InvalidArgument(
        fmt::format("@{} reads no trainable state: there is nothing to train", spec.loss_function));
  for (const std::string& name : trained) TRY_STATUS(DeclareMoments(module, spec.optimizer, name));
  GraphBuilder builder(module, function, catalog);
  return StepBuilder{builder, spec}.Build(trained);
}

}  // namespace sinter
