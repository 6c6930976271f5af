#include "engine/signature/signature.h"

#include <gtest/gtest.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include "engine/device/reference/interpreter.h"
#include "engine/graph/verifier.h"
#include "engine/models/sequential.h"
#include "engine/ops/catalog.h"

namespace sinter {
namespace {

Signature Pictures() {
  Signature signature;
  signature.task = "image_classification";
  signature.inputs = {{"image", DType::kU8, {2, 3}, {1.0 / 255, {0.5}, {0.25}, {1, 2, 3}}}};
  signature.outputs = {{"probabilities", DType::kF32, {2}, OutputActivation::kSoftmax}};
  signature.classes = {"cat", "dog"};
  return signature;
}

Module Model() {
  SequentialSpec spec;
  spec.input_shape = {1, 2, 3};
  spec.layers = {{.kind = LayerKind::kFlatten}, {.kind = LayerKind::kDense, .units = 2}};
  return *BuildSequential(spec, Operators());
}

// A number, which may be missing, and a class of three.
Signature Columns() {
  Signature signature;
  signature.task = "classification";
  SignatureInput size{"size (cm)", DType::kF64, {}, {1, {10}, {2}, {1}}};
  size.preprocess.fill = 12;
  SignatureInput colour{"colour", DType::kI64, {}, {}};
  colour.preprocess.model_shape = {3};
  colour.preprocess.categories = {"red", "green", "blue"};
  signature.inputs = {size, colour};
  signature.joined = true;
  signature.outputs = {{"probabilities", DType::kF32, {2}, OutputActivation::kSoftmax}};
  signature.classes = {"cat", "dog"};
  return signature;
}

Module ColumnModel(int64_t width) {
  SequentialSpec spec;
  spec.input_shape = {width};
  spec.layers = {{.kind = LayerKind::kDense, .units = 2}};
  return *BuildSequential(spec, Operators());
}

TEST(Signature, ColumnsAreWrittenInTheNextFormatAndPicturesAsBefore) {
  EXPECT_EQ(SignatureJson(Pictures())["format"], "sinter.signature.v1");
  const Json json = SignatureJson(Columns());
  EXPECT_EQ(json["format"], "sinter.signature.v2");
  auto again = ParseSignature(json.dump());
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_TRUE(*again == Columns());
  auto message = [&](auto change) {
    Json changed = json;
    change(changed);
    auto signature = ParseSignature(changed.dump());
    return signature ? std::string("read") : signature.error().message;
  };
  EXPECT_NE(message([](Json& j) { j["format"] = "sinter.signature.v1"; }), "read");
  EXPECT_NE(message([](Json& j) { j["inputs"][0]["shape"] = {2}; }).find("'fill'"), std::string::npos);
  EXPECT_NE(message([](Json& j) { j["inputs"][1]["dtype"] = "f64"; }).find("'categories'"),
            std::string::npos);
  EXPECT_NE(message([](Json& j) { j["inputs"][1]["preprocess"]["scale"] = 2; }).find("neither scaled"),
            std::string::npos);
}

TEST(Signature, ColumnsAreFilledStandardisedAndJoined) {
  EXPECT_EQ(JoinedWidth(Columns().inputs), 4);
  Module module = ColumnModel(4);
  const Status added = AddPredictFunction(module, Columns());
  ASSERT_TRUE(added) << added.error().ToString();
  ASSERT_TRUE(VerifyModule(module, Operators()));
  StateValues states;
  const Tensor sizes = Tensor::Of<double>({3}, {14, NAN, 7}), colours = Tensor::Of<int64_t>({3}, {2, 0, -1});
  auto predicted = RunReference(module, Operators(), "predict", std::vector<Value>{sizes, colours}, states);
  ASSERT_TRUE(predicted) << predicted.error().ToString();
  const Tensor joined = Tensor::Of<float>({3, 4}, {2, 0, 0, 1, 1, 1, 0, 0, -1.5, 0, 0, 0});
  auto scores = RunReference(module, Operators(), "forward", std::vector<Value>{joined}, states);
  ASSERT_TRUE(scores);
  for (int64_t row = 0; row < 3; ++row) {
    const double a = std::exp((*scores)[0].tensor().AsDouble(row * 2)),
                 b = std::exp((*scores)[0].tensor().AsDouble(row * 2 + 1));
    EXPECT_NEAR((*predicted)[0].tensor().AsDouble(row * 2), a / (a + b), 1e-5) << row;
  }
  // A large offset is taken away before the model's f32 would lose what is beside it.
  Signature far = Columns();
  far.inputs = {far.inputs[0]};
  far.inputs[0].preprocess.mean = {1e9};
  Module one = ColumnModel(1);
  ASSERT_TRUE(AddPredictFunction(one, far));
  auto at = [&](double x) {
    return (*RunReference(one, Operators(), "predict", std::vector<Value>{Tensor::Of<double>({1}, {x})},
                          states))[0]
        .tensor()
        .AsDouble(0);
  };
  EXPECT_NE(at(1e9 + 1), at(1e9));
}

TEST(Signature, ColumnsThatDoNotFitAreRefused) {
  Module module = ColumnModel(5);
  auto added = AddPredictFunction(module, Columns());
  ASSERT_FALSE(added);
  EXPECT_NE(added.error().message.find("all inputs together"), std::string::npos);
  module = ColumnModel(4);
  Signature wrong = Columns();
  wrong.inputs[0].shape = {2};
  added = AddPredictFunction(module, wrong);
  ASSERT_FALSE(added);
  EXPECT_NE(added.error().message.find("cannot be joined"), std::string::npos);
}

TEST(Signature, CategoriesByName) {
  const std::vector<std::string> colours = {"red", "green"};
  const auto indexes = IndexCategories(colours, Tensor::Strings({3}, {"green", "", "red"}));
  ASSERT_TRUE(indexes);
  EXPECT_EQ(indexes->ToInts(), (std::vector<int64_t>{1, -1, 0}));
  EXPECT_EQ(IndexCategories(colours, Tensor::Strings({1}, {"blue"})).error().ToString(),
            "'blue' is none of 2 classes (red, green)");
}

TEST(Signature, IsWrittenAndRead) {
  const Signature signature = Pictures();
  auto again = ParseSignature(SignatureJson(signature).dump());
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_TRUE(*again == signature);
}

TEST(Signature, RefusesWhatItDoesNotKnow) {
  auto message = [](auto change) {
    Json json = SignatureJson(Pictures());
    change(json);
    auto signature = ParseSignature(json.dump());
    return signature ? std::string("read") : signature.error().message;
  };
  EXPECT_NE(message([](Json& j) { j["colour"] = 1; }).find("colour"), std::string::npos);
  EXPECT_NE(message([](Json& j) { j["inputs"][0]["dtype"] = "f31"; }).find("'f31' is no dtype"),
            std::string::npos);
  EXPECT_NE(message([](Json& j) { j["inputs"][0]["shape"] = {-1}; }).find("no shape"), std::string::npos);
  EXPECT_NE(message([](Json& j) { j["inputs"][0]["preprocess"]["deviation"] = {0}; }).find("divided by"),
            std::string::npos);
  EXPECT_NE(message([](Json& j) { j["outputs"][0]["activation"] = "magic"; }).find("magic"),
            std::string::npos);
  EXPECT_NE(message([](Json& j) { j["format"] = "v9"; }).find("must be"), std::string::npos);
}

TEST(Signature, PredictDoesWhatItSays) {
  Module module = Model();
  const Status added = AddPredictFunction(module, Pictures());
  ASSERT_TRUE(added) << added.error().ToString();
  ASSERT_TRUE(VerifyModule(module, Operators()));
  StateValues states;
  const Tensor picture = Tensor::Of<uint8_t>({1, 2, 3}, {0, 51, 102, 153, 204, 255});
  auto predicted = RunReference(module, Operators(), "predict", std::vector<Value>{picture}, states);
  ASSERT_TRUE(predicted) << predicted.error().ToString();
  Tensor prepared = *Tensor::Create(DType::kF32, {1, 1, 2, 3});
  for (size_t i = 0; i < 6; ++i)
    prepared.mutable_data<float>()[i] = (static_cast<float>(i) * 0.2f - 0.5f) / 0.25f;
  auto scores = RunReference(module, Operators(), "forward", std::vector<Value>{prepared}, states);
  ASSERT_TRUE(scores);
  const double a = std::exp((*scores)[0].tensor().AsDouble(0)),
               b = std::exp((*scores)[0].tensor().AsDouble(1));
  EXPECT_NEAR((*predicted)[0].tensor().AsDouble(0), a / (a + b), 1e-5);
}

TEST(Signature, ChannelsComeFirstToTheModel) {
  SequentialSpec spec;
  spec.input_shape = {3, 1, 2};
  spec.layers = {{.kind = LayerKind::kFlatten}};
  Module module = *BuildSequential(spec, Operators());
  Signature signature;
  signature.task = "image_classification";
  signature.inputs = {{"image", DType::kU8, {1, 2, 3}, {1, {10, 20, 30}, {1}, {3, 1, 2}}}};
  signature.inputs[0].preprocess.channels_first = true;
  signature.outputs = {{"values", DType::kF32, {6}, OutputActivation::kNone}};
  ASSERT_TRUE(AddPredictFunction(module, signature));
  StateValues states;
  const Tensor picture = Tensor::Of<uint8_t>({1, 1, 2, 3}, {11, 22, 33, 14, 25, 36});
  const auto predicted = RunReference(module, Operators(), "predict", std::vector<Value>{picture}, states);
  ASSERT_TRUE(predicted) << predicted.error().ToString();
  const double expected[] = {1, 4, 2, 5, 3, 6};
  for (size_t i = 0; i < 6; ++i)
    EXPECT_EQ((*predicted)[0].tensor().AsDouble(static_cast<int64_t>(i)), expected[i]);

  Json json = SignatureJson(signature);
  EXPECT_EQ(json["format"], "sinter.signature.v2");
  const auto again = ParseSignature(json.dump());
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_TRUE(*again == signature);
  json["inputs"][0]["preprocess"]["model_shape"] = {1, 2, 3};
  EXPECT_NE(ParseSignature(json.dump()).error().message.find("'channels_first'"), std::string::npos);
}

TEST(Signature, WhatDoesNotFitIsRefused) {
  Module module = Model();
  Signature wrong = Pictures();
  wrong.inputs[0].preprocess.model_shape = {6};
  auto added = AddPredictFunction(module, wrong);
  ASSERT_FALSE(added);
  EXPECT_NE(added.error().message.find("input 'image'"), std::string::npos);
  module = Model();
  wrong = Pictures();
  wrong.outputs[0].shape = {3};
  added = AddPredictFunction(module, wrong);
  ASSERT_FALSE(added);
  EXPECT_NE(added.error().message.find("output 'probabilities'"), std::string::npos);
  module = Model();
  wrong = Pictures();
  wrong.inputs[0].preprocess.mean = {1, 2, 3};
  EXPECT_FALSE(AddPredictFunction(module, wrong));
}

TEST(Signature, FollowsFromTypes) {
  auto signature = SignatureOf(Model(), "forward");
  ASSERT_TRUE(signature);
  EXPECT_EQ(signature->inputs[0].shape, (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(signature->outputs[0].shape, (std::vector<int64_t>{2}));
  Module module = Model();
  EXPECT_TRUE(AddPredictFunction(module, *signature));
}

}  // namespace
}  // namespace sinter
