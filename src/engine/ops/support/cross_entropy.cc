#include "engine/ops/support/cross_entropy.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace sinter {

Result<CrossEntropy> CrossEntropyOf(const ReferenceContext& c, size_t scores_at, size_t labels_at,
                                    size_t weights_at) {
  const Tensor& scores = c.Input(scores_at);
  CrossEntropy e;
  e.n = scores.dims()[0];
  e.classes = scores.dims()[1];
  e.area = Product(scores.dims(), 2, scores.rank());
  e.labels = c.Input(labels_at).ToInts();
  const int64_t ignored = c.Int("ignore_index");
  for (int64_t label : e.labels) {
    const bool counts = label != ignored || !c.Has("ignore_index");
    if (counts && (label < 0 || label >= e.classes))
      return c.Invalid(fmt::format("label {} is outside 0..{}", label, e.classes - 1));
    e.weights.push_back(!counts ? 0 : c.HasInput(weights_at) ? c.Input(weights_at).AsDouble(label) : 1);
    e.total += e.weights.back();
  }
  e.log_probabilities.resize(static_cast<size_t>(scores.elements()));
  DispatchIn<kFloats>(scores.dtype(), [&]<class T>() {
    const auto x = scores.data<T>();
    for (int64_t i = 0; i < e.n * e.area; ++i) {
      double most = -INFINITY, sum = 0;
      for (int64_t k = 0; k < e.classes; ++k) most = std::max(most, Widen(x[e.At(i, k)]));
      for (int64_t k = 0; k < e.classes; ++k) sum += std::exp(Widen(x[e.At(i, k)]) - most);
      for (int64_t k = 0; k < e.classes; ++k)
        e.log_probabilities[e.At(i, k)] = Widen(x[e.At(i, k)]) - most - std::log(sum);
    }
  });
  return e;
}

Status CheckCrossEntropy(const InferContext& c, size_t scores, size_t labels, size_t weights) {
  Shape wanted = c.InputShape(scores);
  if (wanted.size() < 2) return c.Invalid("scores need rank 2 or more");
  const Dim classes = wanted[1];
  wanted.erase(wanted.begin() + 1);
  if (!(c.InputShape(labels) == wanted))
    return c.Invalid(fmt::format("labels are {}; {} is needed", ShapeToString(c.InputShape(labels)),
                                 ShapeToString(wanted)));
  if (c.HasInput(weights) && !(c.InputShape(weights) == Shape{classes}))
    return c.Invalid("one weight a class is needed");
  const std::string reduction = c.String("reduction");
  if (reduction != "none" && reduction != "sum" && reduction != "mean")
    return c.Invalid(fmt::format("unknown reduction '{}'", reduction));
  return {};
}

}  // namespace sinter
