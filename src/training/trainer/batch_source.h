// Where a rank's examples come from.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "engine/tensor/tensor.h"

namespace sinter {

struct Batch {
  Tensor inputs;      // [rows, example...], as the data set holds them
  Tensor labels;      // i64[rows]
  int64_t first_row;  // of this rank's rows in the epoch's order: what seeded draws are keyed by
};

// Steps are counted from 1 over all epochs. One thread. The time that Train takes is the training's
// starvation: the trainer measures and reports it, whatever the source.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  virtual int64_t steps_per_epoch() const = 0;
  // This rank's rows of the step's global batch. Steps come in order; another than the next one begins anew
  // there (a resumed run).
  virtual Result<Batch> Train(int64_t step) = 0;
  // Rows begin to begin + count of the test split, in the data set's order; fewer at its end, none after.
  virtual Result<Batch> Test(int64_t begin, int64_t count) = 0;
};

}  // namespace sinter
