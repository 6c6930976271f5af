#include <algorithm>

#include <fmt/format.h>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

// Vectors stand for a row (left) or a column (right), which the result then lacks.
Status Infer(InferContext& c) {
  Shape a = c.InputShape(0), b = c.InputShape(1);
  if (a.empty() || b.empty()) return c.Invalid("a scalar has no matrix product");
  const bool row = a.size() == 1, column = b.size() == 1;
  if (row) a.insert(a.begin(), 1);
  if (column) b.push_back(1);
  if (!(a.back() == b[b.size() - 2]))
    return c.Invalid(fmt::format("{} times {}: the inner dimensions {} and {} differ",
                                 ShapeToString(c.InputShape(0)), ShapeToString(c.InputShape(1)),
                                 a.back().ToString(), b[b.size() - 2].ToString()));
  auto out = BroadcastShapes(Shape(a.begin(), a.end() - 2), Shape(b.begin(), b.end() - 2));
  if (!out) return c.Invalid(out.error().message);
  if (!row) out->push_back(a[a.size() - 2]);
  if (!column) out->push_back(b.back());
  c.SetOutput(0, c.InputDType(0), *std::move(out));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  Dims a = c.Input(0).dims(), b = c.Input(1).dims();
  const bool row = a.size() == 1, column = b.size() == 1;
  if (row) a.insert(a.begin(), 1);
  if (column) b.push_back(1);
  const Dims a_batch(a.begin(), a.end() - 2), b_batch(b.begin(), b.end() - 2);
  TRY(const Dims batch, BroadcastDims(a_batch, b_batch));
  const int64_t m = a[a.size() - 2], k = a.back(), n = b.back();
  Dims dims = batch;
  if (!row) dims.push_back(m);
  if (!column) dims.push_back(n);
  TRY(Tensor out, c.Output(0, c.Input(0).dtype(), dims));
  DispatchIn<kNumeric>(out.dtype(), [&]<class T>() {
    BroadcastWalk<2> walk(batch, {&a_batch, &b_batch});
    std::vector<Wide<T>> sums(static_cast<size_t>(n));
    for (int64_t i = 0; i < Product(batch, 0, batch.size()); ++i, walk.Next()) {
      const T* x = c.Input(0).data<T>().data() + walk.at(0) * m * k;
      const T* y = c.Input(1).data<T>().data() + walk.at(1) * k * n;
      T* z = out.mutable_data<T>().data() + i * m * n;
      for (int64_t r = 0; r < m; ++r) {
        std::ranges::fill(sums, Wide<T>(0));
        for (int64_t p = 0; p < k; ++p) {
          const Wide<T> left = Widen(x[r * k + p]);
          for (int64_t q = 0; q < n; ++q)
            sums[static_cast<size_t>(q)] =
                static_cast<Wide<T>>(sums[static_cast<size_t>(q)] + left * Widen(y[p * n + q]));
        }
        for (int64_t q = 0; q < n; ++q) z[r * n + q] = Narrow<T>(sums[static_cast<size_t>(q)]);
      }
    }
  });
  return {};
}

ValueId Transposed(GraphBuilder& b, ValueId value) {
  const size_t rank = b.ok() ? b.TypeOf(value).Rank() : 2;
  std::vector<int64_t> order(rank);
  for (size_t i = 0; i < rank; ++i) order[i] = static_cast<int64_t>(i);
  std::swap(order[rank - 1], order[rank - 2]);
  return b.Op("Transpose", {value}, {{"perm", order}});
}

// dA = dY B^T, dB = A^T dY, with vectors made matrices first.
Status Differentiate(GradientContext& c) {
  GraphBuilder& b = c.b;
  const bool row = c.InputType(0).Rank() == 1, column = c.InputType(1).Rank() == 1;
  const ValueId left = row ? b.Op("Unsqueeze", {c.Input(0), b.Ints({0})}) : c.Input(0);
  const ValueId right = column ? b.Op("Unsqueeze", {c.Input(1), b.Ints({1})}) : c.Input(1);
  ValueId gradient = c.OutputGradient(0);
  if (column) gradient = b.Op("Unsqueeze", {gradient, b.Ints({-1})});
  if (row) gradient = b.Op("Unsqueeze", {gradient, b.Ints({-2})});
  if (c.Needs(0)) {
    const ValueId d = b.SumToShapeOf(b.Op("MatMul", {gradient, Transposed(b, right)}), left);
    c.SetInputGradient(0, row ? b.Op("Squeeze", {d, b.Ints({0})}) : d);
  }
  if (c.Needs(1)) {
    const ValueId d = b.SumToShapeOf(b.Op("MatMul", {Transposed(b, left), gradient}), right);
    c.SetInputGradient(1, column ? b.Op("Squeeze", {d, b.Ints({1})}) : d);
  }
  return {};
}

constexpr Formal kInputs[] = {{"A", 'T', kNumeric}, {"B", 'T', kNumeric}};
constexpr Formal kOutputs[] = {{"Y", 'T', kNumeric}};
constexpr std::string_view kSamples[] = {"A: T[M,K], B: T[K,N]", "A: T[2,M,K], B: T[K,N]",
                                         "A: T[3,1,M,K], B: T[2,K,N]", "A: T[K], B: T[K,N]",
                                         "A: T[M,K], B: T[K]"};

}  // namespace

const Operator& MatMulOperator() {
  static const Operator page{
      .name = "MatMul",
      .summary = "The matrix product over the last two dimensions, leading ones broadcast.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Contraction{"...mk,...kn->...mn"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
