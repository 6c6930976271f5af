// What the pages of reductions share. Axes come as input 1 (absent: all, or none with noop_with_empty_axes).
#pragma once

#include <limits>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {

inline constexpr FormalAttribute kReduceAttributes[] = {
    {"keepdims", AttributeKind::kInt, false, "1", "1: reduced dimensions stay, as 1"},
    {"noop_with_empty_axes", AttributeKind::kInt, false, "0", "1: no axes means no reduction"}};

Status InferReduce(InferContext& c);
// The reduced axes of a node whose inputs are at hand, and the output's dims.
struct ReducePlan {
  std::vector<size_t> axes;
  Dims kept;  // with ones for reduced dimensions
  Dims out;
  int64_t count = 1;  // elements reduced to one
};
Result<ReducePlan> PlanReduce(ReferenceContext& c);

// The gradient of the output spread over the input's shape.
Result<ValueId> SpreadOverInput(GradientContext& c, ValueId reduced);
// Of ReduceMax and ReduceMin.
Status DifferentiateReducedExtreme(GradientContext& c);

// F: kInit, Add(sum, x), Finish(sum, count), all on Wide<T>.
template <class F, DTypeSet kSet>
Status ReduceReference(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(const ReducePlan plan, PlanReduce(c));
  TRY(Tensor out, c.Output(0, in.dtype(), plan.out));
  const bool known = DispatchIn<kSet>(in.dtype(), [&]<class T>() {
    const auto x = in.data<T>();
    auto y = out.mutable_data<T>();
    std::vector<Wide<T>> sums(y.size(), F::template Init<Wide<T>>());
    BroadcastWalk<1> walk(in.dims(), {&plan.kept});
    for (size_t i = 0; i < x.size(); ++i, walk.Next()) {
      Wide<T>& sum = sums[static_cast<size_t>(walk.at(0))];
      sum = static_cast<Wide<T>>(F::Add(sum, Widen(x[i])));
    }
    for (size_t i = 0; i < y.size(); ++i)
      y[i] = Narrow<T>(static_cast<Wide<T>>(F::Finish(sums[i], plan.count)));
  });
  return known ? Status() : Status(c.Invalid("no arithmetic for this dtype"));
}

}  // namespace sinter
