// Loss, backward and update as one function of the module.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/graph/module.h"
#include "engine/graph/operator.h"
#include "training/autodiff/optimizer.h"

namespace sinter {

struct TrainingStepSpec {
  std::string loss_function =
      "loss";                       // results: the loss (a scalar, the mean over its examples), then whatever
                                    // else the caller wants back; its updates (running statistics) are kept
  std::string name = "train_step";  // of the function that is added
  OptimizerSpec optimizer;
  int ranks = 1;  // more: gradients and loss are summed over so many ranks by collective nodes
  std::vector<std::string> train;  // states to update; empty: all that are trainable
};

// Adds @train_step to the module. Its inputs are those of the loss function, then
//   learning_rate: f32[] (f64[] where the weights are f64),
//   share: the same dtype; the part of the global batch that this rank holds (1 when alone): gradients and
//     loss are multiplied by it before they are summed, so that unequal ranks still give the global mean,
//   step: i64[], counted from 1.
// Its results are those of the loss function (the loss being the global mean), then gradient_norms: one L2
// norm for each trained state, in order, after the sum and before clipping. A NaN there names the tensor.
// Errors: no such function, a loss that is no scalar, an operator without gradient.
Status AddTrainingStep(Module& module, const TrainingStepSpec& spec, const OperatorCatalog& catalog);

// The states that AddTrainingStep trains, in the order of gradient_norms.
std::vector<std::string> TrainedStates(const Module& module, const TrainingStepSpec& spec);

}  // namespace sinter
