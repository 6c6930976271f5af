// Operators of one input that keep its dtype: f32 and f64; signs of integers too.
#include <cmath>

#include "engine/device/cpu/loops.h"
#include "engine/device/cpu/vector_math.h"

namespace sinter {
namespace {

namespace vm = vector_math;

// No -ffast-math: the compiler vectorises what it may without changing a result.
#define UNARY_LOOP(Name, T, expression)                                                            \
  SINTER_CLONES void Name##_##T(const void* in, void* to, int64_t n, const LoopConstants& given) { \
    const T* p = static_cast<const T*>(in);                                                        \
    T* out = static_cast<T*>(to);                                                                  \
    [[maybe_unused]] const T a = static_cast<T>(given.a), b = static_cast<T>(given.b);             \
    _Pragma("GCC ivdep") for (int64_t i = 0; i < n; ++i) {                                         \
      const T x = p[i];                                                                            \
      out[i] = static_cast<T>(expression);                                                         \
    }                                                                                              \
  }
#define FLOAT_LOOPS(Name, expression) \
  UNARY_LOOP(Name, float, expression) \
  UNARY_LOOP(Name, double, expression)
#define NUMBER_LOOPS(Name, expression)  \
  FLOAT_LOOPS(Name, expression)         \
  UNARY_LOOP(Name, int32_t, expression) \
  UNARY_LOOP(Name, int64_t, expression)

NUMBER_LOOPS(Abs, x < 0 ? -x : x)
NUMBER_LOOPS(Neg, -x)
NUMBER_LOOPS(Relu, x > 0 ? x : 0)
NUMBER_LOOPS(Sign, (x > 0) - (x < 0))
FLOAT_LOOPS(Ceil, std::ceil(x))
FLOAT_LOOPS(Cos, std::cos(x))
FLOAT_LOOPS(Elu, x < 0 ? a * vm::ExpMinusOne(x) : x)
FLOAT_LOOPS(Erf, vm::Erf(x))
FLOAT_LOOPS(Exp, vm::Exp(x))
FLOAT_LOOPS(Floor, std::floor(x))
FLOAT_LOOPS(HardSigmoid, a* x + b < 0 ? 0 : (a * x + b > 1 ? 1 : a * x + b))
FLOAT_LOOPS(LeakyRelu, x < 0 ? x * a : x)
FLOAT_LOOPS(Log, vm::Log(x))
FLOAT_LOOPS(Reciprocal, 1 / x)
FLOAT_LOOPS(Round, std::nearbyint(x))
FLOAT_LOOPS(Sigmoid, vm::Sigmoid(x))
FLOAT_LOOPS(Sin, std::sin(x))
FLOAT_LOOPS(Softplus, vm::Softplus(x))
FLOAT_LOOPS(Sqrt, std::sqrt(x))
FLOAT_LOOPS(Tanh, vm::Tanh(x))

struct Entry {
  std::string_view op;
  UnaryLoop f32, f64, i32, i64;
};
#define FLOATS(Name) {#Name, &Name##_float, &Name##_double, nullptr, nullptr}
#define NUMBERS(Name) {#Name, &Name##_float, &Name##_double, &Name##_int32_t, &Name##_int64_t}
constexpr Entry kEntries[] = {NUMBERS(Abs), NUMBERS(Neg),       NUMBERS(Relu),       NUMBERS(Sign),
                              FLOATS(Ceil), FLOATS(Cos),        FLOATS(Elu),         FLOATS(Erf),
                              FLOATS(Exp),  FLOATS(Floor),      FLOATS(HardSigmoid), FLOATS(LeakyRelu),
                              FLOATS(Log),  FLOATS(Reciprocal), FLOATS(Round),       FLOATS(Sigmoid),
                              FLOATS(Sin),  FLOATS(Softplus),   FLOATS(Sqrt),        FLOATS(Tanh)};

}  // namespace

UnaryLoop FindUnaryLoop(std::string_view op, DType dtype) {
  for (const Entry& entry : kEntries) {
    if (entry.op != op) continue;
    return dtype == DType::kF32   ? entry.f32
           : dtype == DType::kF64 ? entry.f64
           : dtype == DType::kI32 ? entry.i32
           : dtype == DType::kI64 ? entry.i64
                                  : nullptr;
  }
  return nullptr;
}

}  // namespace sinter
