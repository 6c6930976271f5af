// What the pages of the largest and the least share. Better: std::greater<> or std::less<>.
#pragma once

#include <functional>
#include <vector>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {

// --- Max, Min: of several tensors, element by element --------------------------------------------------

template <class Better>
Status EvaluateExtreme(ReferenceContext& c) {
  Dims dims = c.Input(0).dims();
  for (size_t i = 1; i < c.InputCount(); ++i) {
    TRY(dims, BroadcastDims(dims, c.Input(i).dims()));
  }
  TRY(Tensor out, c.Output(0, c.Input(0).dtype(), dims));
  std::vector<BroadcastWalk<1>> walks;
  walks.reserve(c.InputCount());
  for (size_t k = 0; k < c.InputCount(); ++k)
    walks.emplace_back(dims, std::array<const Dims*, 1>{&c.Input(k).dims()});
  DispatchIn<kNumeric>(out.dtype(), [&]<class T>() {
    auto y = out.mutable_data<T>();
    // Element by element: the output may stand in an input's memory.
    for (size_t i = 0; i < y.size(); ++i) {
      T best{};
      for (size_t k = 0; k < walks.size(); ++k) {
        const T value = c.Input(k).data<T>()[static_cast<size_t>(walks[k].at(0))];
        const bool nan = Widen(value) != Widen(value);  // no number wins, as in NumPy
        if (k == 0 || nan || Better()(Widen(value), Widen(best))) best = value;
        walks[k].Next();
      }
      y[i] = best;
    }
  });
  return {};
}

// To the inputs that gave the extreme.
Status DifferentiateExtreme(GradientContext& c);

// --- ArgMax, ArgMin: where along an axis ----------------------------------------------------------------

inline constexpr FormalAttribute kArgAttributes[] = {
    {"axis", AttributeKind::kInt, false, "0", "which"},
    {"keepdims", AttributeKind::kInt, false, "1", "1: the axis stays, as 1"},
    {"select_last_index", AttributeKind::kInt, false, "0", "1: the last of equals"}};

Status InferArg(InferContext& c);

template <class Better>
Status EvaluateArg(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(const int64_t axis, c.Axis("axis", in.rank()));
  const size_t at = static_cast<size_t>(axis);
  const int64_t outer = Product(in.dims(), 0, at), length = in.dims()[at],
                inner = Product(in.dims(), at + 1, in.rank());
  if (length == 0) return c.Invalid("an empty axis has no extreme");
  Dims dims = in.dims();
  if (c.Int("keepdims") != 0)
    dims[at] = 1;
  else
    dims.erase(dims.begin() + axis);
  TRY(Tensor out, c.Output(0, DType::kI64, dims));
  const bool last = c.Int("select_last_index") != 0;
  DispatchIn<kNumeric>(in.dtype(), [&]<class T>() {
    const auto x = in.data<T>();
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t i = 0; i < inner; ++i) {
        int64_t best = 0;
        auto value = [&](int64_t k) { return Widen(x[static_cast<size_t>((o * length + k) * inner + i)]); };
        for (int64_t k = 1; k < length; ++k) {
          if (Better()(value(k), value(best)) || (last && value(k) == value(best))) best = k;
        }
        out.mutable_data<int64_t>()[static_cast<size_t>(o * inner + i)] = best;
      }
    }
  });
  return {};
}

}  // namespace sinter
