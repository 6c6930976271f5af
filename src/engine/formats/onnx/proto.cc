#include "engine/formats/onnx/proto.h"

#include <array>
#include <bit>
#include <charconv>

#include <fmt/format.h>

#include "engine/formats/onnx/wire.h"

namespace sinter {
namespace {

constexpr int kDeepest = 16;

Status NeedBytes(const WireField& field, std::string_view what) {
  if (field.type == WireType::kBytes) return {};
  return Corrupt(fmt::format("{} is no message", what));
}

// Calls handle(field) for each field of a message.
template <class F>
Status ForEachField(std::span<const std::byte> bytes, std::string_view what, F&& handle) {
  WireReader reader(bytes);
  while (!reader.AtEnd()) {
    auto field = reader.Next();
    if (!field) return std::move(field).error().In(what);
    if (Status done = handle(*field); !done) return std::move(done).error().In(what);
  }
  return {};
}

Status ReadExternal(std::span<const std::byte> bytes, OnnxTensor& tensor) {
  std::string_view key, value;
  TRY_STATUS(ForEachField(bytes, "external data", [&](const WireField& f) -> Status {
    TRY_STATUS(NeedBytes(f, "an entry"));
    if (f.number == 1) key = f.text();
    if (f.number == 2) value = f.text();
    return {};
  }));
  auto number = [&](uint64_t& to) -> Status {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), to);
    if (error != std::errc() || end != value.data() + value.size())
      return Corrupt(fmt::format("external data: {} is no number", key));
    return {};
  };
  if (key == "location") tensor.location = value;
  if (key == "offset") TRY_STATUS(number(tensor.offset));
  if (key == "length") {
    uint64_t length = 0;
    TRY_STATUS(number(length));
    tensor.length = length;
  }
  return {};
}

Result<OnnxTensor> ReadTensor(std::span<const std::byte> bytes) {
  OnnxTensor tensor;
  TRY_STATUS(ForEachField(bytes, "a tensor", [&](const WireField& f) -> Status {
    switch (f.number) {
      case 1:
        return ForEachVarint(f, [&](uint64_t v) { tensor.dims.push_back(static_cast<int64_t>(v)); });
      case 2:
        tensor.data_type = static_cast<int32_t>(f.integer());
        return {};
      case 4:
        return ForEachFixed32(f, [&](uint32_t v) { tensor.floats.push_back(std::bit_cast<float>(v)); });
      case 5:
      case 7:
      case 11:
        return ForEachVarint(f, [&](uint64_t v) { tensor.integers.push_back(static_cast<int64_t>(v)); });
      case 6:
        TRY_STATUS(NeedBytes(f, "a string"));
        tensor.strings.push_back(f.text());
        return {};
      case 8:
        TRY_STATUS(NeedBytes(f, "the name"));
        tensor.name = f.text();
        return {};
      case 9:
        TRY_STATUS(NeedBytes(f, "raw_data"));
        tensor.raw = f.bytes;
        return {};
      case 10:
        return ForEachFixed64(f, [&](uint64_t v) { tensor.doubles.push_back(std::bit_cast<double>(v)); });
      case 13:
        TRY_STATUS(NeedBytes(f, "external_data"));
        return ReadExternal(f.bytes, tensor);
      case 14:
        tensor.external = f.varint == 1;
        return {};
      default:
        return {};
    }
  }));
  return tensor;
}

Status ReadShape(std::span<const std::byte> bytes, std::vector<OnnxDim>& dims) {
  return ForEachField(bytes, "a shape", [&](const WireField& f) -> Status {
    if (f.number != 1) return {};
    TRY_STATUS(NeedBytes(f, "a dimension"));
    OnnxDim dim;
    TRY_STATUS(ForEachField(f.bytes, "a dimension", [&](const WireField& d) -> Status {
      if (d.number == 1) dim.value = d.integer();
      if (d.number == 2) {
        TRY_STATUS(NeedBytes(d, "dim_param"));
        dim.parameter = d.text();
      }
      return {};
    }));
    dims.push_back(dim);
    return {};
  });
}

Result<OnnxValueInfo> ReadValueInfo(std::span<const std::byte> bytes) {
  OnnxValueInfo info;
  TRY_STATUS(ForEachField(bytes, "a value", [&](const WireField& f) -> Status {
    if (f.number == 1) {
      TRY_STATUS(NeedBytes(f, "the name"));
      info.name = f.text();
    }
    if (f.number != 2) return {};
    TRY_STATUS(NeedBytes(f, "the type"));
    return ForEachField(f.bytes, "a type", [&](const WireField& type) -> Status {
      if (type.number != 1) return {};  // a sequence, a map: told by is_tensor
      TRY_STATUS(NeedBytes(type, "tensor_type"));
      info.is_tensor = true;
      return ForEachField(type.bytes, "a tensor's type", [&](const WireField& t) -> Status {
        if (t.number == 1) info.data_type = static_cast<int32_t>(t.integer());
        if (t.number == 2) {
          TRY_STATUS(NeedBytes(t, "the shape"));
          info.dims.emplace();
          return ReadShape(t.bytes, *info.dims);
        }
        return {};
      });
    });
  }));
  return info;
}

Result<OnnxGraph> ReadGraph(std::span<const std::byte> bytes, int depth);

Result<OnnxAttribute> ReadAttribute(std::span<const std::byte> bytes, int depth) {
  OnnxAttribute attribute;
  TRY_STATUS(ForEachField(bytes, "an attribute", [&](const WireField& f) -> Status {
    switch (f.number) {
      case 1:
        attribute.name = f.text();
        return NeedBytes(f, "the name");
      case 2:
        attribute.f = f.real();
        return {};
      case 3:
        attribute.i = f.integer();
        return {};
      case 4:
        attribute.s = f.text();
        return NeedBytes(f, "a string");
      case 5: {
        TRY_STATUS(NeedBytes(f, "a tensor"));
        TRY(attribute.t, ReadTensor(f.bytes));
        return {};
      }
      case 6: {
        TRY_STATUS(NeedBytes(f, "a graph"));
        TRY(OnnxGraph graph, ReadGraph(f.bytes, depth + 1));
        attribute.g = std::make_unique<OnnxGraph>(std::move(graph));
        return {};
      }
      case 7:
        return ForEachFixed32(f, [&](uint32_t v) { attribute.floats.push_back(std::bit_cast<float>(v)); });
      case 8:
        return ForEachVarint(f, [&](uint64_t v) { attribute.ints.push_back(static_cast<int64_t>(v)); });
      case 9:
        attribute.strings.push_back(f.text());
        return NeedBytes(f, "a string");
      case 20:
        attribute.kind = static_cast<int32_t>(f.integer());
        return {};
      case 21:
        attribute.reference = f.text();
        return NeedBytes(f, "a reference");
      default:
        return {};
    }
  }));
  return attribute;
}

Result<OnnxNode> ReadNode(std::span<const std::byte> bytes, int depth) {
  OnnxNode node;
  TRY_STATUS(ForEachField(bytes, "a node", [&](const WireField& f) -> Status {
    if (f.number == 0 || f.number > 7) return {};
    TRY_STATUS(NeedBytes(f, "a field"));
    switch (f.number) {
      case 1:
        node.inputs.push_back(f.text());
        return {};
      case 2:
        node.outputs.push_back(f.text());
        return {};
      case 3:
        node.name = f.text();
        return {};
      case 4:
        node.op = f.text();
        return {};
      case 5: {
        TRY(OnnxAttribute attribute, ReadAttribute(f.bytes, depth));
        node.attributes.push_back(std::move(attribute));
        return {};
      }
      case 7:
        node.domain = f.text();
        return {};
      default:
        return {};
    }
  }));
  return node;
}

Result<OnnxGraph> ReadGraph(std::span<const std::byte> bytes, int depth) {
  if (depth > kDeepest) return Corrupt(fmt::format("graphs nested deeper than {}", kDeepest));
  OnnxGraph graph;
  TRY_STATUS(ForEachField(bytes, "a graph", [&](const WireField& f) -> Status {
    switch (f.number) {
      case 1: {
        TRY_STATUS(NeedBytes(f, "a node"));
        TRY(OnnxNode node, ReadNode(f.bytes, depth));
        graph.nodes.push_back(std::move(node));
        return {};
      }
      case 2:
        graph.name = f.text();
        return NeedBytes(f, "the name");
      case 5: {
        TRY_STATUS(NeedBytes(f, "an initialiser"));
        TRY(OnnxTensor tensor, ReadTensor(f.bytes));
        graph.initialisers.push_back(std::move(tensor));
        return {};
      }
      case 11:
      case 12: {
        TRY_STATUS(NeedBytes(f, "a value"));
        TRY(OnnxValueInfo info, ReadValueInfo(f.bytes));
        (f.number == 11 ? graph.inputs : graph.outputs).push_back(std::move(info));
        return {};
      }
      case 15:
        ++graph.sparse_initialisers;
        return {};
      default:
        return {};
    }
  }));
  return graph;
}

// Index: ONNX's number.
constexpr std::array<DType, 17> kDTypes = {
    DType::kUndefined, DType::kF32, DType::kU8,        DType::kI8,        DType::kU16, DType::kI16,
    DType::kI32,       DType::kI64, DType::kString,    DType::kBool,      DType::kF16, DType::kF64,
    DType::kU32,       DType::kU64, DType::kUndefined, DType::kUndefined, DType::kBF16};

}  // namespace

DType DTypeOfOnnx(int32_t data_type) {
  return data_type >= 0 && data_type < static_cast<int32_t>(kDTypes.size())
             ? kDTypes[static_cast<size_t>(data_type)]
             : DType::kUndefined;
}

int32_t OnnxOfDType(DType dtype) {
  for (size_t i = 1; i < kDTypes.size(); ++i) {
    if (kDTypes[i] == dtype) return static_cast<int32_t>(i);
  }
  return 0;
}

Result<OnnxTensor> ReadOnnxTensor(std::span<const std::byte> bytes) { return ReadTensor(bytes); }

Result<OnnxModel> ReadOnnxModel(std::span<const std::byte> bytes) {
  OnnxModel model;
  TRY_STATUS(ForEachField(bytes, "the model", [&](const WireField& f) -> Status {
    switch (f.number) {
      case 1:
        model.ir_version = f.integer();
        return {};
      case 2:
        model.producer = f.text();
        return NeedBytes(f, "the producer");
      case 7: {
        TRY_STATUS(NeedBytes(f, "the graph"));
        if (model.has_graph) return Corrupt("two graphs");
        TRY(model.graph, ReadGraph(f.bytes, 0));
        model.has_graph = true;
        return {};
      }
      case 8: {
        TRY_STATUS(NeedBytes(f, "an opset"));
        OnnxOpset opset;
        TRY_STATUS(ForEachField(f.bytes, "an opset", [&](const WireField& o) -> Status {
          if (o.number == 1) {
            TRY_STATUS(NeedBytes(o, "the domain"));
            opset.domain = o.text();
          }
          if (o.number == 2) opset.version = o.integer();
          return {};
        }));
        model.opsets.push_back(opset);
        return {};
      }
      case 25:
        ++model.functions;
        return {};
      default:
        return {};
    }
  }));
  return model;
}

}  // namespace sinter
