#include "engine/models/training_forward.h"

#include <map>

#include <fmt/format.h>

#include "engine/graph/clone.h"
#include "engine/graph/infer.h"
#include "engine/models/sequential.h"

namespace sinter {
namespace {

constexpr double kRatio = 0.5;  // of a Dropout that does not say

class Trainer {
 public:
  explicit Trainer(Function& f) : f_(f) {
    for (const StateUse& read : f.reads) states_[read.value] = read.state;
    for (const Node& node : f.body.nodes) {
      if (node.op == "BatchNormalization" && node.inputs.size() == 5) {
        ++uses_[node.inputs[3]];
        ++uses_[node.inputs[4]];
      }
      const auto value = node.attributes.find("value");
      if (node.op == "Constant" && value != node.attributes.end())
        constants_[node.outputs[0]] = &value->second;
    }
  }

  // Running statistics that are states, of this node alone.
  bool Learns(const Node& node) const {
    if (node.op != "BatchNormalization" || node.inputs.size() != 5 || node.outputs.size() != 1) return false;
    for (size_t i = 3; i < 5; ++i) {
      if (!states_.contains(node.inputs[i]) || uses_.at(node.inputs[i]) != 1) return false;
    }
    return true;
  }
  // Its mask is not asked for.
  static bool Drops(const Node& node) { return node.op == "Dropout" && node.outputs.size() == 1; }

  bool Any() const {
    for (const Node& node : f_.body.nodes) {
      if (Learns(node) || Drops(node)) return true;
    }
    return false;
  }

  Status Change() {
    const ValueId seed = f_.AddValue("seed", Type::Tensor(DType::kI64, {}));
    const ValueId first_row = f_.AddValue("first_row", Type::Tensor(DType::kI64, {}));
    int64_t stream = 0;
    for (Node& node : f_.body.nodes) {
      if (Learns(node)) TakeStatistics(node);
      if (Drops(node)) TRY_STATUS(Draw(node, seed, first_row, stream++));
    }
    f_.body.params.push_back(seed);
    f_.body.params.push_back(first_row);
    return {};
  }

 private:
  void TakeStatistics(Node& node) {
    node.attributes["training_mode"] = int64_t{1};
    for (size_t i = 3; i < 5; ++i) {
      node.outputs.push_back(f_.AddValue("running"));
      f_.updates.push_back({states_.at(node.inputs[i]), node.outputs.back()});
    }
  }

  Status Draw(Node& node, ValueId seed, ValueId first_row, int64_t stream) {
    double ratio = kRatio;
    if (node.inputs.size() > 1 && node.inputs[1] != kNoValue) {
      const auto constant = constants_.find(node.inputs[1]);
      const auto* tensor = constant == constants_.end() ? nullptr : std::get_if<Tensor>(constant->second);
      if (tensor == nullptr || tensor->elements() != 1)
        return Unsupported(fmt::format("Dropout '{}': its ratio must be a constant", node.name));
      ratio = tensor->AsDouble(0);
    }
    if (!(ratio >= 0 && ratio < 1))
      return InvalidArgument(fmt::format("Dropout '{}': its ratio {} is not in [0, 1)", node.name, ratio));
    node.op = "sinter.SeededDropout";
    node.inputs = {node.inputs[0], seed, first_row};
    node.attributes = {{"ratio", ratio}, {"stream", stream}};
    return {};
  }

  Function& f_;
  std::map<ValueId, std::string> states_;
  std::map<ValueId, int> uses_;
  std::map<ValueId, const Attribute*> constants_;
};

}  // namespace

Status AddTrainingForward(Module& module, const OperatorCatalog& catalog) {
  Function* forward = module.FindFunction(kForward);
  if (forward == nullptr) return NotFound(fmt::format("module {} has no @{}", module.name, kForward));
  if (!Trainer(*forward).Any()) return {};
  TRY_STATUS(CloneFunction(module, kForward, std::string(kForwardTraining)));
  TRY_STATUS(Trainer(*module.FindFunction(kForwardTraining)).Change());
  return InferModule(module, catalog);
}

}  // namespace sinter
