#include "engine/signature/signature.h"

#include <gtest/gtest.h>
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
