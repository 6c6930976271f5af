// Optimisers as graph: a weight, its gradient and its moments to a new weight and new moments.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/graph/builder.h"

namespace sinter {

// The formulas stand on the pages of sinter.MomentumUpdate and sinter.AdamUpdate.
struct OptimizerSpec {
  enum class Kind { kSgd, kAdam, kAdamW };
  Kind kind = Kind::kSgd;
  double momentum = 0.9;    // SGD; 0: none
  bool nesterov = false;    // SGD
  double beta1 = 0.9;       // Adam
  double beta2 = 0.999;     // Adam
  double epsilon = 1e-8;    // Adam
  double weight_decay = 0;  // SGD and Adam: added to the gradient (L2); AdamW: taken from the weight directly
  double clip_norm = 0;     // the gradients' global L2 norm is scaled down to this; 0: off
};

// What one state's update needs beside the state itself.
struct UpdateInputs {
  ValueId weight;
  ValueId gradient;
  ValueId learning_rate;  // f32[] or the weight's dtype
  ValueId step;           // i64[], counted from 1
};

// Names of the moment states that `spec` keeps for weight state `name`: "opt.m.NAME", "opt.v.NAME".
std::vector<std::string> MomentStates(const OptimizerSpec& spec, const std::string& name);

// Declares the moment states (zeros, shared, not trainable) for a weight state of the module.
Status DeclareMoments(Module& module, const OptimizerSpec& spec, const std::string& name);

// Appends the update of one state and records it (weight and moments) as the function's updates.
Status AppendUpdate(GraphBuilder& builder, const OptimizerSpec& spec, const std::string& name,
                    const UpdateInputs& in);

// Weight decay spares vectors (biases, the scales and shifts of norms), as is usual.
bool Decays(const Type& weight);

}  // namespace sinter
