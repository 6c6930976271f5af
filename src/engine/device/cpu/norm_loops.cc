#include "engine/device/cpu/norm_loops.h"

#include "engine/device/cpu/loops.h"
#include "engine/device/cpu/vector_math.h"

namespace sinter {
namespace {

constexpr int kParts = 16;  // interleaved sums

SINTER_INLINE double SumOf(double* parts) {
  for (int half = kParts / 2; half > 0; half /= 2) {
    for (int k = 0; k < half; ++k) parts[k] += parts[k + half];
  }
  return parts[0];
}

template <class T>
SINTER_INLINE double Wide(T x) {
  return static_cast<double>(x);
}

template <class T>
SINTER_INLINE double Deviations(const T* x, int64_t n, double mean) {
  double parts[kParts] = {};
  int64_t i = 0;
  for (; i + kParts <= n; i += kParts) {
    for (int k = 0; k < kParts; ++k) {
      const double d = Wide(x[i + k]) - mean;
      parts[k] += d * d;
    }
  }
  for (int k = 0; i < n; ++i, ++k) {
    const double d = Wide(x[i]) - mean;
    parts[k] += d * d;
  }
  return SumOf(parts);
}

template <bool kScaled, class T>
SINTER_INLINE RowSums Sums(const T* dy, const T* x, const T* scale, int64_t n, double mean) {
  double plain[kParts] = {}, projected[kParts] = {};
  int64_t i = 0;
  for (; i + kParts <= n; i += kParts) {
    for (int k = 0; k < kParts; ++k) {
      const double h = kScaled ? Wide(dy[i + k]) * Wide(scale[i + k]) : Wide(dy[i + k]);
      plain[k] += h;
      projected[k] += h * (Wide(x[i + k]) - mean);
    }
  }
  for (int k = 0; i < n; ++i, ++k) {
    const double h = kScaled ? Wide(dy[i]) * Wide(scale[i]) : Wide(dy[i]);
    plain[k] += h;
    projected[k] += h * (Wide(x[i]) - mean);
  }
  return {SumOf(plain), SumOf(projected)};
}

template <class T>
SINTER_INLINE void Scale(const T* __restrict x, T* __restrict y, int64_t n, double mean, double factor,
                         const T* __restrict scale, const T* __restrict bias) {
  if (bias == nullptr) {
    for (int64_t i = 0; i < n; ++i) y[i] = static_cast<T>((Wide(x[i]) - mean) * factor) * scale[i];
  } else {
    for (int64_t i = 0; i < n; ++i) y[i] = static_cast<T>((Wide(x[i]) - mean) * factor) * scale[i] + bias[i];
  }
}

template <class T>
SINTER_INLINE void Gradient(const T* __restrict dy, const T* __restrict x, const T* __restrict scale,
                            T* __restrict dx, int64_t n, const RowGradient& g) {
  const double mean = g.mean, factor = g.factor, plain = g.plain, projected = g.projected;
  if (scale == nullptr) {
    for (int64_t i = 0; i < n; ++i)
      dx[i] = static_cast<T>(factor * (Wide(dy[i]) - plain - (Wide(x[i]) - mean) * projected));
  } else {
    for (int64_t i = 0; i < n; ++i) {
      const double h = Wide(dy[i]) * Wide(scale[i]);
      dx[i] = static_cast<T>(factor * (h - plain - (Wide(x[i]) - mean) * projected));
    }
  }
}

// `rows` is a constant where it is called with all of them.
template <class T>
SINTER_INLINE void Columns(const T* __restrict dy, const T* __restrict x, int64_t rows, int64_t n,
                           const double* means, const double* factors, double* __restrict scale_sums,
                           double* __restrict bias_sums) {
  for (int64_t i = 0; i < n; ++i) {
    double scale = 0, bias = 0;
    for (int64_t r = 0; r < rows; ++r) {
      const double d = Wide(dy[r * n + i]);
      scale += d * ((Wide(x[r * n + i]) - means[r]) * factors[r]);
      bias += d;
    }
    scale_sums[i] += scale;
    bias_sums[i] += bias;
  }
}

}  // namespace

#define NORM_LOOPS(T)                                                                                        \
  SINTER_CLONES double SquaredDeviations(const T* x, int64_t n, double mean) {                               \
    return Deviations(x, n, mean);                                                                           \
  }                                                                                                          \
  SINTER_CLONES void ShiftRow(const T* __restrict x, T* __restrict y, int64_t n, const RowShift& s) {        \
    const double mean = s.mean, factor = s.factor, bias = s.bias;                                            \
    for (int64_t i = 0; i < n; ++i) y[i] = static_cast<T>((Wide(x[i]) - mean) * factor + bias);              \
  }                                                                                                          \
  SINTER_CLONES void ScaleRow(const T* x, T* y, int64_t n, double mean, double factor, const T* scale,       \
                              const T* bias) {                                                               \
    Scale(x, y, n, mean, factor, scale, bias);                                                               \
  }                                                                                                          \
  SINTER_CLONES RowSums GradientSums(const T* dy, const T* x, const T* scale, int64_t n, double mean) {      \
    return scale == nullptr ? Sums<false>(dy, x, scale, n, mean) : Sums<true>(dy, x, scale, n, mean);        \
  }                                                                                                          \
  SINTER_CLONES void GradientRow(const T* dy, const T* x, const T* scale, T* dx, int64_t n,                  \
                                 const RowGradient& g) {                                                     \
    Gradient(dy, x, scale, dx, n, g);                                                                        \
  }                                                                                                          \
  SINTER_CLONES void GradientColumns(const T* dy, const T* x, int64_t rows, int64_t n, const double* means,  \
                                     const double* factors, double* scale_sums, double* bias_sums) {         \
    if (rows == kGradientRows)                                                                               \
      Columns(dy, x, kGradientRows, n, means, factors, scale_sums, bias_sums);                               \
    else                                                                                                     \
      for (int64_t r = 0; r < rows; ++r)                                                                     \
        Columns(dy + r * n, x + r * n, 1, n, means + r, factors + r, scale_sums, bias_sums);                 \
  }                                                                                                          \
  SINTER_CLONES void DeviationColumns(const T* __restrict x, int64_t n, const double* __restrict means,      \
                                      double* __restrict sums) {                                             \
    for (int64_t i = 0; i < n; ++i) {                                                                        \
      const double d = Wide(x[i]) - means[i];                                                                \
      sums[i] += d * d;                                                                                      \
    }                                                                                                        \
  }                                                                                                          \
  SINTER_CLONES void ShiftColumns(const T* __restrict x, T* __restrict y, int64_t n, const double* means,    \
                                  const double* factors, const double* biases) {                             \
    for (int64_t i = 0; i < n; ++i) y[i] = static_cast<T>((Wide(x[i]) - means[i]) * factors[i] + biases[i]); \
  }                                                                                                          \
  SINTER_CLONES void GradientSumColumns(const T* __restrict dy, const T* __restrict x, int64_t n,            \
                                        const double* means, double* __restrict plain,                       \
                                        double* __restrict projected) {                                      \
    for (int64_t i = 0; i < n; ++i) {                                                                        \
      plain[i] += Wide(dy[i]);                                                                               \
      projected[i] += Wide(dy[i]) * (Wide(x[i]) - means[i]);                                                 \
    }                                                                                                        \
  }                                                                                                          \
  SINTER_CLONES void GradientOfColumns(const T* __restrict dy, const T* __restrict x, T* __restrict dx,      \
                                       int64_t n, const double* means, const double* factors,                \
                                       const double* plain, const double* projected) {                       \
    for (int64_t i = 0; i < n; ++i) {                                                                        \
      dx[i] =                                                                                                \
          static_cast<T>(factors[i] * (Wide(dy[i]) - plain[i] - (Wide(x[i]) - means[i]) * projected[i]));    \
    }                                                                                                        \
  }
NORM_LOOPS(float)
NORM_LOOPS(double)

}  // namespace sinter
