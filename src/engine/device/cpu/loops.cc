#include "engine/device/cpu/loops.h"

#include <cmath>

namespace sinter {
namespace {

// No -ffast-math: the compiler vectorises what it may without changing a result.
#define UNARY_LOOP(Name, expression)                                      \
  SINTER_CLONES void Name##Loop(const float* in, float* out, int64_t n) { \
    for (int64_t i = 0; i < n; ++i) {                                     \
      const float x = in[i];                                              \
      out[i] = (expression);                                              \
    }                                                                     \
  }
#define BINARY_LOOP(Name, expression)                                                     \
  SINTER_CLONES void Name##Both(const float* p, const float* q, float* out, int64_t n) {  \
    for (int64_t i = 0; i < n; ++i) {                                                     \
      const float a = p[i], b = q[i];                                                     \
      out[i] = (expression);                                                              \
    }                                                                                     \
  }                                                                                       \
  SINTER_CLONES void Name##Right(const float* p, const float* q, float* out, int64_t n) { \
    const float b = *q;                                                                   \
    for (int64_t i = 0; i < n; ++i) {                                                     \
      const float a = p[i];                                                               \
      out[i] = (expression);                                                              \
    }                                                                                     \
  }                                                                                       \
  SINTER_CLONES void Name##Left(const float* p, const float* q, float* out, int64_t n) {  \
    const float a = *p;                                                                   \
    for (int64_t i = 0; i < n; ++i) {                                                     \
      const float b = q[i];                                                               \
      out[i] = (expression);                                                              \
    }                                                                                     \
  }

UNARY_LOOP(Abs, std::fabs(x))
UNARY_LOOP(Ceil, std::ceil(x))
UNARY_LOOP(Cos, std::cos(x))
UNARY_LOOP(Erf, std::erf(x))
UNARY_LOOP(Exp, std::exp(x))
UNARY_LOOP(Floor, std::floor(x))
UNARY_LOOP(Log, std::log(x))
UNARY_LOOP(Neg, -x)
UNARY_LOOP(Reciprocal, 1.0f / x)
UNARY_LOOP(Relu, x > 0.0f ? x : 0.0f)
UNARY_LOOP(Round, std::nearbyint(x))
UNARY_LOOP(Sigmoid, 1.0f / (1.0f + std::exp(-x)))
UNARY_LOOP(Sign, static_cast<float>((x > 0.0f) - (x < 0.0f)))
UNARY_LOOP(Sin, std::sin(x))
UNARY_LOOP(Sqrt, std::sqrt(x))
UNARY_LOOP(Tanh, std::tanh(x))

BINARY_LOOP(Add, a + b)
BINARY_LOOP(Div, a / b)
BINARY_LOOP(Mul, a* b)
BINARY_LOOP(Pow, std::pow(a, b))
BINARY_LOOP(ReluGrad, b > 0.0f ? a : 0.0f)
BINARY_LOOP(Sub, a - b)

struct Unary {
  std::string_view op;
  UnaryLoop loop;
};

constexpr Unary kUnary[] = {{"Abs", &AbsLoop},   {"Ceil", &CeilLoop},   {"Cos", &CosLoop},
                            {"Erf", &ErfLoop},   {"Exp", &ExpLoop},     {"Floor", &FloorLoop},
                            {"Log", &LogLoop},   {"Neg", &NegLoop},     {"Reciprocal", &ReciprocalLoop},
                            {"Relu", &ReluLoop}, {"Round", &RoundLoop}, {"Sigmoid", &SigmoidLoop},
                            {"Sign", &SignLoop}, {"Sin", &SinLoop},     {"Sqrt", &SqrtLoop},
                            {"Tanh", &TanhLoop}};

constexpr BinaryLoops kBinary[] = {{"Add", &AddBoth, &AddRight, &AddLeft},
                                   {"Div", &DivBoth, &DivRight, &DivLeft},
                                   {"Mul", &MulBoth, &MulRight, &MulLeft},
                                   {"Pow", &PowBoth, &PowRight, &PowLeft},
                                   {"sinter.ReluGrad", &ReluGradBoth, &ReluGradRight, &ReluGradLeft},
                                   {"Sub", &SubBoth, &SubRight, &SubLeft}};

}  // namespace

UnaryLoop FindUnaryLoop(std::string_view op) {
  for (const Unary& entry : kUnary) {
    if (entry.op == op) return entry.loop;
  }
  return nullptr;
}

const BinaryLoops* FindBinaryLoops(std::string_view op) {
  for (const BinaryLoops& entry : kBinary) {
    if (entry.op == op) return &entry;
  }
  return nullptr;
}

SINTER_CLONES void AddTo(const float* x, float* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] += x[i];
}

SINTER_CLONES double SumSquares(const float* x, int64_t n) {
  double parts[8] = {};
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (int k = 0; k < 8; ++k) parts[k] += static_cast<double>(x[i + k]) * static_cast<double>(x[i + k]);
  }
  for (; i < n; ++i) parts[0] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return ((parts[0] + parts[1]) + (parts[2] + parts[3])) + ((parts[4] + parts[5]) + (parts[6] + parts[7]));
}

SINTER_CLONES double Sum(const float* x, int64_t n) {
  double parts[8] = {};
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (int k = 0; k < 8; ++k) parts[k] += static_cast<double>(x[i + k]);
  }
  for (; i < n; ++i) parts[0] += static_cast<double>(x[i]);
  return ((parts[0] + parts[1]) + (parts[2] + parts[3])) + ((parts[4] + parts[5]) + (parts[6] + parts[7]));
}

SINTER_CLONES void MomentumLoop(const float* w, const float* g, const float* m, float* w_new, float* m_new,
                                int64_t n, float rate, float momentum, float decay, bool nesterov) {
  for (int64_t i = 0; i < n; ++i) {
    const float slope = g[i] + decay * w[i];
    const float moment = momentum * m[i] + slope;
    const float old = w[i];
    m_new[i] = moment;
    w_new[i] = old - rate * (nesterov ? slope + momentum * moment : moment);
  }
}

SINTER_CLONES void AdamLoop(const float* w, const float* g, const float* m, const float* v, float* w_new,
                            float* m_new, float* v_new, int64_t n, const AdamStep& s) {
  const float coupled = s.decoupled ? 0.0f : s.decay, direct = s.decoupled ? s.decay : 0.0f;
  for (int64_t i = 0; i < n; ++i) {
    const float old = w[i];
    const float slope = g[i] + coupled * old;
    const float first = s.beta1 * m[i] + (1.0f - s.beta1) * slope;
    const float second = s.beta2 * v[i] + (1.0f - s.beta2) * slope * slope;
    w_new[i] = old - s.rate * (first / s.bias1 / (std::sqrt(second / s.bias2) + s.epsilon) + direct * old);
    m_new[i] = first;
    v_new[i] = second;
  }
}

}  // namespace sinter
