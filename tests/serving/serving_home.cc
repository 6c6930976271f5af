#include "serving_home.h"

#include <cstdio>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "base/random.h"
#include "engine/formats/onnx/onnx.h"
#include "engine/models/sequential.h"
#include "engine/ops/catalog.h"
#include "engine/signature/signature.h"
#include "server/api/inference_api.h"
#include "server/api/service_api.h"

namespace sinter {
namespace {

// A fixture that cannot be made is no result of any test.
template <class T>
T Must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "fixture: %s\n", result.error().ToString().c_str());
    std::abort();
  }
  return *std::move(result);
}
void Must(const Status& status) {
  if (!status) {
    std::fprintf(stderr, "fixture: %s\n", status.error().ToString().c_str());
    std::abort();
  }
}

Signature Pictures() {
  Signature signature;
  signature.task = "image_classification";
  signature.inputs = {{"pixels", DType::kU8, {4, 4}, {1.0 / 255, {0.5}, {0.25}, {16}}}};
  signature.outputs = {{"probabilities", DType::kF32, {3}, OutputActivation::kSoftmax}};
  signature.classes = {"left", "right", "neither"};
  return signature;
}

Module Classifier(uint64_t seed) {
  SequentialSpec spec;
  spec.name = "classifier";
  spec.input_shape = {16};
  spec.seed = seed;
  spec.layers = {{.kind = LayerKind::kDense, .units = 8, .activation = Activation::kRelu},
                 {.kind = LayerKind::kDense, .units = 3}};
  return Must(BuildSequential(spec, Operators()));
}

}  // namespace

ServingHome::ServingHome() { Open(); }

ServingHome::~ServingHome() {
  server_.reset();
  platform_.reset();
}

void ServingHome::Open() {
  platform_ = Must(Platform::Open(folder_.path() / "home"));
  token_ = Must(platform_->LocalToken());
  Must(platform_->services().Start());
  std::vector<Route> routes = InferenceRoutes(platform_->services(), platform_->tokens(), true);
  for (Route& route : ServiceRoutes(*platform_, true)) routes.push_back(std::move(route));
  HttpServerOptions options;
  options.authenticate = [this](std::string_view text) -> Result<Principal> {
    TRY(const TokenInfo info, platform_->tokens().Check(text));
    Principal principal{info.name, Access::kRead, "", 0};
    if (info.scope.Allows(TokenScope::Level::kWrite)) principal.access = Access::kWrite;
    if (info.scope.Allows(TokenScope::Level::kAdmin)) principal.access = Access::kAdmin;
    return principal;
  };
  server_ = Must(HttpServer::Start(Must(Router::Create(std::move(routes))), options));
}

void ServingHome::Restart() {
  server_.reset();
  platform_.reset();
  Open();
}

std::string ServingHome::AddModel(const std::string& name, uint64_t seed) {
  const Module module = Classifier(seed);
  const Path file = folder_.path() / kModelFile;
  Must(ExportOnnx(module, kForward, file));
  Must(WriteFileAtomically(folder_.path() / kSignatureFile, SignatureJson(Pictures()).dump()));
  const std::string ref = AddFolder(name, folder_.path());
  Module offline = Must(ImportOnnx(file));
  Must(AddPredictFunction(offline, Pictures()));
  auto executable = Must(Executable::Compile(std::move(offline), {.functions = {std::string(kPredict)}}));
  sessions_[ref] = Must(executable->OpenSession());
  return ref;
}

std::string ServingHome::AddFolder(const std::string& name, const Path& folder) {
  const BlobInfo onnx = Must(platform_->store().PutFile(folder / kModelFile));
  const BlobInfo signature = Must(platform_->store().PutFile(folder / kSignatureFile));
  const Manifest manifest =
      Must(Manifest::Make({{std::string(kModelFile), onnx.size, onnx.digest},
                           {std::string(kSignatureFile), signature.size, signature.digest}}));
  return Must(platform_->repositories(RepositoryKind::kModel).Add(name, manifest, "{}", "test")).Ref();
}

std::vector<float> ServingHome::Offline(const std::string& ref, const std::vector<uint8_t>& pixels) {
  const std::vector<Tensor> inputs{Tensor::FromSpan<uint8_t>({1, 4, 4}, pixels)};
  const auto outputs = Must(sessions_.at(ref)->Run(kPredict, inputs));
  const auto values = outputs[0].tensor().data<float>();
  return {values.begin(), values.end()};
}

}  // namespace sinter
