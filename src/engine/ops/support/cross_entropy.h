// What the cross-entropy loss and its gradient share.
#pragma once

#include <vector>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {

// Scores [n, classes, area...] with a label for each of n x area: log-probabilities in the scores' order, the
// label and the weight of each (0 where ignored), and the sum of weights.
struct CrossEntropy {
  int64_t n = 0, classes = 0, area = 0;
  std::vector<double> log_probabilities;
  std::vector<int64_t> labels;
  std::vector<double> weights;
  double total = 0;
  size_t At(int64_t i, int64_t label) const {
    return static_cast<size_t>((i / area * classes + label) * area + i % area);
  }
};

// Inputs by position: scores, labels, weights (optional). Errors: a label outside the classes.
Result<CrossEntropy> CrossEntropyOf(const ReferenceContext& c, size_t scores, size_t labels, size_t weights);
Status CheckCrossEntropy(const InferContext& c, size_t scores, size_t labels, size_t weights);

}  // namespace sinter
