// Comparisons, logic and tests: what gives a bool for each element.

#include "engine/device/cpu/loops.h"

namespace sinter {
namespace {

// Bools are read and written as bytes of 0 and 1.
#define BINARY_LOOP(Name, T, expression)                                                                   \
  SINTER_CLONES void Name##_##T(const void* left, int64_t xs, const void* right, int64_t ys, void* result, \
                                int64_t n) {                                                               \
    const T* p = static_cast<const T*>(left);                                                              \
    const T* q = static_cast<const T*>(right);                                                             \
    uint8_t* out = static_cast<uint8_t*>(result);                                                          \
    if (ys == 0) {                                                                                         \
      const T b = *q;                                                                                      \
      _Pragma("GCC ivdep") for (int64_t i = 0; i < n; ++i) {                                               \
        const T a = p[i];                                                                                  \
        out[i] = static_cast<uint8_t>(expression);                                                         \
      }                                                                                                    \
    } else if (xs == 0) {                                                                                  \
      const T a = *p;                                                                                      \
      _Pragma("GCC ivdep") for (int64_t i = 0; i < n; ++i) {                                               \
        const T b = q[i];                                                                                  \
        out[i] = static_cast<uint8_t>(expression);                                                         \
      }                                                                                                    \
    } else {                                                                                               \
      _Pragma("GCC ivdep") for (int64_t i = 0; i < n; ++i) {                                               \
        const T a = p[i], b = q[i];                                                                        \
        out[i] = static_cast<uint8_t>(expression);                                                         \
      }                                                                                                    \
    }                                                                                                      \
  }
#define COMPARISON_LOOPS(Name, expression) \
  BINARY_LOOP(Name, float, expression)     \
  BINARY_LOOP(Name, double, expression)    \
  BINARY_LOOP(Name, int32_t, expression)   \
  BINARY_LOOP(Name, int64_t, expression)   \
  BINARY_LOOP(Name, uint8_t, expression)

COMPARISON_LOOPS(Equal, a == b)
COMPARISON_LOOPS(Greater, a > b)
COMPARISON_LOOPS(GreaterOrEqual, a >= b)
COMPARISON_LOOPS(Less, a < b)
COMPARISON_LOOPS(LessOrEqual, a <= b)
BINARY_LOOP(And, uint8_t, a& b)
BINARY_LOOP(Or, uint8_t, a | b)
BINARY_LOOP(Xor, uint8_t, a ^ b)

#define TEST_LOOP(Name, T, expression)                                                             \
  SINTER_CLONES void Name##_##T(const void* in, void* to, int64_t n, const LoopConstants& given) { \
    const T* p = static_cast<const T*>(in);                                                        \
    uint8_t* out = static_cast<uint8_t*>(to);                                                      \
    [[maybe_unused]] const T a = static_cast<T>(given.a), b = static_cast<T>(given.b);             \
    _Pragma("GCC ivdep") for (int64_t i = 0; i < n; ++i) {                                         \
      const T x = p[i];                                                                            \
      out[i] = static_cast<uint8_t>(expression);                                                   \
    }                                                                                              \
  }

TEST_LOOP(IsNaN, float, x != x)
TEST_LOOP(IsNaN, double, x != x)
// a and b: the infinities that count, NaN in the place of one that does not.
TEST_LOOP(IsInf, float, (x == a) | (x == b))
TEST_LOOP(IsInf, double, (x == a) | (x == b))
TEST_LOOP(Not, uint8_t, x == 0)

struct Entry {
  std::string_view op;
  BinaryLoop f32, f64, i32, i64, u8;
};
#define NUMBERS(Name) \
  {#Name, &Name##_float, &Name##_double, &Name##_int32_t, &Name##_int64_t, &Name##_uint8_t}
constexpr Entry kEntries[] = {NUMBERS(Equal), NUMBERS(Greater), NUMBERS(GreaterOrEqual), NUMBERS(Less),
                              NUMBERS(LessOrEqual)};

}  // namespace

BinaryLoop FindComparisonLoop(std::string_view op, DType dtype) {
  if (dtype == DType::kBool) {
    if (op == "And") return &And_uint8_t;
    if (op == "Or") return &Or_uint8_t;
    if (op == "Xor") return &Xor_uint8_t;
  }
  for (const Entry& entry : kEntries) {
    if (entry.op != op) continue;
    return dtype == DType::kF32                           ? entry.f32
           : dtype == DType::kF64                         ? entry.f64
           : dtype == DType::kI32                         ? entry.i32
           : dtype == DType::kI64                         ? entry.i64
           : dtype == DType::kU8 || dtype == DType::kBool ? entry.u8
                                                          : nullptr;
  }
  return nullptr;
}

UnaryLoop FindTestLoop(std::string_view op, DType dtype) {
  if (op == "Not" && dtype == DType::kBool) return &Not_uint8_t;
  if (op == "IsNaN")
    return dtype == DType::kF32 ? &IsNaN_float : dtype == DType::kF64 ? &IsNaN_double : nullptr;
  if (op == "IsInf")
    return dtype == DType::kF32 ? &IsInf_float : dtype == DType::kF64 ? &IsInf_double : nullptr;
  return nullptr;
}

}  // namespace sinter
