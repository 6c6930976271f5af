#include <cstring>

#include <fmt/format.h>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"
#include "engine/ops/support/tuples.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  const Shape& indices = c.InputShape(1);
  if (indices.empty() || !indices.back().IsConstant())
    return c.Invalid("the length of the index tuples must be a number");
  const int64_t depth = *indices.back().Constant();
  const Shape& data = c.InputShape(0);
  if (depth < 1 || depth > static_cast<int64_t>(data.size()))
    return c.Invalid(fmt::format("tuples of {} into rank {}", depth, data.size()));
  Shape wanted(indices.begin(), indices.end() - 1);
  wanted.insert(wanted.end(), data.begin() + depth, data.end());
  if (!(c.InputShape(2) == wanted))
    return c.Invalid(
        fmt::format("updates are {}; {} is needed", ShapeToString(c.InputShape(2)), ShapeToString(wanted)));
  c.SetOutput(0, c.InputType(0));
  return {};
}

template <class T>
T Combine(const std::string& reduction, T old, T update) {
  if (reduction == "add") return Narrow<T>(static_cast<Wide<T>>(Widen(old) + Widen(update)));
  if (reduction == "mul") return Narrow<T>(static_cast<Wide<T>>(Widen(old) * Widen(update)));
  if (reduction == "max") return Widen(update) > Widen(old) ? update : old;
  if (reduction == "min") return Widen(update) < Widen(old) ? update : old;
  return update;
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& data = c.Input(0);
  const std::string reduction = c.String("reduction");
  TRY(Tensor out, c.Output(0, data.dtype(), data.dims()));
  if (data.bytes() > 0 && out.raw() != data.raw()) std::memcpy(out.mutable_raw(), data.raw(), data.bytes());
  TRY(const auto offsets, TupleOffsets(c, data, c.Input(1)));
  const size_t depth = static_cast<size_t>(c.Input(1).dims().back());
  const int64_t length = Product(data.dims(), depth, data.rank());
  DispatchIn<kNumeric>(data.dtype(), [&]<class T>() {
    auto to = out.mutable_data<T>();
    const auto updates = c.Input(2).data<T>();
    size_t next = 0;
    for (int64_t offset : offsets) {
      for (int64_t i = 0; i < length; ++i) {
        T& old = to[static_cast<size_t>(offset + i)];
        old = Combine(reduction, old, updates[next++]);
      }
    }
  });
  return {};
}

Status Differentiate(GradientContext& c) {
  const std::string reduction = c.String("reduction");
  if (reduction != "none" && reduction != "add")
    return Unsupported(c.Describe() +
                       ": a gradient is offered for reduction none (of distinct tuples) and add");
  if (c.Needs(2)) c.SetInputGradient(2, c.b.Op("GatherND", {c.OutputGradient(0), c.Input(1)}));
  if (!c.Needs(0)) return {};
  c.SetInputGradient(0, reduction == "add" ? c.OutputGradient(0)
                                           : c.b.Op("ScatterND", {c.OutputGradient(0), c.Input(1),
                                                                  ZerosLike(c.b, c.Input(2))}));
  return {};
}

constexpr Formal kInputs[] = {
    {"data", 'T', kNumeric}, {"indices", '-', kIndexes}, {"updates", 'T', kNumeric}};
constexpr Formal kOutputs[] = {{"output", 'T', kNumeric}};
constexpr FormalAttribute kAttributes[] = {
    {"reduction", AttributeKind::kString, false, "\"none\"", "none, add, mul, max or min"}};
constexpr std::string_view kSamples[] = {
    "data: T[3,M], indices: i64[N,1] in -3..2, updates: T[N,M] | reduction=\"add\"",
    "data: T[3,M], indices: i64[2,1] = {2, 0}, updates: T[2,M]",
    "data: T[4,4], indices: i64[2,2] = {0, 1, 3, 2}, updates: T[2] | reduction=\"none\""};

}  // namespace

const Operator& ScatterNDOperator() {
  static const Operator page{
      .name = "ScatterND",
      .summary = "A copy of data with updates put (or added ...) at index tuples.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Movement{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
