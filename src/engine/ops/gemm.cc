#include <fmt/format.h>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  const Shape& a = c.InputShape(0);
  const Shape& b = c.InputShape(1);
  if (a.size() != 2 || b.size() != 2) return c.Invalid("two matrices are needed");
  const bool ta = c.Int("transA") != 0, tb = c.Int("transB") != 0;
  const Dim m = a[ta ? 1 : 0], k = a[ta ? 0 : 1], n = b[tb ? 0 : 1];
  if (!(k == b[tb ? 1 : 0]))
    return c.Invalid(
        fmt::format("the inner dimensions {} and {} differ", k.ToString(), b[tb ? 1 : 0].ToString()));
  if (c.HasInput(2)) {
    auto shape = BroadcastShapes({m, n}, c.InputShape(2));
    if (!shape || !(*shape == Shape{m, n}))
      return c.Invalid(fmt::format("C {} does not broadcast to {}", ShapeToString(c.InputShape(2)),
                                   ShapeToString({m, n})));
  }
  c.SetOutput(0, c.InputDType(0), {m, n});
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Dims& a = c.Input(0).dims();
  const Dims& b = c.Input(1).dims();
  const bool ta = c.Int("transA") != 0, tb = c.Int("transB") != 0;
  const int64_t m = a[ta ? 1 : 0], k = a[ta ? 0 : 1], n = b[tb ? 0 : 1];
  const Dims dims{m, n};
  TRY(Tensor out, c.Output(0, c.Input(0).dtype(), dims));
  const double alpha = c.Float("alpha"), beta = c.Float("beta");
  const Dims bias = c.HasInput(2) ? c.Input(2).dims() : Dims{};
  DispatchIn<kNumeric>(out.dtype(), [&]<class T>() {
    const auto x = c.Input(0).data<T>();
    const auto y = c.Input(1).data<T>();
    BroadcastWalk<1> walk(dims, {&bias});
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j, walk.Next()) {
        Wide<T> sum = 0;
        for (int64_t p = 0; p < k; ++p) {
          sum = static_cast<Wide<T>>(sum + Widen(x[static_cast<size_t>(ta ? p * m + i : i * k + p)]) *
                                               Widen(y[static_cast<size_t>(tb ? j * k + p : p * n + j)]));
        }
        double value = alpha * static_cast<double>(sum);
        if (c.HasInput(2))
          value += beta * static_cast<double>(Widen(c.Input(2).data<T>()[static_cast<size_t>(walk.at(0))]));
        out.mutable_data<T>()[static_cast<size_t>(i * n + j)] = Narrow<T>(static_cast<Wide<T>>(value));
      }
    }
  });
  return {};
}

// With G = alpha dY: dA = G B^T and dB = A^T G, their transposes where A or B was.
Status Differentiate(GradientContext& c) {
  GraphBuilder& b = c.b;
  const int64_t ta = c.Int("transA"), tb = c.Int("transB");
  auto gemm = [&](ValueId x, bool tx, ValueId y, bool ty) {
    return b.Op("Gemm", {x, y},
                {{"alpha", c.Float("alpha")}, {"transA", int64_t{tx}}, {"transB", int64_t{ty}}});
  };
  const ValueId g = c.OutputGradient(0);
  if (c.Needs(0))
    c.SetInputGradient(0, ta != 0 ? gemm(c.Input(1), tb != 0, g, true) : gemm(g, false, c.Input(1), tb == 0));
  if (c.Needs(1))
    c.SetInputGradient(1, tb != 0 ? gemm(g, true, c.Input(0), ta != 0) : gemm(c.Input(0), ta == 0, g, false));
  if (c.Needs(2)) {
    const ValueId scaled =
        c.Float("beta") == 1 ? g : b.Op("Mul", {g, b.Scalar(c.OutputType(0).dtype, c.Float("beta"))});
    c.SetInputGradient(2, b.SumToShapeOf(scaled, c.Input(2)));
  }
  return {};
}

constexpr Formal kInputs[] = {
    {"A", 'T', kNumeric}, {"B", 'T', kNumeric}, {"C", 'T', kNumeric, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"Y", 'T', kNumeric}};
constexpr FormalAttribute kAttributes[] = {
    {"alpha", AttributeKind::kFloat, false, "1.0", "scales the product"},
    {"beta", AttributeKind::kFloat, false, "1.0", "scales C"},
    {"transA", AttributeKind::kInt, false, "0", "1: A transposed"},
    {"transB", AttributeKind::kInt, false, "0", "1: B transposed"}};
constexpr std::string_view kSamples[] = {"A: T[M,K], B: T[K,N]", "A: T[M,K], B: T[N,K], C: T[N] | transB=1",
                                         "A: T[K,M], B: T[K,N], C: T[M,1] | transA=1, alpha=0.5, beta=2.0",
                                         "A: T[K,M], B: T[N,K], C: T[] | transA=1, transB=1"};

}  // namespace

const Operator& GemmOperator() {
  static const Operator page{
      .name = "Gemm",
      .summary = "alpha A B + beta C, with A and B transposed where asked.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Contraction{"mk,kn,mn->mn"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
