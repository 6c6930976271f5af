// What Softmax and LogSoftmax share.
#pragma once

#include <algorithm>
#include <cmath>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {

inline Status InferSoftmax(InferContext& c) {
  TRY_STATUS(c.Axis("axis", c.InputShape(0).size()));
  c.SetOutput(0, c.InputType(0));
  return {};
}

// F: Of(shifted, sum), the answer for x where shifted = x - max(x) and sum = sum(e^shifted), along the axis.
template <class F>
Status SoftmaxReference(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(const int64_t axis, c.Axis("axis", in.rank()));
  const size_t at = static_cast<size_t>(axis);
  const int64_t outer = Product(in.dims(), 0, at), length = in.dims()[at],
                inner = Product(in.dims(), at + 1, in.rank());
  TRY(Tensor out, c.Output(0, in.dtype(), in.dims()));
  DispatchIn<kFloats>(in.dtype(), [&]<class T>() {
    for (int64_t line = 0; line < outer * inner; ++line) {
      auto place = [&](int64_t k) {
        return static_cast<size_t>((line / inner * length + k) * inner + line % inner);
      };
      double most = -INFINITY, sum = 0;
      for (int64_t k = 0; k < length; ++k) most = std::max(most, Widen(in.data<T>()[place(k)]));
      for (int64_t k = 0; k < length; ++k) sum += std::exp(Widen(in.data<T>()[place(k)]) - most);
      for (int64_t k = 0; k < length; ++k) {
        const double shifted = Widen(in.data<T>()[place(k)]) - most;
        out.mutable_data<T>()[place(k)] = Narrow<T>(F::Of(shifted, sum));
      }
    }
  });
  return {};
}

}  // namespace sinter
