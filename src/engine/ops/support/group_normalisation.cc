#include "engine/ops/support/group_normalisation.h"

#include <fmt/format.h>

#include "engine/ops/support/normalisation.h"

namespace sinter {
namespace {

// x as [N, groups, rest].
ValueId InGroups(GraphBuilder& b, ValueId x, int64_t groups) {
  return b.Op("Reshape", {x, b.Ints({0, groups, -1})});
}
ValueId MeanOf(GraphBuilder& b, ValueId grouped) { return b.Op("ReduceMean", {grouped, b.Ints({2})}); }

// A value for each channel, [C], as [C, 1, ...], which broadcasts to x.
ValueId AlongChannels(GraphBuilder& b, ValueId channels, size_t rank) {
  std::vector<int64_t> shape(rank - 1, 1);
  shape[0] = -1;
  return rank == 2 ? channels : b.Op("Reshape", {channels, b.Ints(shape)});
}

struct Normalised {
  ValueId value;      // [N, groups, rest]
  ValueId deviation;  // [N, groups, 1]
};
Normalised Normalise(GraphBuilder& b, ValueId x, int64_t groups, double epsilon) {
  const ValueId grouped = InGroups(b, x, groups);
  const ValueId centred = b.Op("Sub", {grouped, MeanOf(b, grouped)});
  const ValueId variance = MeanOf(b, b.Op("Mul", {centred, centred}));
  const ValueId deviation = b.Op("Sqrt", {b.Op("Add", {variance, b.Scalar(b.TypeOf(x).dtype, epsilon)})});
  return {b.Op("Div", {centred, deviation}), deviation};
}

}  // namespace

Status InferGroups(InferContext& c, int64_t groups) {
  const Shape& x = c.InputShape(0);
  if (x.size() < 3) return c.Invalid("rank 3 or more is needed");
  const auto channels = x[1].Constant();
  if (!channels) return c.Invalid("the number of channels must be known");
  if (groups < 1 || *channels % groups != 0)
    return c.Invalid(fmt::format("{} channels do not divide into {} groups", *channels, groups));
  for (size_t i = 1; i < 3; ++i) {
    if (!(c.InputShape(i) == Shape{x[1]}))
      return c.Invalid(fmt::format("{} channels need [{}] for each of scale and bias, not {}", *channels,
                                   *channels, ShapeToString(c.InputShape(i))));
  }
  return InferSameAsInput(c);
}

Status EvaluateGroups(ReferenceContext& c, int64_t groups) {
  const Tensor& in = c.Input(0);
  TRY(Tensor out, c.Output(0, in.dtype(), in.dims()));
  const int64_t channels = in.dim(1), area = Product(in.dims(), 2, in.rank());
  const int64_t each = channels / std::max<int64_t>(1, groups) * area;  // elements of a group
  const double epsilon = c.Float("epsilon");
  DispatchIn<kFloats>(in.dtype(), [&]<class T>() {
    const auto x = in.data<T>();
    const auto scale = c.Input(1).data<T>(), bias = c.Input(2).data<T>();
    auto y = out.mutable_data<T>();
    if (x.empty()) return;
    const Moments m =
        MomentsOf(x, in.dim(0) * groups, [&](size_t i) { return i / static_cast<size_t>(each); });
    for (size_t i = 0; i < x.size(); ++i) {
      const size_t group = i / static_cast<size_t>(each);
      const size_t channel = i / static_cast<size_t>(area) % static_cast<size_t>(channels);
      const double xhat = (Widen(x[i]) - m.mean[group]) / std::sqrt(m.variance[group] + epsilon);
      y[i] = Narrow<T>(xhat * Widen(scale[channel]) + Widen(bias[channel]));
    }
  });
  return {};
}

Status LowerGroups(LoweringContext& c, int64_t groups) {
  GraphBuilder& b = c.b;
  const size_t rank = c.InputType(0).Rank();
  const Normalised n = Normalise(b, c.Input(0), groups, c.Float("epsilon"));
  const ValueId scaled =
      b.Op("Mul", {ReshapeLike(b, n.value, c.Input(0)), AlongChannels(b, c.Input(1), rank)});
  c.results[0] = b.Op("Add", {scaled, AlongChannels(b, c.Input(2), rank)});
  return {};
}

// With the group's elements xhat = (x - mean) / s and h = dY scale:
// dX = (h - mean(h) - xhat mean(h xhat)) / s, dscale = sum of dY xhat, dbias = sum of dY, over each channel.
Status DifferentiateGroups(GradientContext& c, int64_t groups) {
  GraphBuilder& b = c.b;
  const ValueId x = c.Input(0), g = c.OutputGradient(0);
  const size_t rank = c.InputType(0).Rank();
  const Normalised n = Normalise(b, x, groups, c.Float("epsilon"));
  if (c.Needs(0)) {
    const ValueId h = InGroups(b, b.Op("Mul", {g, AlongChannels(b, c.Input(1), rank)}), groups);
    const ValueId along = b.Op("Mul", {n.value, MeanOf(b, b.Op("Mul", {h, n.value}))});
    const ValueId inner = b.Op("Sub", {b.Op("Sub", {h, MeanOf(b, h)}), along});
    c.SetInputGradient(0, ReshapeLike(b, b.Op("Div", {inner, n.deviation}), x));
  }
  std::vector<int64_t> others = {0};
  for (size_t d = 2; d < rank; ++d) others.push_back(static_cast<int64_t>(d));
  auto sum = [&](ValueId v) { return b.Op("ReduceSum", {v, b.Ints(others)}, {{"keepdims", int64_t{0}}}); };
  if (c.Needs(1)) c.SetInputGradient(1, sum(b.Op("Mul", {g, ReshapeLike(b, n.value, x)})));
  if (c.Needs(2)) c.SetInputGradient(2, sum(g));
  return {};
}

}  // namespace sinter
