#include "engine/formats/onnx/upgrade.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace sinter {
namespace {

// Opset 18 (13 for ReduceSum) made the axes an input.
constexpr std::array<std::string_view, 9> kAxesReductions = {
    "ReduceMax", "ReduceMean",   "ReduceMin",       "ReduceProd",     "ReduceL1",
    "ReduceL2",  "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"};

bool Moves(std::string_view op) { return std::ranges::find(kAxesReductions, op) != kAxesReductions.end(); }

}  // namespace

Status UpgradeOnnxNode(Node& node, int64_t opset, FunctionRef<ValueId(Tensor)> constant) {
  if (opset < 18 && Moves(node.op)) {
    if (const auto axes = node.attributes.find("axes"); axes != node.attributes.end()) {
      const auto* values = std::get_if<std::vector<int64_t>>(&axes->second);
      if (values == nullptr) return InvalidArgument("its axes are no list of integers");
      node.inputs.resize(1);
      node.inputs.push_back(
          constant(Tensor::FromSpan<int64_t>({static_cast<int64_t>(values->size())}, *values)));
      node.attributes.erase(axes);
    }
  }
  // Opset 18 made the number of equal parts an attribute.
  if (opset < 18 && node.op == "Split" && (node.inputs.size() < 2 || node.inputs[1] == kNoValue))
    node.attributes["num_outputs"] = static_cast<int64_t>(node.outputs.size());
  return {};
}

}  // namespace sinter
