#include "engine/device/cpu/softmax_loops.h"

#include <cmath>

#include "engine/device/cpu/loops.h"
#include "engine/device/cpu/vector_math.h"

namespace sinter {
namespace {

namespace vm = vector_math;

constexpr int kParts = 16;  // interleaved

// A NaN is passed over here; it comes back by way of exp.
template <class T>
SINTER_INLINE T Most(const T* x, int64_t n) {
  T parts[kParts];
  for (T& part : parts) part = x[0];
  int64_t i = 0;
  for (; i + kParts <= n; i += kParts) {
    for (int k = 0; k < kParts; ++k) parts[k] = x[i + k] > parts[k] ? x[i + k] : parts[k];
  }
  for (int k = 0; i < n; ++i, ++k) parts[k] = x[i] > parts[k] ? x[i] : parts[k];
  T most = parts[0];
  for (const T part : parts) most = part > most ? part : most;
  return most;
}

// The sum of exp(x - most); with `y`, each is kept there.
template <bool kKeep, class T>
SINTER_INLINE T SumOfExp(const T* x, T* y, int64_t n, T most) {
  T parts[kParts] = {};
  int64_t i = 0;
  for (; i + kParts <= n; i += kParts) {
    for (int k = 0; k < kParts; ++k) {
      const T e = vm::Exp(x[i + k] - most);
      if (kKeep) y[i + k] = e;
      parts[k] += e;
    }
  }
  for (int k = 0; i < n; ++i, ++k) {
    const T e = vm::Exp(x[i] - most);
    if (kKeep) y[i] = e;
    parts[k] += e;
  }
  for (int half = kParts / 2; half > 0; half /= 2) {
    for (int k = 0; k < half; ++k) parts[k] += parts[k + half];
  }
  return parts[0];
}

template <class T>
SINTER_INLINE void Softmax(const T* x, T* y, int64_t n, T factor) {
  const T share = factor / SumOfExp<true>(x, y, n, Most(x, n));
  for (int64_t i = 0; i < n; ++i) y[i] *= share;
}

template <class T>
SINTER_INLINE LogSum LogOf(const T* x, int64_t n) {
  const T most = Most(x, n);
  return {static_cast<double>(most), std::log(static_cast<double>(SumOfExp<false, T>(x, nullptr, n, most)))};
}

template <class T>
SINTER_INLINE void LogSoftmax(const T* x, T* y, int64_t n) {
  const LogSum sum = LogOf(x, n);
  const T most = static_cast<T>(sum.most), log = static_cast<T>(sum.log);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) y[i] = x[i] - most - log;
}

}  // namespace

#define SOFTMAX_LOOPS(T)                                                                         \
  SINTER_CLONES LogSum LogSumOf(const T* x, int64_t n) { return LogOf(x, n); }                   \
  SINTER_CLONES void SoftmaxRow(const T* __restrict x, T* __restrict y, int64_t n) {             \
    Softmax(x, y, n, T(1));                                                                      \
  }                                                                                              \
  SINTER_CLONES void LogSoftmaxRow(const T* x, T* y, int64_t n) { LogSoftmax(x, y, n); }         \
  SINTER_CLONES void CrossEntropyGradientRow(const T* __restrict x, T* __restrict dx, int64_t n, \
                                             int64_t label, T factor) {                          \
    Softmax(x, dx, n, factor);                                                                   \
    dx[label] -= factor;                                                                         \
  }
SOFTMAX_LOOPS(float)
SOFTMAX_LOOPS(double)

}  // namespace sinter
