#include "training/trainer/checkpoint_format.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace sinter {
namespace {

constexpr std::string_view kFormat = "sinter.checkpoint.v1";

}  // namespace

CheckpointManifest DescribeCheckpoint(const Checkpoint& checkpoint) {
  CheckpointManifest manifest;
  Json states = Json::array();
  for (const auto& [name, tensor] : checkpoint.states) {
    const std::string digest = HashBytes(std::span(tensor.raw(), tensor.bytes())).Hex();
    states.push_back(
        {{"name", name}, {"dtype", DTypeName(tensor.dtype())}, {"dims", tensor.dims()}, {"sha256", digest}});
    manifest.blobs.emplace_back(digest, &tensor);
  }
  manifest.text = Json{{"format", kFormat}, {"step", checkpoint.step}, {"states", std::move(states)}}.dump();
  return manifest;
}

Result<Checkpoint> ReadCheckpoint(std::string_view manifest,
                                  const std::function<Result<std::string>(const std::string& sha256)>& blob) {
  TRY(const Json json, ParseJson(manifest));
  JsonReader reader(json, "checkpoint");
  if (reader.String("format") != kFormat) reader.Fail("format", fmt::format("must be {}", kFormat));
  Checkpoint checkpoint;
  checkpoint.step = reader.Int("step");
  const Json& states = reader.Array("states");
  if (checkpoint.step < 0) reader.Fail("step", "must not be negative");
  TRY_STATUS(reader.Finish());
  for (size_t i = 0; i < states.size(); ++i) {
    JsonReader state(states[i], fmt::format("checkpoint: states[{}]", i));
    const std::string name = state.String("name"), sha256 = state.String("sha256");
    const auto dtype = ParseDType(state.String("dtype"));
    const std::vector<int64_t> dims = state.Ints("dims");
    // Strings have no bytes that a digest could name.
    if (!dtype || DTypeSize(*dtype) == 0) state.Fail("dtype", "no dtype of numbers");
    if (checkpoint.states.contains(name)) state.Fail("name", "stands twice");
    TRY_STATUS(state.Finish());
    TRY(const std::string bytes, blob(sha256));
    TRY(const size_t expected, EncodedBytes(*dtype, dims, {}));
    if (bytes.size() != expected || HashText(bytes).Hex() != sha256)
      return Corrupt(fmt::format("checkpoint: the bytes of state '{}' do not verify", name));
    if (*dtype == DType::kBool && std::ranges::any_of(bytes, [](char b) { return b != 0 && b != 1; }))
      return Corrupt(fmt::format("checkpoint: state '{}' has a boolean that is neither 0 nor 1", name));
    TRY(Tensor tensor, Tensor::Create(*dtype, dims));
    if (!bytes.empty()) std::memcpy(tensor.mutable_raw(), bytes.data(), bytes.size());
    checkpoint.states.emplace(name, std::move(tensor));
  }
  return checkpoint;
}

}  // namespace sinter
