// A model is run before it gets traffic: plans and kernels are made, and it shows whether it can be trusted.
#pragma once

#include <cstdint>

#include "engine/exec/executable.h"
#include "platform/serving/model_interface.h"

namespace sinter {

struct WarmUpReport {
  int64_t runs = 0;
  double first_ms = 0;          // the first run, plans included
  double median_ms = 0;         // of one row, once warm
  double median_batch_ms = 0;   // of most rows
  int64_t batch_rows = 1;       // most rows that were run
  int64_t not_finite = 0;       // NaN or infinite numbers in all outputs
  double batch_difference = 0;  // most |alone - in a batch| / max |alone|, over all outputs
  bool rows_apart = false;      // ... is small: requests may share a run
};

// Inputs drawn from a fixed seed: f in [0, 1) for floats, 0 and 1 for the rest; free sizes are `rows` for the
// rows and the smallest allowed (at least 1) for others. kUnsupported where a size is an expression that
// these do not satisfy.
Result<std::vector<Tensor>> SampleInputs(const Module& module, const ModelInterface& model,
                                         std::string_view function, int64_t rows);

// Runs 1, 2, ... up to max_rows rows (all counts up to 32, then doubling) on the session.
Result<WarmUpReport> WarmUp(Session& session, const Module& module, const ModelInterface& model,
                            std::string_view function, int64_t max_rows);

}  // namespace sinter
