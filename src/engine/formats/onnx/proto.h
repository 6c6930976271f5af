// ONNX's messages as light views of the bytes they were read from. Field numbers: onnx/onnx.proto3 of
// ONNX 1.17. What the importer has no use for is passed over.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/tensor/dtype.h"

namespace sinter {

struct OnnxTensor {
  std::string_view name;
  std::vector<int64_t> dims;
  int32_t data_type = 0;
  std::optional<std::span<const std::byte>> raw;  // little-endian
  std::vector<float> floats;
  std::vector<int64_t> integers;  // int32_data, int64_data, uint64_data
  std::vector<double> doubles;
  std::vector<std::string_view> strings;
  bool external = false;
  std::string_view location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};

struct OnnxDim {
  std::optional<int64_t> value;
  std::string_view parameter;  // a symbol's name; empty: none
};
struct OnnxValueInfo {
  std::string_view name;
  int32_t data_type = 0;
  std::optional<std::vector<OnnxDim>> dims;  // absent: the rank is not known
  bool is_tensor = false;
};

struct OnnxGraph;
struct OnnxAttribute {
  enum Kind : int32_t {
    kUndefined = 0,
    kFloat = 1,
    kInt = 2,
    kString = 3,
    kTensor = 4,
    kGraph = 5,
    kFloats = 6,
    kInts = 7,
    kStrings = 8
  };
  std::string_view name;
  int32_t kind = kUndefined;
  float f = 0;
  int64_t i = 0;
  std::string_view s;
  std::optional<OnnxTensor> t;
  std::unique_ptr<OnnxGraph> g;
  std::vector<float> floats;
  std::vector<int64_t> ints;
  std::vector<std::string_view> strings;
  std::string_view reference;  // to an attribute of a function
};

struct OnnxNode {
  std::vector<std::string_view> inputs, outputs;
  std::string_view name, op, domain;
  std::vector<OnnxAttribute> attributes;
};

struct OnnxGraph {
  std::string_view name;
  std::vector<OnnxNode> nodes;
  std::vector<OnnxTensor> initialisers;
  size_t sparse_initialisers = 0;
  std::vector<OnnxValueInfo> inputs, outputs;
};

struct OnnxOpset {
  std::string_view domain;
  int64_t version = 0;
};
struct OnnxModel {
  int64_t ir_version = 0;
  std::string_view producer;
  std::vector<OnnxOpset> opsets;
  OnnxGraph graph;
  bool has_graph = false;
  size_t functions = 0;
};

// `bytes` must outlive the model. Errors (kCorrupt): what no ONNX file holds; graphs nested deeper than 16.
Result<OnnxModel> ReadOnnxModel(std::span<const std::byte> bytes);

// One TensorProto, as ONNX's own tests hold theirs in files. `bytes` must outlive it.
Result<OnnxTensor> ReadOnnxTensor(std::span<const std::byte> bytes);

// ONNX's numbers for dtypes; kUndefined and 0 where one has no counterpart.
DType DTypeOfOnnx(int32_t data_type);
int32_t OnnxOfDType(DType dtype);

}  // namespace sinter
