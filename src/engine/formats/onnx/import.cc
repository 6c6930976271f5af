#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "engine/formats/onnx/onnx.h"
#include "engine/formats/onnx/proto.h"
#include "engine/formats/onnx/tensor_data.h"
#include "engine/formats/onnx/upgrade.h"
#include "engine/graph/infer.h"
#include "engine/graph/verifier.h"
#include "engine/ops/catalog.h"

namespace sinter {
namespace {

// A name that the IR's text can carry, made from any.
std::string Sanitised(std::string_view name, std::string_view otherwise) {
  std::string clean;
  for (char c : name.substr(0, 200)) {
    const bool word = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
    clean += word ? c : '_';
  }
  if (clean.empty()) clean = otherwise;
  if (std::isdigit(static_cast<unsigned char>(clean[0])) != 0 || clean[0] == '.') clean.insert(0, "_");
  return clean;
}

std::string Describe(const OnnxNode& node) {
  if (!node.name.empty()) return fmt::format("{} '{}'", node.op, node.name);
  return fmt::format("{} that gives '{}'", node.op, node.outputs.empty() ? "" : node.outputs[0]);
}

class Importer {
 public:
  Importer(const OnnxModel& model, OnnxTensorSource& source, const OnnxImportOptions& options)
      : model_(model), source_(source), options_(options) {}

  Result<Module> Import() {
    TRY_STATUS(FindOpset());
    const OnnxGraph& graph = model_.graph;
    module_.name = Sanitised(graph.name, "model");
    Function& f = module_.functions.emplace_back();
    f.name = options_.function;
    f_ = &f;
    scopes_.emplace_back();
    if (graph.sparse_initialisers > 0) return Unsupported("sparse initialisers are not offered");
    for (const OnnxTensor& tensor : graph.initialisers) {
      if (!initialisers_.emplace(tensor.name, &tensor).second)
        return Corrupt(fmt::format("two initialisers are named '{}'", tensor.name));
    }
    FindStatistics(graph);
    size_t fixed = 0;
    for (const OnnxValueInfo& input : graph.inputs) {
      if (initialisers_.contains(input.name)) continue;
      TRY_STATUS(AddInput(input));
      fixed += options_.fixed_inputs.contains(input.name) ? 1 : 0;
    }
    for (const auto& [name, value] : options_.fixed_inputs) {
      if (fixed == options_.fixed_inputs.size()) break;
      const auto& all = graph.inputs;
      if (initialisers_.contains(name) || std::ranges::find(all, name, &OnnxValueInfo::name) == all.end())
        return InvalidArgument(fmt::format("it has no input '{}' to be fixed", name));
    }
    TRY_STATUS(AddNodes(graph, f.body));
    for (const OnnxValueInfo& output : graph.outputs) {
      auto value = Find(output.name);
      if (!value) return std::move(value).error().In("the graph's outputs");
      f.body.results.push_back(*value);
    }
    f.body.nodes.insert(f.body.nodes.begin(), std::make_move_iterator(constants_.begin()),
                        std::make_move_iterator(constants_.end()));
    TRY_STATUS(InferModule(module_, Operators()));
    TRY_STATUS(VerifyModule(module_, Operators()));
    return std::move(module_);
  }

 private:
  Status FindOpset() {
    for (const OnnxOpset& opset : model_.opsets) {
      if (opset.domain.empty() || opset.domain == "ai.onnx") opset_ = opset.version;
    }
    if (!model_.has_graph) return Corrupt("it holds no graph: is this an ONNX model?");
    if (opset_ == 0) return Corrupt("it does not say which opset it is written in");
    if (opset_ < kOnnxOldestOpset) {
      return Unsupported(
          fmt::format("it is written in opset {}; {} and later are read", opset_, kOnnxOldestOpset),
          "convert it with onnx.version_converter");
    }
    if (model_.functions > 0)
      return Unsupported(fmt::format("it defines {} functions of its own", model_.functions),
                         "inline them with onnx.inliner before importing");
    return {};
  }

  // Running statistics are no weights to train.
  void FindStatistics(const OnnxGraph& graph) {
    for (const OnnxNode& node : graph.nodes) {
      if (node.op != "BatchNormalization") continue;
      for (size_t i = 3; i < node.inputs.size(); ++i) statistics_.insert(node.inputs[i]);
    }
  }

  Dim DimOf(const OnnxDim& dim) {
    if (dim.value && *dim.value >= 0) return *dim.value;
    const std::string name(dim.parameter);
    if (!name.empty()) {
      if (const auto known = symbols_.find(name); known != symbols_.end()) return known->second;
    }
    const Dim symbol = module_.NewSymbol(Sanitised(name, "d"), {1, int64_t{1} << 40});
    if (!name.empty()) symbols_.emplace(name, symbol);
    return symbol;
  }

  Status AddInput(const OnnxValueInfo& input) {
    const DType dtype = DTypeOfOnnx(input.data_type);
    if (!input.is_tensor) return Unsupported(fmt::format("input '{}' is no tensor", input.name));
    if (dtype == DType::kUndefined)
      return Unsupported(
          fmt::format("input '{}' has dtype {}, which is not offered", input.name, input.data_type));
    if (!input.dims)
      return Unsupported(fmt::format("input '{}' does not say how many dimensions it has", input.name));
    if (const auto fixed = options_.fixed_inputs.find(input.name); fixed != options_.fixed_inputs.end()) {
      const Tensor& value = fixed->second;
      if (value.dtype() != dtype || value.rank() != input.dims->size())
        return InvalidArgument(fmt::format("input '{}' is {} of rank {}; {}{} is to be fixed for it",
                                           input.name, DTypeName(dtype), input.dims->size(),
                                           DTypeName(value.dtype()), DimsToString(value.dims())));
      return Define(input.name, AddConstant(value, input.name));
    }
    Shape shape;
    for (const OnnxDim& dim : *input.dims) shape.push_back(DimOf(dim));
    const ValueId id = f_->AddValue(Sanitised(input.name, "input"), Type::Tensor(dtype, std::move(shape)));
    f_->body.params.push_back(id);
    return Define(input.name, id);
  }

  Status Define(std::string_view name, ValueId id) {
    if (scopes_.back().emplace(name, id).second) return {};
    return Corrupt(fmt::format("'{}' is defined twice", name));
  }

  ValueId AddConstant(Tensor tensor, std::string_view name) {
    const ValueId id = f_->AddValue(Sanitised(name, "const"), tensor.type());
    constants_.push_back({"Constant", {}, {}, {id}, {{"value", std::move(tensor)}}, {}, {}});
    return id;
  }

  Result<ValueId> Find(std::string_view name) {
    for (size_t s = scopes_.size(); s-- > 0;) {
      const auto found = scopes_[s].find(name);
      if (found != scopes_[s].end()) return found->second;
    }
    const auto initialiser = initialisers_.find(name);
    if (initialiser == initialisers_.end())
      return Corrupt(fmt::format("'{}' is used, and nothing before gives it", name));
    TRY(Tensor tensor, source_.Read(*initialiser->second));
    ValueId id = kNoValue;
    if (IsFloat(tensor.dtype()) && tensor.rank() > 0 && !options_.weights_as_constants) {
      State state;
      state.name = Sanitised(name, "weight");
      while (module_.FindState(state.name) != nullptr) state.name += "_";
      state.type = tensor.type();
      state.trainable = !statistics_.contains(name);
      state.initial = std::move(tensor);
      id = f_->AddValue(state.name, state.type);
      f_->reads.push_back({state.name, id});
      module_.states.push_back(std::move(state));
    } else {
      id = AddConstant(std::move(tensor), name);
    }
    scopes_.front().emplace(name, id);
    return id;
  }

  Status AddNodes(const OnnxGraph& graph, Region& region) {
    for (const OnnxNode& node : graph.nodes) {
      if (Status added = AddNode(node, region); !added) return std::move(added).error().In(Describe(node));
    }
    return {};
  }

  Status AddNode(const OnnxNode& from, Region& region) {
    Node node;
    node.op = from.op;
    if (from.domain == "sinter")
      node.op = fmt::format("sinter.{}", from.op);
    else if (!from.domain.empty() && from.domain != "ai.onnx")
      return Unsupported(fmt::format("operators of domain '{}' are not offered", from.domain));
    node.name = Sanitised(from.name, "");
    if (from.name.empty()) node.name.clear();
    const Operator* page = Operators().Find(node.op);
    if (page == nullptr)
      return Unsupported(fmt::format("operator {} (opset {}) is not offered", from.op, opset_),
                         "docs/operators.md lists what is");
    for (std::string_view input : from.inputs) {
      ValueId id = kNoValue;
      if (!input.empty()) {
        TRY(id, Find(input));
      }
      node.inputs.push_back(id);
    }
    while (!node.inputs.empty() && node.inputs.back() == kNoValue) node.inputs.pop_back();
    for (const OnnxAttribute& attribute : from.attributes) TRY_STATUS(AddAttribute(attribute, *page, node));
    // Files name their graphs in any order; a node has them in its page's.
    std::ranges::stable_sort(node.regions, {}, [&](const NamedRegion& given) {
      return std::ranges::find(page->regions, given.first, &FormalRegion::name) - page->regions.begin();
    });
    for (std::string_view output : from.outputs) {
      if (output.empty()) {
        node.outputs.push_back(kNoValue);
        continue;
      }
      const ValueId id = f_->AddValue(Sanitised(output, "value"));
      node.outputs.push_back(id);
      TRY_STATUS(Define(output, id));
    }
    while (!node.outputs.empty() && node.outputs.back() == kNoValue) node.outputs.pop_back();
    if (node.outputs.empty()) return {};
    auto constant = [&](Tensor tensor) { return AddConstant(std::move(tensor), "const"); };
    TRY_STATUS(UpgradeOnnxNode(node, opset_, constant));
    region.nodes.push_back(std::move(node));
    return {};
  }

  Status AddRegion(const OnnxAttribute& attribute, Node& node) {
    Region region;
    scopes_.emplace_back();
    auto within = [&]() -> Status {
      for (const OnnxTensor& tensor : attribute.g->initialisers) {
        TRY(Tensor value, source_.Read(tensor));
        TRY_STATUS(Define(tensor.name, AddConstant(std::move(value), tensor.name)));
      }
      for (const OnnxValueInfo& input : attribute.g->inputs) {
        const ValueId id = f_->AddValue(Sanitised(input.name, "arg"));
        region.params.push_back(id);
        TRY_STATUS(Define(input.name, id));
      }
      TRY_STATUS(AddNodes(*attribute.g, region));
      for (const OnnxValueInfo& output : attribute.g->outputs) {
        TRY(region.results.emplace_back(), Find(output.name));
      }
      return {};
    };
    Status added = within();
    scopes_.pop_back();
    if (!added) return std::move(added).error().In(fmt::format("graph '{}'", attribute.name));
    node.regions.emplace_back(std::string(attribute.name), std::move(region));
    return {};
  }

  // Constant writes its value in one of several ways.
  Status AddConstantValue(const OnnxAttribute& a, Node& node) {
    Tensor tensor;
    if (a.name == "value" && a.t) {
      TRY(tensor, source_.Read(*a.t));
    } else if (a.name == "value_float") {
      tensor = Tensor::Scalar(a.f);
    } else if (a.name == "value_int") {
      tensor = Tensor::Scalar(a.i);
    } else if (a.name == "value_floats") {
      tensor = Tensor::FromSpan<float>({static_cast<int64_t>(a.floats.size())}, a.floats);
    } else if (a.name == "value_ints") {
      tensor = Tensor::FromSpan<int64_t>({static_cast<int64_t>(a.ints.size())}, a.ints);
    } else if (a.name == "value_string") {
      tensor = Tensor::Strings({}, {std::string(a.s)});
    } else {
      return Unsupported(fmt::format("a constant given by '{}' is not offered", a.name));
    }
    node.attributes["value"] = std::move(tensor);
    return {};
  }

  Status AddAttribute(const OnnxAttribute& a, const Operator& page, Node& node) {
    if (!a.reference.empty()) return Corrupt(fmt::format("attribute '{}' refers to a function's", a.name));
    if (a.g != nullptr) return AddRegion(a, node);
    if (node.op == "Constant") return AddConstantValue(a, node);
    if (a.name == "axes" && opset_ < 18) {  // moved to an input by UpgradeOnnxNode
      node.attributes["axes"] = a.ints;
      return {};
    }
    const auto& formals = page.attributes.value;
    const auto formal = std::ranges::find(formals, a.name, &FormalAttribute::name);
    if (formal == formals.end()) return Unsupported(fmt::format("attribute '{}' is not offered", a.name));
    auto wrong = [&]() { return Corrupt(fmt::format("attribute '{}' is of another kind", a.name)); };
    auto is = [&](int32_t kind) { return a.kind == kind || a.kind == OnnxAttribute::kUndefined; };
    Attribute value;
    switch (formal->kind) {
      case AttributeKind::kInt:
        if (!is(OnnxAttribute::kInt)) return wrong();
        value = a.i;
        break;
      case AttributeKind::kDType: {
        if (!is(OnnxAttribute::kInt)) return wrong();
        const DType dtype = DTypeOfOnnx(static_cast<int32_t>(std::clamp<int64_t>(a.i, -1, 1000)));
        if (dtype == DType::kUndefined) return Unsupported(fmt::format("dtype {} is not offered", a.i));
        value = dtype;
        break;
      }
      case AttributeKind::kFloat:
        if (!is(OnnxAttribute::kFloat)) return wrong();
        value = double{a.f};
        break;
      case AttributeKind::kString:
        if (!is(OnnxAttribute::kString)) return wrong();
        value = std::string(a.s);
        break;
      case AttributeKind::kInts:
        if (!is(OnnxAttribute::kInts)) return wrong();
        value = a.ints;
        break;
      case AttributeKind::kFloats:
        if (!is(OnnxAttribute::kFloats)) return wrong();
        value = std::vector<double>(a.floats.begin(), a.floats.end());
        break;
      case AttributeKind::kStrings:
        if (!is(OnnxAttribute::kStrings)) return wrong();
        value = std::vector<std::string>(a.strings.begin(), a.strings.end());
        break;
      case AttributeKind::kTensor: {
        if (!a.t) return wrong();
        TRY(Tensor tensor, source_.Read(*a.t));
        value = std::move(tensor);
        break;
      }
      case AttributeKind::kType:
        return wrong();
    }
    node.attributes.emplace(a.name, std::move(value));
    return {};
  }

  const OnnxModel& model_;
  OnnxTensorSource& source_;
  const OnnxImportOptions& options_;
  int64_t opset_ = 0;
  Module module_;
  Function* f_ = nullptr;
  std::vector<std::map<std::string_view, ValueId, std::less<>>> scopes_;
  std::map<std::string_view, const OnnxTensor*, std::less<>> initialisers_;
  std::set<std::string_view, std::less<>> statistics_;
  std::map<std::string, Dim, std::less<>> symbols_;
  std::vector<Node> constants_;
};

}  // namespace

Result<Module> ImportOnnxBytes(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                               const Path& folder, const OnnxImportOptions& options) {
  if (bytes.size() > kOnnxLargestFile) {
    return Unsupported(
        fmt::format("it has {} bytes; one protobuf, and so one ONNX file, holds less than 2 GB",
                    bytes.size()),
        "save its weights as external data");
  }
  TRY(const OnnxModel model, ReadOnnxModel(bytes));
  OnnxTensorSource source(std::move(owner), folder);
  return Importer(model, source, options).Import();
}

Result<Module> ImportOnnx(const Path& file, const OnnxImportOptions& options) {
  TRY(const auto mapped, MappedFile::Open(file));
  const Path folder = file.has_parent_path() ? file.parent_path() : Path(".");
  auto module = ImportOnnxBytes(mapped->bytes(), mapped, folder, options);
  if (!module) return std::move(module).error().In(file.string());
  return module;
}

}  // namespace sinter
