// One signature for all: what training's own evaluation says of raw pictures, the service says of the same
// pictures, after export, over HTTP. The pre-processing is one that matters.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include <nlohmann/json.hpp>

#include "http_client.h"
#include "load_pictures.h"
#include "serving_home.h"
#include "training/trainer/testing.h"

namespace sinter {
namespace {

constexpr std::string_view kRecipe = R"(name: prepared
data: {dataset: synthetic}
model:
  layers:
    - conv2d: {filters: 4, padding: same, activation: relu}
    - batch_norm
    - max_pool
    - flatten
    - dropout: {rate: 0.1}
    - dense: {units: 3}
input: {scale: 0.00392156862745098, mean: [0.31], deviation: [0.17]}
optimizer: {kind: adam, learning_rate: 0.01}
epochs: 3
batch_size: 32
seed: 5
)";

// The service's probabilities for these raw pictures, three a picture, bit for bit as it computed them.
std::vector<float> Ask(HttpClient& client, const Tensor& pictures) {
  const int64_t rows = pictures.dim(0);
  const auto bytes = static_cast<size_t>(rows) * 64;
  const std::string json = fmt::format(
      R"({{"inputs":[{{"name":"image","shape":[{},8,8],"datatype":"UINT8","parameters":{{"binary_data_size":{}}}}}],)"
      R"("parameters":{{"binary_data_output":true}}}})",
      rows, bytes);
  const HttpReply reply = client.Post(
      "/v2/models/prepared/infer", json + std::string(reinterpret_cast<const char*>(pictures.raw()), bytes),
      fmt::format("Inference-Header-Content-Length: {}\r\n", json.size()));
  EXPECT_EQ(reply.status, 200) << reply.body;
  std::vector<float> values(static_cast<size_t>(rows) * 3);
  if (reply.status != 200) return values;
  const size_t length = std::stoul(reply.Header("Inference-Header-Content-Length"));
  EXPECT_EQ(reply.body.size(), length + values.size() * sizeof(float));
  std::memcpy(values.data(), reply.body.data() + length, values.size() * sizeof(float));
  return values;
}

// What @predict of the module gives.
std::vector<float> Predict(const Module& module, const Tensor& pictures) {
  auto executable = Executable::Compile(module, {.functions = {std::string(kPredict)}});
  EXPECT_TRUE(executable) << executable.error().ToString();
  const auto session = (*executable)->OpenSession();
  const auto results = (*session)->Run(kPredict, std::vector<Tensor>{pictures});
  EXPECT_TRUE(results) << results.error().ToString();
  const auto values = (*results)[0].tensor().data<float>();
  return {values.begin(), values.end()};
}

double Worst(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double worst = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    worst = std::max(worst, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  return worst;
}

TEST(OneSignature, EvaluationAndServiceSayTheSameOfTheSameRawPictures) {
  const Recipe recipe = *ParseRecipe(kRecipe);
  auto source = SyntheticSource(recipe);
  Collected run;
  NoCheckpoints checkpoints;
  const auto trained = Train(recipe, SyntheticSpec(), *source, run, checkpoints, {});
  ASSERT_TRUE(trained) << trained.error().ToString();
  ASSERT_EQ(trained->signature.inputs[0].preprocess.deviation, std::vector<double>{0.17});
  const Batch test = *source->Test(0, 1000);
  ASSERT_EQ(test.labels.elements(), 200);

  const TemporaryFolder folder;
  ASSERT_TRUE(ExportModel(trained->module, trained->signature, folder.path()));
  ServingHome home;
  const std::string ref = home.AddFolder("prepared", folder.path());
  ASSERT_TRUE(home.platform().services().Deploy({.name = "prepared", .model = ref}, "test"));
  HttpClient client(home.port());

  // Picture by picture against what the evaluation's own @predict gives, and all in one request.
  const std::vector<float> expected = Predict(trained->module, test.inputs);
  std::vector<float> singly;
  for (int64_t row = 0; row < 200; ++row) {
    const std::vector<float> answer = Ask(client, source->Test(row, 1)->inputs);
    singly.insert(singly.end(), answer.begin(), answer.end());
  }
  EXPECT_LT(Worst(singly, expected), 1e-6);
  EXPECT_LT(Worst(Ask(client, test.inputs), expected), 1e-6);

  // The figures that the evaluation reported, from the service's answers.
  ConfusionMatrix confusion(3);
  ASSERT_TRUE(confusion.AddScores(test.labels.data<int64_t>(), singly));
  double loss = 0;
  for (size_t row = 0; row < 200; ++row)
    loss -= std::log(singly[row * 3 + static_cast<size_t>(test.labels.data<int64_t>()[row])]) / 200.0;
  for (int64_t truth = 0; truth < 3; ++truth) {
    for (int64_t given = 0; given < 3; ++given)
      EXPECT_EQ(confusion.At(truth, given), trained->test.confusion.At(truth, given));
  }
  EXPECT_NEAR(loss, trained->test.loss, 1e-6);
  EXPECT_GT(trained->test.confusion.Accuracy().value, 0.9);

  // A model without these steps says something else: what agrees above, agrees because of the signature.
  Signature bare = trained->signature;
  bare.inputs[0].preprocess.mean = {0};
  bare.inputs[0].preprocess.deviation = {1};
  ASSERT_TRUE(WriteFileAtomically(folder.path() / kSignatureFile, SignatureJson(bare).dump()));
  const std::string bare_ref = home.AddFolder("prepared", folder.path());
  ASSERT_TRUE(home.platform().services().Rollout("prepared", bare_ref, "test"));
  EXPECT_GT(Worst(Ask(client, test.inputs), expected), 1e-2);
}

}  // namespace
}  // namespace sinter
