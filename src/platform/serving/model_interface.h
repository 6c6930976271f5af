// What a model takes and gives, as clients see it: names, dtypes, shapes, and whether requests can share a
// run.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/module.h"
#include "engine/tensor/tensor.h"

namespace sinter {

struct TensorSpec {
  std::string name;
  DType dtype = DType::kUndefined;
  Shape shape;
  std::vector<std::string> categories = {};  // of an input whose numbers are classes' indexes: their names
  std::string ToString() const;              // "f32[N,784]"
};

// Immutable once made; any thread.
struct ModelInterface {
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  // The first dimension of every input and output is the same free symbol, which stands nowhere else: rows of
  // several requests fit behind each other. (That the model treats rows apart is tried when it is warmed.)
  bool rows_first = false;
  int64_t most_rows = 1;  // the symbol's bound

  // The function of `module` (types inferred). kUnsupported where it takes or gives anything but plain
  // tensors.
  static Result<ModelInterface> Of(const Module& module, std::string_view function);

  // Takes the categories of inputs from a signature.json; "" has none.
  Status AddCategories(std::string_view signature);
  // A tensor for an input as it was sent: where that has categories and the tensor strings, their indexes;
  // indexes that are none (-1: missing) are refused.
  Result<Tensor> Indexed(size_t input, Tensor given) const;

  int FindInput(std::string_view name) const;   // -1: there is none
  int FindOutput(std::string_view name) const;  // -1: there is none

  // Inputs in order. Errors name the input, what it must be and what was given.
  Status Check(std::span<const Tensor> given) const;
  int64_t RowsOf(std::span<const Tensor> given) const { return rows_first ? given[0].dim(0) : 1; }

 private:
  // One dimension of one input, looked up beforehand: a request is checked without touching expressions.
  struct Rule {
    int64_t constant = -1;  // at least 0: the size
    int symbol = -1;        // at least 0: index into symbols_
  };
  struct Symbol {
    std::string name;
    int64_t lo = 0, hi = 0;
  };
  std::vector<std::vector<Rule>> rules_;
  std::vector<Symbol> symbols_;
};

// May what called `before` call `after` unchanged? Names, dtypes and ranks must stay, constants too; a size
// may become free, not the other way round. What does not fit is said.
Status CheckCompatible(const ModelInterface& before, const ModelInterface& after);

}  // namespace sinter
