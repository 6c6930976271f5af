// The module that a recipe trains: model, loss and update, evaluation, one set of states.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/exec/executable.h"
#include "engine/signature/signature.h"
#include "training/trainer/recipe.h"

namespace sinter {

// What the data looks like to the model.
struct ExampleSpec {
  DType dtype = DType::kU8;
  std::vector<int64_t> shape;        // of one example: pictures [height, width(, channels)]
  std::vector<std::string> classes;  // their names; as many as the model has outputs
  // Rows of a table: what each of shape[0] numbers is, and what is done to it. Then dtype is f64, and a class
  // its index (-1: none).
  std::vector<SignatureInput> columns = {};
  bool picture = false;  // of shape [height, width, channels]; models take its channels first
};

struct TrainingProgram {
  Module module;  // @forward, @predict, @loss, @train_step
  Signature signature;
  std::vector<std::string> trained;  // in the order of gradient_norms
  bool seeded = false;               // @loss takes %seed and %first_row
};

inline constexpr std::string_view kTrainStep = "train_step";

// Errors: layers that do not fit the data or each other, an ONNX file that cannot be read or trained.
Result<TrainingProgram> BuildTrainingProgram(const Recipe& recipe, const ExampleSpec& examples, int ranks);

}  // namespace sinter
