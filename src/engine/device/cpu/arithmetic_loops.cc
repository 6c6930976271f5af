// Operators of two inputs that keep their dtype. Integers wrap: this file is compiled so.
#include <cmath>
#include <type_traits>

#include "engine/device/cpu/loops.h"

namespace sinter {
namespace {

#define BINARY_LOOP(Name, T, expression)                                                                   \
  SINTER_CLONES void Name##_##T(const void* left, int64_t xs, const void* right, int64_t ys, void* result, \
                                int64_t n) {                                                               \
    const T* p = static_cast<const T*>(left);                                                              \
    const T* q = static_cast<const T*>(right);                                                             \
    T* out = static_cast<T*>(result);                                                                      \
    if (ys == 0) {                                                                                         \
      const T b = *q;                                                                                      \
      _Pragma("GCC ivdep") for (int64_t i = 0; i < n; ++i) {                                               \
        const T a = p[i];                                                                                  \
        out[i] = static_cast<T>(expression);                                                               \
      }                                                                                                    \
    } else if (xs == 0) {                                                                                  \
      const T a = *p;                                                                                      \
      _Pragma("GCC ivdep") for (int64_t i = 0; i < n; ++i) {                                               \
        const T b = q[i];                                                                                  \
        out[i] = static_cast<T>(expression);                                                               \
      }                                                                                                    \
    } else {                                                                                               \
      _Pragma("GCC ivdep") for (int64_t i = 0; i < n; ++i) {                                               \
        const T a = p[i], b = q[i];                                                                        \
        out[i] = static_cast<T>(expression);                                                               \
      }                                                                                                    \
    }                                                                                                      \
  }
#define FLOAT_LOOPS(Name, expression)  \
  BINARY_LOOP(Name, float, expression) \
  BINARY_LOOP(Name, double, expression)
#define INTEGER_LOOPS(Name, expression)  \
  BINARY_LOOP(Name, int32_t, expression) \
  BINARY_LOOP(Name, int64_t, expression)
#define NUMBER_LOOPS(Name, expression) FLOAT_LOOPS(Name, expression) INTEGER_LOOPS(Name, expression)

// By zero: 0, as the reference has it.
template <class T>
T Quotient(T a, T b) {
  return b == 0 ? T(0) : b == T(-1) ? static_cast<T>(-a) : static_cast<T>(a / b);
}
// With the sign of b, as Python's.
template <class T>
T Rest(T a, T b) {
  if (b == 0 || b == T(-1)) return 0;
  const T rest = static_cast<T>(a % b);
  return rest != 0 && (rest < 0) != (b < 0) ? static_cast<T>(rest + b) : rest;
}

NUMBER_LOOPS(Add, a + b)
NUMBER_LOOPS(Sub, a - b)
NUMBER_LOOPS(Mul, a* b)
FLOAT_LOOPS(Div, a / b)
INTEGER_LOOPS(Div, Quotient(a, b))
FLOAT_LOOPS(Mod, std::fmod(a, b))
INTEGER_LOOPS(Mod, Rest(a, b))
FLOAT_LOOPS(Pow, std::pow(a, b))
FLOAT_LOOPS(ReluGrad, b > 0 ? a : 0)
// No number wins, as in NumPy: a NaN in a stays since no comparison with it holds.
NUMBER_LOOPS(Max, b != b || b > a ? b : a)
NUMBER_LOOPS(Min, b != b || b < a ? b : a)

struct Entry {
  std::string_view op;
  BinaryLoop f32, f64, i32, i64;
};
#define FLOATS(Op, Name) {Op, &Name##_float, &Name##_double, nullptr, nullptr}
#define NUMBERS(Name) {#Name, &Name##_float, &Name##_double, &Name##_int32_t, &Name##_int64_t}
constexpr Entry kEntries[] = {NUMBERS(Add), NUMBERS(Sub),       NUMBERS(Mul),
                              NUMBERS(Div), NUMBERS(Mod),       NUMBERS(Max),
                              NUMBERS(Min), FLOATS("Pow", Pow), FLOATS("sinter.ReluGrad", ReluGrad)};

}  // namespace

BinaryLoop FindArithmeticLoop(std::string_view op, DType dtype) {
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
