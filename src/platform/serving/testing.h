// Small models for tests of serving, by name and from the IR's text.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <string>

#include <fmt/format.h>

#include "engine/graph/infer.h"
#include "engine/graph/text.h"
#include "engine/ops/catalog.h"
#include "platform/serving/model_interface.h"
#include "platform/serving/model_source.h"

namespace sinter {

// y = factor * x, rows apart.
inline std::string ScaleModel(double factor) {
  return fmt::format(R"(module scale {{
    symbol N in 1..64
    func @forward(%x: f32[N,4]) {{
      %k = Constant() {{value = f32[]{{{:.1f}}}}}
      %y = Mul(%x, %k)
      return %y
    }}
  }})",
                     factor);
}

// An input or output of rows: [N, row...].
inline TensorSpec RowsSpec(std::string name, DType dtype, const std::vector<int64_t>& row,
                           std::vector<std::string> categories = {}) {
  TensorSpec spec{std::move(name), dtype, {Dim::Symbol("N")}, std::move(categories)};
  for (const int64_t size : row) spec.shape.push_back(size);
  return spec;
}

// Gives the models that a test put in; "name@version" must be there in full, or "name" for the only one.
class TextModels final : public ModelSource {
 public:
  void Put(std::string ref, std::string text, std::string signature = "") {
    std::lock_guard lock(mutex_);
    texts_[std::move(ref)] = {std::move(text), std::move(signature)};
  }
  Result<std::string> Resolve(std::string_view ref) override {
    std::lock_guard lock(mutex_);
    if (texts_.contains(ref)) return std::string(ref);
    return NotFound(fmt::format("model '{}' has no such version", ref));
  }
  Result<LoadedModel> Load(std::string_view ref) override {
    std::lock_guard lock(mutex_);
    const auto found = texts_.find(ref);
    if (found == texts_.end()) return NotFound(fmt::format("model '{}' has no such version", ref));
    TRY(Module module, ParseModule(found->second.text));
    TRY_STATUS(InferModule(module, Operators()));
    return LoadedModel{std::string(ref), "id of " + std::string(ref), "forward", found->second.signature,
                       std::move(module)};
  }

 private:
  std::mutex mutex_;
  struct Model {
    std::string text, signature;
  };
  std::map<std::string, Model, std::less<>> texts_;
};

}  // namespace sinter
