// ONNX files written, read again, damaged.
#include "engine/formats/onnx/onnx.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>

#include "base/random.h"
#include "engine/device/reference/interpreter.h"
#include "engine/formats/onnx/wire.h"
#include "engine/graph/text.h"
#include "engine/models/sequential.h"
#include "engine/ops/catalog.h"

namespace sinter {
namespace {

Module Cnn() {
  SequentialSpec spec;
  spec.name = "cnn";
  spec.input_shape = {1, 12, 12};
  spec.seed = 3;
  spec.layers = {
      {.kind = LayerKind::kConv2d, .units = 4, .same_padding = true, .activation = Activation::kRelu},
      {.kind = LayerKind::kBatchNorm},
      {.kind = LayerKind::kMaxPool},
      {.kind = LayerKind::kFlatten},
      {.kind = LayerKind::kDense, .units = 5, .activation = Activation::kGelu},
      {.kind = LayerKind::kLayerNorm},
      {.kind = LayerKind::kDense, .units = 3}};
  return *BuildSequential(spec, Operators());
}

Tensor Picture(int64_t n) {
  Tensor tensor = *Tensor::Create(DType::kF32, {n, 1, 12, 12});
  uint64_t i = 0;
  for (float& x : tensor.mutable_data<float>()) x = static_cast<float>(RandomNormal(4, 4, i++));
  return tensor;
}

Tensor Forward(const Module& module, const Tensor& input) {
  StateValues states;
  auto results = RunReference(module, Operators(), "forward", std::vector<Value>{input}, states);
  EXPECT_TRUE(results) << results.error().ToString();
  return results ? (*results)[0].tensor() : Tensor();
}

TEST(Onnx, WhatIsExportedIsImported) {
  const TemporaryFolder folder;
  const Module module = Cnn();
  const Path file = folder.path() / "model.onnx";
  ASSERT_TRUE(ExportOnnx(module, "forward", file));
  const Tensor input = Picture(5), expected = Forward(module, input);
  for (bool constants : {false, true}) {
    auto again = ImportOnnx(file, {.weights_as_constants = constants});
    ASSERT_TRUE(again) << again.error().ToString();
    EXPECT_EQ(again->states.empty(), constants);
    EXPECT_TRUE(Forward(*again, input).SameAs(expected));
  }
  auto again = ImportOnnx(file);
  int trainable = 0;
  for (const State& state : again->states) trainable += state.trainable ? 1 : 0;
  EXPECT_EQ(again->states.size(), 12u);
  EXPECT_EQ(trainable, 10) << "running statistics are no weights";
  // The same module, the same bytes; and once more around gives them again.
  ASSERT_TRUE(ExportOnnx(*again, "forward", folder.path() / "again.onnx"));
  ASSERT_TRUE(ExportOnnx(module, "forward", folder.path() / "twice.onnx"));
  EXPECT_EQ(*ReadFile(file), *ReadFile(folder.path() / "twice.onnx"));
}

TEST(Onnx, LargeWeightsStandOutside) {
  const TemporaryFolder folder;
  const Module module = Cnn();
  const Path file = folder.path() / "model.onnx";
  ASSERT_TRUE(ExportOnnx(module, "forward", file, {.external_above = 100}));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "model.onnx.data"));
  auto again = ImportOnnx(file);
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_TRUE(Forward(*again, Picture(2)).SameAs(Forward(module, Picture(2))));
  // Without the folder, and with a data file that is too short.
  const std::string text = *ReadFile(file);
  auto alone = ImportOnnxBytes(std::as_bytes(std::span(text)), nullptr, {});
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().code, ErrorCode::kUnsupported);
  std::filesystem::resize_file(folder.path() / "model.onnx.data", 100);
  auto cut = ImportOnnx(file);
  ASSERT_FALSE(cut);
  EXPECT_NE(cut.error().message.find("which has 100"), std::string::npos) << cut.error().message;
}

TEST(Onnx, AFileOfTwoGigabytesIsRefused) {
  const TemporaryFolder folder;
  const Path file = folder.path() / "huge.onnx";
  ASSERT_TRUE(WriteFileAtomically(file, "\x08\x08"));
  std::filesystem::resize_file(file, uint64_t{3} << 30);  // sparse: nothing is written
  auto module = ImportOnnx(file);
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(module.error().message.find("has 3221225472 bytes; one protobuf"), std::string::npos)
      << module.error().message;
}

// The same refusal on the way out, before anything is built or written: the weights are zeros that stand
// nowhere.
TEST(Onnx, WeightsThatDoNotFitAProtobufAreRefused) {
  const TemporaryFolder folder;
  const Path file = folder.path() / "model.onnx";
  auto module = ParseModule(R"(
    module huge {
      state shared @w: f32[1024,600000]
      func @forward(%x: f32[1024]) {
        %w = read @w
        %y = MatMul(%x, %w)
        return %y
      }
    })");
  ASSERT_TRUE(module) << module.error().ToString();
  const Status exported = ExportOnnx(*module, "forward", file, {.external_above = uint64_t{1} << 40});
  ASSERT_FALSE(exported);
  EXPECT_EQ(
      exported.error().message,
      "exporting @forward: 2457600000 bytes of weights do not fit one protobuf, which holds less than 2 GB");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

// A model whose one weight says that its data stands at `location`.
std::string WithExternal(std::string_view location) {
  WireWriter entry, tensor, graph, model, opset, output;
  entry.Bytes(1, "location");
  entry.Bytes(2, location);
  const int64_t dims[] = {2};
  tensor.Ints(1, dims);
  tensor.Int(2, 1);
  tensor.Bytes(8, "w");
  tensor.Bytes(13, entry);
  tensor.Varint(14, 1);
  graph.Bytes(5, tensor);
  output.Bytes(1, "w");
  graph.Bytes(12, output);
  opset.Int(2, 17);
  model.Bytes(7, graph);
  model.Bytes(8, opset);
  return model.out();
}

TEST(Onnx, ExternalDataStaysInsideTheFolder) {
  const TemporaryFolder folder;
  const TemporaryFolder elsewhere;
  ASSERT_TRUE(WriteFileAtomically(elsewhere.path() / "secret", "12345678"));
  std::filesystem::create_symlink(elsewhere.path() / "secret", folder.path() / "link");
  ASSERT_TRUE(WriteFileAtomically(folder.path() / "data", "12345678"));
  auto message = [&](std::string_view location) {
    const std::string text = WithExternal(location);
    auto module = ImportOnnxBytes(std::as_bytes(std::span(text)), nullptr, folder.path());
    return module ? std::string("read") : module.error().message;
  };
  EXPECT_EQ(message("data"), "read");
  EXPECT_NE(message("../secret").find("inside the model's folder"), std::string::npos);
  EXPECT_NE(message((elsewhere.path() / "secret").string()).find("inside"), std::string::npos);
  EXPECT_NE(message("link").find("leads out of"), std::string::npos);
  EXPECT_NE(message("nothing").find("is not there"), std::string::npos);
}

TEST(Onnx, DamagedFilesAreRefused) {
  const TemporaryFolder folder;
  const Path file = folder.path() / "model.onnx";
  ASSERT_TRUE(ExportOnnx(Cnn(), "forward", file));
  const std::string whole = *ReadFile(file);
  auto import = [](const std::string& text) {
    return ImportOnnxBytes(std::as_bytes(std::span(text)), nullptr, {});
  };
  ASSERT_TRUE(import(whole));
  // Truncated anywhere but between the last fields, it is no model; never a crash.
  for (size_t size = 0; size + 20 < whole.size(); size += 1 + size / 30)
    EXPECT_FALSE(import(whole.substr(0, size))) << size;
  const auto seed = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  for (uint64_t i = 0; i < 500; ++i) {
    std::string flipped = whole;
    flipped[RandomBelow(seed, 1, i, flipped.size())] ^= static_cast<char>(1 << RandomBelow(seed, 2, i, 8));
    auto module = import(flipped);
    if (!module) {
      EXPECT_FALSE(module.error().message.empty());
    }
  }
}

TEST(Onnx, WhatIsNotOfferedIsNamed) {
  auto model = [](std::string_view op, std::string_view domain, int64_t version) {
    WireWriter node, graph, opset, writer, output;
    node.Bytes(2, "y");
    node.Bytes(3, "layer7");
    node.Bytes(4, op);
    node.Bytes(7, domain);
    graph.Bytes(1, node);
    output.Bytes(1, "y");
    graph.Bytes(12, output);
    opset.Int(2, version);
    writer.Bytes(7, graph);
    writer.Bytes(8, opset);
    const std::string text = writer.out();
    auto module = ImportOnnxBytes(std::as_bytes(std::span(text)), nullptr, {});
    return module ? std::string("read") : module.error().message;
  };
  EXPECT_EQ(model("Frobnicate", "", 17),
            "Frobnicate 'layer7': operator Frobnicate (opset 17) is not offered");
  EXPECT_EQ(model("Relu", "com.example", 17),
            "Relu 'layer7': operators of domain 'com.example' are not offered");
  EXPECT_EQ(model("Relu", "", 9), "it is written in opset 9; 13 and later are read");
}

}  // namespace
}  // namespace sinter
