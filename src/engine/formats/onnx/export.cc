#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "engine/formats/onnx/onnx.h"
#include "engine/formats/onnx/proto.h"
#include "engine/formats/onnx/wire.h"
#include "engine/graph/builder.h"
#include "engine/graph/clone.h"
#include "engine/graph/infer.h"
#include "engine/ops/catalog.h"

namespace sinter {
namespace {

// Numbers of onnx.proto3's fields and kinds, as proto.h.
constexpr uint64_t kExternal = 1;
constexpr size_t kExternalAlignment = 64;
constexpr size_t kSmallest = 1024;  // bytes of a weight that is worth standing outside

class Exporter {
 public:
  Exporter(Module module, std::string_view function, Path data, bool external)
      : module_(std::move(module)),
        f_(*module_.FindFunction(function)),
        data_(std::move(data)),
        external_(external) {}

  Result<std::string> Export() {
    TRY_STATUS(InlineCalls(module_, f_));
    TRY_STATUS(LowerOurs());
    if (!f_.updates.empty())
      return Unsupported(fmt::format("@{} updates state @{}; ONNX has none", f_.name, f_.updates[0].state));
    NameValues();
    WireWriter graph;
    TRY_STATUS(AddNodes(f_.body, graph));
    for (const auto& [from, to] : copies_) {
      WireWriter node;
      node.Bytes(1, names_[static_cast<size_t>(from)]);
      node.Bytes(2, to);
      node.Bytes(4, "Identity");
      graph.Bytes(1, node);
    }
    graph.Bytes(2, module_.name);
    for (const StateUse& read : f_.reads) {
      TRY(const WireWriter tensor, Weight(read));
      graph.Bytes(5, tensor);
    }
    for (ValueId id : f_.body.params) {
      TRY(const WireWriter info, ValueInfoOf(names_[static_cast<size_t>(id)], f_.TypeOf(id)));
      graph.Bytes(11, info);
    }
    for (size_t i = 0; i < f_.body.results.size(); ++i) {
      TRY(const WireWriter info, ValueInfoOf(result_names_[i], f_.TypeOf(f_.body.results[i])));
      graph.Bytes(12, info);
    }
    WireWriter model, opset;
    model.Int(1, kOnnxIrVersion);
    model.Bytes(2, "sinter");
    model.Bytes(7, graph);
    opset.Bytes(1, "");
    opset.Int(2, kOnnxOpset);
    model.Bytes(8, opset);
    if (writer_) TRY_STATUS(writer_->Publish());
    return std::move(model).Take();
  }

 private:
  // Nodes of domain sinter that are compositions become what they are made of.
  Status LowerOurs() {
    std::vector<Node> nodes = std::move(f_.body.nodes);
    f_.body.nodes.clear();
    GraphBuilder builder(module_, f_, Operators());
    std::map<ValueId, ValueId> replaced;
    auto now = [&](ValueId id) {
      const auto found = replaced.find(id);
      return found == replaced.end() ? id : found->second;
    };
    for (Node& node : nodes) {
      for (ValueId& id : node.inputs) id = now(id);
      const Operator* page = Operators().Find(node.op);
      const auto* composition = page == nullptr ? nullptr : std::get_if<Composition>(&page->structure.value);
      if (!node.op.starts_with("sinter.") || composition == nullptr) {
        f_.body.nodes.push_back(std::move(node));
        continue;
      }
      LoweringContext context(node, *page, builder);
      TRY_STATUS(composition->lower(context));
      TRY_STATUS(builder.status());
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        if (node.outputs[i] != kNoValue) replaced[node.outputs[i]] = context.results[i];
      }
    }
    for (ValueId& id : f_.body.results) id = now(id);
    return {};
  }

  // Inputs and outputs keep their names; others give way. Weights are named after their states.
  void NameValues() {
    names_.resize(f_.values.size());
    std::set<std::string> used;
    auto take = [&](std::string name) {
      while (!used.insert(name).second) name += "_";
      return name;
    };
    for (ValueId id : f_.body.params) Name(id) = take(f_.values[static_cast<size_t>(id)].name);
    for (const StateUse& read : f_.reads) Name(read.value) = take(read.state);
    for (ValueId id : f_.body.results) {
      const std::string& name = f_.values[static_cast<size_t>(id)].name;
      if (Name(id).empty()) {
        Name(id) = take(name);
        result_names_.push_back(Name(id));
      } else {  // an input or a weight as it is, or a result that is given twice
        result_names_.push_back(take(name));
        copies_.emplace_back(id, result_names_.back());
      }
    }
    for (size_t v = 0; v < f_.values.size(); ++v) {
      if (names_[v].empty()) names_[v] = take(f_.values[v].name);
    }
  }
  std::string& Name(ValueId id) { return names_[static_cast<size_t>(id)]; }

  Result<WireWriter> TensorMessage(std::string_view name, const Tensor& tensor) {
    if (!tensor.encoding().IsPlain())
      return Unsupported(fmt::format("'{}' is encoded as {}", name, tensor.encoding().ToString()));
    WireWriter out;
    if (tensor.rank() > 0) out.Ints(1, tensor.dims());
    out.Int(2, OnnxOfDType(tensor.dtype()));
    if (tensor.dtype() == DType::kString) {
      for (const std::string& text : tensor.strings()) out.Bytes(6, text);
    }
    if (!name.empty()) out.Bytes(8, name);
    if (tensor.dtype() != DType::kString)
      out.Bytes(9, std::string_view(reinterpret_cast<const char*>(tensor.raw()), tensor.bytes()));
    return out;
  }

  Result<WireWriter> Weight(const StateUse& read) {
    const State& state = *module_.FindState(read.state);
    Tensor value;
    if (state.initial) {
      value = *state.initial;
    } else {
      Dims dims;
      for (const Dim& dim : state.type.shape) {
        if (!dim.IsConstant())
          return Unsupported(fmt::format("state @{} has a size that is not known", state.name));
        dims.push_back(*dim.Constant());
      }
      TRY(value, Tensor::Create(state.type.dtype, dims, true));
    }
    if (!external_ || value.bytes() < kSmallest) return TensorMessage(Name(read.value), value);
    if (!value.encoding().IsPlain())
      return Unsupported(fmt::format("state @{} is encoded as {}", state.name, value.encoding().ToString()));
    if (!writer_) {
      TRY(FileWriter writer, FileWriter::Create(data_));
      writer_.emplace(std::move(writer));
    }
    const size_t padding = (kExternalAlignment - written_ % kExternalAlignment) % kExternalAlignment;
    TRY_STATUS(writer_->Write(std::string(padding, '\0')));
    written_ += padding;
    WireWriter out;
    out.Ints(1, value.dims());
    out.Int(2, OnnxOfDType(value.dtype()));
    out.Bytes(8, Name(read.value));
    auto entry = [&](std::string_view key, std::string_view text) {
      WireWriter pair;
      pair.Bytes(1, key);
      pair.Bytes(2, text);
      out.Bytes(13, pair);
    };
    entry("location", data_.filename().string());
    entry("offset", std::to_string(written_));
    entry("length", std::to_string(value.bytes()));
    out.Varint(14, kExternal);
    TRY_STATUS(writer_->Write(std::span(value.raw(), value.bytes())));
    written_ += value.bytes();
    return out;
  }

  Result<WireWriter> ValueInfoOf(std::string_view name, const Type& type) {
    if (!type.IsTensor() || !type.encoding.IsPlain())
      return Unsupported(fmt::format("'{}' is {}, which ONNX has no counterpart for", name, type.ToString()));
    WireWriter shape, tensor, wrapped, info;
    for (const Dim& dim : type.shape) {
      WireWriter entry;
      if (const auto number = dim.Constant())
        entry.Int(1, *number);
      else
        entry.Bytes(2, dim.ToString());
      shape.Bytes(1, entry);
    }
    tensor.Int(1, OnnxOfDType(type.dtype));
    tensor.Bytes(2, shape);
    wrapped.Bytes(1, tensor);
    info.Bytes(1, name);
    info.Bytes(2, wrapped);
    return info;
  }

  Status AddNodes(const Region& region, WireWriter& graph) {
    for (const Node& node : region.nodes) {
      auto written = NodeMessage(node);
      if (!written) {
        const Operator* page = Operators().Find(node.op);
        return std::move(written).error().In(page == nullptr ? node.op : NodeView(node, *page).Describe());
      }
      graph.Bytes(1, *written);
    }
    return {};
  }

  Result<WireWriter> NodeMessage(const Node& node) {
    if (node.op.find('.') != std::string::npos)
      return Unsupported("ONNX has no such operator, and it has no lowering");
    const Operator* page = Operators().Find(node.op);
    if (page == nullptr) return Unsupported("there is no such operator");
    WireWriter out;
    for (ValueId id : node.inputs)
      out.Bytes(1, id == kNoValue ? std::string_view() : std::string_view(Name(id)));
    for (ValueId id : node.outputs)
      out.Bytes(2, id == kNoValue ? std::string_view() : std::string_view(Name(id)));
    if (!node.name.empty()) out.Bytes(3, node.name);
    out.Bytes(4, node.op);
    for (const auto& [name, value] : node.attributes) {
      TRY(const WireWriter attribute, AttributeMessage(name, value));
      out.Bytes(5, attribute);
    }
    for (const auto& [name, region] : node.regions) {
      WireWriter graph, attribute;
      TRY_STATUS(AddNodes(region, graph));
      graph.Bytes(2, name);
      for (ValueId id : region.params) {
        TRY(const WireWriter info, ValueInfoOf(Name(id), f_.TypeOf(id)));
        graph.Bytes(11, info);
      }
      for (ValueId id : region.results) {
        TRY(const WireWriter info, ValueInfoOf(Name(id), f_.TypeOf(id)));
        graph.Bytes(12, info);
      }
      attribute.Bytes(1, name);
      attribute.Bytes(6, graph);
      attribute.Int(20, OnnxAttribute::kGraph);
      out.Bytes(5, attribute);
    }
    return out;
  }

  Result<WireWriter> AttributeMessage(std::string_view name, const Attribute& value) {
    WireWriter out;
    out.Bytes(1, name);
    if (const auto* i = std::get_if<int64_t>(&value)) {
      out.Int(3, *i);
      out.Int(20, OnnxAttribute::kInt);
    } else if (const auto* dtype = std::get_if<DType>(&value)) {
      out.Int(3, OnnxOfDType(*dtype));
      out.Int(20, OnnxAttribute::kInt);
    } else if (const auto* f = std::get_if<double>(&value)) {
      out.Float(2, static_cast<float>(*f));
      out.Int(20, OnnxAttribute::kFloat);
    } else if (const auto* s = std::get_if<std::string>(&value)) {
      out.Bytes(4, *s);
      out.Int(20, OnnxAttribute::kString);
    } else if (const auto* ints = std::get_if<std::vector<int64_t>>(&value)) {
      for (int64_t n : *ints) out.Int(8, n);
      out.Int(20, OnnxAttribute::kInts);
    } else if (const auto* floats = std::get_if<std::vector<double>>(&value)) {
      for (double x : *floats) out.Float(7, static_cast<float>(x));
      out.Int(20, OnnxAttribute::kFloats);
    } else if (const auto* strings = std::get_if<std::vector<std::string>>(&value)) {
      for (const std::string& text : *strings) out.Bytes(9, text);
      out.Int(20, OnnxAttribute::kStrings);
    } else if (const auto* tensor = std::get_if<Tensor>(&value)) {
      TRY(const WireWriter message, TensorMessage("", *tensor));
      out.Bytes(5, message);
      out.Int(20, OnnxAttribute::kTensor);
    } else {
      return Unsupported(fmt::format("attribute '{}' has no counterpart", name));
    }
    return out;
  }

  Module module_;
  Function& f_;
  Path data_;
  bool external_;
  std::optional<FileWriter> writer_;
  uint64_t written_ = 0;
  std::vector<std::string> names_, result_names_;
  std::vector<std::pair<ValueId, std::string>> copies_;
};

uint64_t StateBytes(const Module& module) {
  uint64_t bytes = 0;
  for (const State& state : module.states) {
    const auto zeros = state.type.ByteSize().Constant();
    bytes += state.initial ? state.initial->bytes() : static_cast<uint64_t>(zeros.value_or(0));
  }
  return bytes;
}

uint64_t ConstantBytes(const Module& module) {
  uint64_t bytes = 0;
  for (const Function& function : module.functions) {
    ForEachNode(function.body, [&](const Node& node) {
      for (const auto& [name, value] : node.attributes) {
        if (const auto* tensor = std::get_if<Tensor>(&value)) bytes += tensor->bytes();
      }
    });
  }
  return bytes;
}

}  // namespace

Status ExportOnnx(const Module& module, std::string_view function, const Path& file,
                  const OnnxExportOptions& options) {
  if (module.FindFunction(function) == nullptr)
    return NotFound(fmt::format("module {} has no function @{}", module.name, function));
  Module copy = module;  // shares the weights' bytes
  TRY_STATUS(InferModule(copy, Operators()));
  const uint64_t bytes = StateBytes(copy);
  const bool external = bytes > options.external_above;
  const uint64_t inside = ConstantBytes(copy) + (external ? 0 : bytes);
  if (inside > kOnnxLargestFile) {
    return Unsupported(
        fmt::format("exporting @{}: {} bytes of {} do not fit one protobuf, which holds less than 2 GB",
                    function, inside, external ? "constants" : "weights"),
        external ? "import the model with its weights as states"
                 : "let weights stand outside: external_above");
  }
  Exporter exporter(std::move(copy), function, Path(file.string() + ".data"), external);
  auto text = exporter.Export();
  if (!text) return std::move(text).error().In(fmt::format("exporting @{}", function));
  if (text->size() > kOnnxLargestFile)
    return Unsupported(fmt::format("exporting @{}: the graph alone has {} bytes; less than 2 GB is needed",
                                   function, text->size()));
  return WriteFileAtomically(file, *text);
}

}  // namespace sinter
