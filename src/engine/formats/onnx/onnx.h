// ONNX files: to modules and back.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"
#include "engine/graph/module.h"

namespace sinter {

struct OnnxImportOptions {
  // Weights become constants of the graph (packed once, folded) instead of shared trainable states.
  bool weights_as_constants = false;
  std::string function = "forward";  // the name of the module's one function
  // Inputs whose values are known beforehand: they become constants. So a model may take a shape, axes or
  // repeats as inputs, which inference must know. Errors: a name that no input has, another dtype or rank.
  std::map<std::string, Tensor, std::less<>> fixed_inputs = {};
};

// Reads opset 13 and later, external data beside the file included, into a verified module with the newest
// semantics. Weights are views of the mapped file wherever they stand aligned; the module keeps the mapping.
// Floating-point initialisers of rank 1 and more become states; small ones and integers become constants.
// Errors name file, node and reason: kCorrupt (truncated, lying lengths), kUnsupported (an operator, domain
// or opset that is not offered, a file of 2 GB or more), kInvalidArgument (nodes that do not fit together).
Result<Module> ImportOnnx(const Path& file, const OnnxImportOptions& options = {});
// The same from bytes, which `owner` keeps alive; external data is sought in `folder` (empty: refused).
Result<Module> ImportOnnxBytes(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                               const Path& folder, const OnnxImportOptions& options = {});

struct OnnxExportOptions {
  // More bytes of weights than this go to FILE.data beside the model: one protobuf holds less than 2 GB.
  uint64_t external_above = 1'500'000'000;
};

// Writes one function of the module, calls inlined, with the states' initial values as initialisers; the
// same module gives the same bytes. IR version 10, opset 21. Errors: an operator of domain sinter without a
// lowering, an encoded tensor, a function that updates state; kResourceExhausted on a full disk, and then
// nothing half-written stays; kUnsupported where the file itself would have 2 GB or more.
Status ExportOnnx(const Module& module, std::string_view function, const Path& file,
                  const OnnxExportOptions& options = {});

inline constexpr uint64_t kOnnxLargestFile = (uint64_t{1} << 31) - 1;  // what protobuf's readers take
inline constexpr int64_t kOnnxOldestOpset = 13;
inline constexpr int64_t kOnnxOpset = 21;
inline constexpr int64_t kOnnxIrVersion = 10;

}  // namespace sinter
