// ONNX's messages: every view lies inside the file that it was read from.
#include <algorithm>

#include "engine/formats/onnx/proto.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

class Walk {
 public:
  explicit Walk(std::span<const std::byte> input) : input_(input) {}

  void Graph(const OnnxGraph& graph, int depth) {
    SINTER_CHECK(depth <= 16);
    Text(graph.name);
    for (const OnnxTensor& tensor : graph.initialisers) Tensor(tensor);
    for (const auto* list : {&graph.inputs, &graph.outputs}) {
      for (const OnnxValueInfo& value : *list) {
        Text(value.name);
        if (value.dims) std::ranges::for_each(*value.dims, [&](const OnnxDim& dim) { Text(dim.parameter); });
      }
    }
    for (const OnnxNode& node : graph.nodes) {
      for (const auto text : {node.name, node.op, node.domain}) Text(text);
      Texts(node.inputs);
      Texts(node.outputs);
      for (const OnnxAttribute& attribute : node.attributes) {
        Text(attribute.name);
        Text(attribute.s);
        Text(attribute.reference);
        Texts(attribute.strings);
        if (attribute.t) Tensor(*attribute.t);
        if (attribute.g) Graph(*attribute.g, depth + 1);
      }
    }
  }

 private:
  void Text(std::string_view text) { SINTER_CHECK(Within(text, input_)); }
  void Texts(const std::vector<std::string_view>& texts) {
    for (const std::string_view text : texts) Text(text);
  }
  void Tensor(const OnnxTensor& tensor) {
    Text(tensor.name);
    Text(tensor.location);
    Texts(tensor.strings);
    if (tensor.raw) Text(TextOf(*tensor.raw));
  }
  std::span<const std::byte> input_;
};

Status Run(std::span<const std::byte> input) {
  TRY(const OnnxModel model, ReadOnnxModel(input));
  Walk(input).Graph(model.graph, 0);
  return {};
}

}  // namespace

FuzzTarget OnnxProtoTarget() { return {&Run, {ErrorCode::kCorrupt}}; }

}  // namespace sinter
