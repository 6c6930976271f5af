// What the pages of element-wise operators share: inference, reference loops, the frame of the page.
#pragma once

#include <type_traits>

#include "engine/graph/builder.h"
#include "engine/graph/operator.h"
#include "engine/ops/support/broadcast.h"

namespace sinter {

// Reference arithmetic of floating-point numbers is done in double, of integers in themselves.
template <class T>
using Wide =
    std::conditional_t<std::is_floating_point_v<T> || std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>,
                       double, T>;

template <class T>
Wide<T> Widen(T x) {
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>)
    return static_cast<double>(static_cast<float>(x));
  else
    return static_cast<Wide<T>>(x);
}

template <class T>
T Narrow(Wide<T> x) {
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>)
    return T(static_cast<float>(x));
  else
    return static_cast<T>(x);
}

// passes_through of operators that change nothing but dtype or shape: nothing, where these stay.
bool PassesWhereTypeStays(const NodeView& node, std::span<const ValueFacts* const> inputs,
                          const Type& output);

// Output 0 has the shape and dtype of input 0.
Status InferSameAsInput(InferContext& c);
// Output 0 is bool with the shape of input 0.
Status InferBoolLikeInput(InferContext& c);
// Output 0 has the broadcast shape of inputs 0 and 1, and the dtype of input 0 (or bool).
Status InferBroadcast(InferContext& c);
Status InferBroadcastBool(InferContext& c);
// As InferBroadcast, over all inputs of a variadic operator.
Status InferBroadcastAll(InferContext& c);

// out[i] = F::Apply(in[i], context) with F::Apply on Wide<T>. R: the output's element type, or void for the
// same.
template <class F, DTypeSet kSet, class R = void>
Status UnaryReference(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  constexpr bool same = std::is_void_v<R>;
  DType dtype = in.dtype();
  if constexpr (!same) dtype = DTypeOf<R>();
  TRY(Tensor out, c.Output(0, dtype, in.dims()));
  const bool known = DispatchIn<kSet>(in.dtype(), [&]<class T>() {
    using Out = std::conditional_t<same, T, R>;
    const auto x = in.data<T>();
    auto y = out.mutable_data<Out>();
    for (size_t i = 0; i < x.size(); ++i) {
      if constexpr (same)
        y[i] = Narrow<T>(static_cast<Wide<T>>(F::Apply(Widen(x[i]), c)));
      else
        y[i] = F::Apply(Widen(x[i]), c);
    }
  });
  return known ? Status() : Status(c.Invalid("no arithmetic for this dtype"));
}

template <class F, DTypeSet kSet, class R = void>
Status BinaryReference(ReferenceContext& c) {
  const Tensor& a = c.Input(0);
  const Tensor& b = c.Input(1);
  TRY(const Dims dims, BroadcastDims(a.dims(), b.dims()));
  constexpr bool same = std::is_void_v<R>;
  DType dtype = a.dtype();
  if constexpr (!same) dtype = DTypeOf<R>();
  TRY(Tensor out, c.Output(0, dtype, dims));
  const bool known = DispatchIn<kSet>(a.dtype(), [&]<class T>() {
    using Out = std::conditional_t<same, T, R>;
    const auto x = a.data<T>();
    const auto y = b.data<T>();
    auto z = out.mutable_data<Out>();
    BroadcastWalk<2> walk(dims, {&a.dims(), &b.dims()});
    for (size_t i = 0; i < z.size(); ++i, walk.Next()) {
      const Wide<T> p = Widen(x[static_cast<size_t>(walk.at(0))]);
      const Wide<T> q = Widen(y[static_cast<size_t>(walk.at(1))]);
      if constexpr (same)
        z[i] = Narrow<T>(static_cast<Wide<T>>(F::Apply(p, q, c)));
      else
        z[i] = F::Apply(p, q, c);
    }
  });
  return known ? Status() : Status(c.Invalid("no arithmetic for this dtype"));
}

// The contents of shape arithmetic, element by element, where both inputs' are known.
void PropagateContents(InferContext& c, Dim (*combine)(const Dim&, const Dim&));

// Sets the gradient of input i, summed down to that input's shape, if it is needed.
void SetBroadcastGradient(GradientContext& c, size_t i, ValueId gradient);

}  // namespace sinter
