#include "training/autodiff/optimizer.h"

#include <fmt/format.h>

namespace sinter {

std::vector<std::string> MomentStates(const OptimizerSpec& spec, const std::string& name) {
  if (spec.kind != OptimizerSpec::Kind::kSgd) return {"opt.m." + name, "opt.v." + name};
  if (spec.momentum > 0) return {"opt.m." + name};
  return {};
}

Status DeclareMoments(Module& module, const OptimizerSpec& spec, const std::string& name) {
  const State* weight = module.FindState(name);
  if (weight == nullptr) return NotFound(fmt::format("module {} has no state @{}", module.name, name));
  const Type type = weight->type;
  for (std::string& moment : MomentStates(spec, name)) {
    if (module.FindState(moment) != nullptr) continue;
    module.states.push_back({std::move(moment), type, StateScope::kShared, false, std::nullopt, {}});
  }
  return {};
}

bool Decays(const Type& weight) { return weight.Rank() >= 2; }

Status AppendUpdate(GraphBuilder& b, const OptimizerSpec& spec, const std::string& name,
                    const UpdateInputs& in) {
  const double decay = Decays(b.TypeOf(in.weight)) ? spec.weight_decay : 0.0;
  std::vector<std::string> moments = MomentStates(spec, name);
  if (moments.empty()) {
    ValueId gradient = in.gradient;
    if (decay != 0)
      gradient =
          b.Op("Add", {gradient, b.Op("Mul", {in.weight, b.Scalar(b.TypeOf(in.weight).dtype, decay)})});
    b.Update(name, b.Op("Sub", {in.weight, b.Op("Mul", {gradient, in.learning_rate})}));
    return b.status();
  }
  std::vector<ValueId> inputs{in.weight, in.gradient};
  for (const std::string& moment : moments) inputs.push_back(b.Read(moment));
  inputs.push_back(in.learning_rate);
  const bool adam = spec.kind != OptimizerSpec::Kind::kSgd;
  if (adam) inputs.push_back(in.step);
  Attributes attributes{{"weight_decay", decay}};
  if (adam) {
    attributes["beta1"] = spec.beta1;
    attributes["beta2"] = spec.beta2;
    attributes["epsilon"] = spec.epsilon;
    attributes["decoupled"] = int64_t{spec.kind == OptimizerSpec::Kind::kAdamW};
  } else {
    attributes["momentum"] = spec.momentum;
    attributes["nesterov"] = int64_t{spec.nesterov};
  }
  const std::vector<ValueId> outputs = b.Ops(adam ? "sinter.AdamUpdate" : "sinter.MomentumUpdate", inputs,
                                             1 + moments.size(), std::move(attributes), name);
  TRY_STATUS(b.status());
  b.Update(name, outputs[0]);
  for (size_t i = 0; i < moments.size(); ++i) b.Update(moments[i], outputs[i + 1]);
  return b.status();
}

}  // namespace sinter
