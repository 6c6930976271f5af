// Where a service's models come from.
#pragma once

#include <string>
#include <string_view>

#include "engine/graph/module.h"
#include "platform/hub/repositories.h"

namespace sinter {

struct LoadedModel {
  std::string ref;        // exactly this version: "fashion@3"
  std::string id;         // what the version's bytes are named; hex
  std::string function;   // the one that answers
  std::string signature;  // signature.json, or empty
  Module module;
};

// Any thread.
class ModelSource {
 public:
  virtual ~ModelSource() = default;
  // Exactly which version `ref` names now: "fashion@3". Quick. kNotFound.
  virtual Result<std::string> Resolve(std::string_view ref) = 0;
  // "fashion", "fashion@3": resolved at this moment. May take long: reads, parses, verifies.
  virtual Result<LoadedModel> Load(std::string_view ref) = 0;
};

// The hub's models: the version's only .onnx file (or model.onnx), mapped out of the store. Both outlive it.
class HubModelSource final : public ModelSource {
 public:
  HubModelSource(Repositories& models, BlobStore& store) : models_(models), store_(store) {}
  Result<std::string> Resolve(std::string_view ref) override;
  Result<LoadedModel> Load(std::string_view ref) override;

 private:
  Repositories& models_;
  BlobStore& store_;
};

}  // namespace sinter
