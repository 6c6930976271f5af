#include <algorithm>
#include <cmath>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  const auto& start = c.Input(0).contents;
  const auto& limit = c.Input(1).contents;
  const auto& delta = c.Input(2).contents;
  for (const auto* one : {&start, &limit, &delta}) {
    if (*one && (*one)->size() != 1) return c.Invalid("start, limit and delta must be one number each");
  }
  Dim count;
  if (start && limit && delta && (*delta)[0].IsConstant() && *(*delta)[0].Constant() > 0) {
    count = CeilDiv((*limit)[0] - (*start)[0], (*delta)[0]);
    if (count.IsConstant()) count = std::max<int64_t>(0, *count.Constant());
  } else {
    count = c.BornSymbol(0, 0, "range", {0, int64_t{1} << 31});
  }
  c.SetOutput(0, c.InputDType(0), {count});
  // Lists of axes, as exporters count them.
  if (count.IsConstant() && *count.Constant() <= 64 && start && delta && IsInteger(c.InputDType(0))) {
    std::vector<Dim> numbers;
    for (int64_t i = 0; i < *count.Constant(); ++i) numbers.push_back((*start)[0] + (*delta)[0] * Dim(i));
    c.SetContents(0, std::move(numbers));
  }
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const double start = c.Input(0).AsDouble(0), limit = c.Input(1).AsDouble(0), delta = c.Input(2).AsDouble(0);
  if (delta == 0) return c.Invalid("delta is 0");
  const double count = std::max(0.0, std::ceil((limit - start) / delta));
  if (!(count < 0x1p31)) return c.Invalid("more than 2^31 numbers");
  TRY(Tensor out, c.Output(0, c.Input(0).dtype(), {static_cast<int64_t>(count)}));
  DispatchIn<kNumeric>(out.dtype(), [&]<class T>() {
    const Wide<T> first = Widen(c.Input(0).data<T>()[0]), step = Widen(c.Input(2).data<T>()[0]);
    auto y = out.mutable_data<T>();
    for (size_t i = 0; i < y.size(); ++i)
      y[i] = Narrow<T>(static_cast<Wide<T>>(first + static_cast<Wide<T>>(i) * step));
  });
  return {};
}

constexpr Formal kInputs[] = {{"start", 'T', kNumeric}, {"limit", 'T', kNumeric}, {"delta", 'T', kNumeric}};
constexpr Formal kOutputs[] = {{"output", 'T', kNumeric}};
constexpr std::string_view kSamples[] = {"start: i64[] = {1}, limit: i64[] = {8}, delta: i64[] = {3}",
                                         "start: T[] = {2}, limit: T[] = {70}, delta: T[] = {1}"};

}  // namespace

const Operator& RangeOperator() {
  static const Operator page{
      .name = "Range",
      .summary = "Numbers from start up to limit (exclusive), by delta.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"piecewise in its inputs; not offered"}),
      .index = IndexExpression(Opaque{"creates values"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
