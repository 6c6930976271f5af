// Small models with a loss, in f64, for the tests of training.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "engine/device/reference/interpreter.h"
#include "engine/graph/builder.h"
#include "engine/models/sequential.h"
#include "engine/ops/catalog.h"

namespace sinter {

// Adds @loss(x, labels, seed, first_row) -> mean cross-entropy of @forward_training.
inline Status AddTestLoss(Module& module) {
  const Type x = module.FindFunction(kForwardTraining)->values[0].type;
  Function& function = module.functions.emplace_back();
  function.name = "loss";
  GraphBuilder b(module, function, Operators());
  const ValueId in = b.Input("x", x);
  const ValueId labels = b.Input("labels", Type::Tensor(DType::kI64, {x.shape[0]}));
  const ValueId seed = b.Input("seed", Type::Tensor(DType::kI64, {}));
  const ValueId first = b.Input("first_row", Type::Tensor(DType::kI64, {}));
  const ValueId logits = b.Op(kCallOp, {in, seed, first}, {{"callee", std::string(kForwardTraining)}});
  b.Return({b.Op("SoftmaxCrossEntropyLoss", {logits, labels})});
  return b.status();
}

struct TestBatch {
  Tensor x;
  Tensor labels;
};

inline TestBatch RandomBatch(int64_t rows, Dims example, int64_t classes, uint64_t seed) {
  Dims dims{rows};
  dims.insert(dims.end(), example.begin(), example.end());
  TestBatch batch{*Tensor::Create(DType::kF64, dims), *Tensor::Create(DType::kI64, {rows})};
  uint64_t i = 0;
  for (double& element : batch.x.mutable_data<double>()) element = RandomNormal(seed, 0, i++);
  i = 0;
  for (int64_t& label : batch.labels.mutable_data<int64_t>())
    label = static_cast<int64_t>(RandomBelow(seed, 1, i++, static_cast<uint64_t>(classes)));
  return batch;
}

// A part of the rows, begin inclusive, end exclusive.
inline TestBatch Rows(const TestBatch& batch, int64_t begin, int64_t end) {
  Dims dims = batch.x.dims();
  const auto row = static_cast<size_t>(batch.x.elements() / dims[0]);
  dims[0] = end - begin;
  const auto count = static_cast<size_t>(end - begin), first = static_cast<size_t>(begin);
  return {Tensor::FromSpan<double>(dims, batch.x.data<double>().subspan(first * row, count * row)),
          Tensor::FromSpan<int64_t>({end - begin}, batch.labels.data<int64_t>().subspan(first, count))};
}

}  // namespace sinter
