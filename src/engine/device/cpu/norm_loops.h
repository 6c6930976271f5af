// Rows of normalisations and of their gradients, of f32 and f64, compiled for several instruction sets. All
// is computed in double: differences from a mean and the terms of a gradient cancel. Sums are made in an
// order that depends on lengths alone. Factors are of 1 / sqrt(variance + epsilon).
#pragma once

#include <cstdint>

namespace sinter {

// The same numbers for all elements of a row.
struct RowShift {
  double mean, factor, bias;
};
// Sums of h and of h (x - mean), where h = dy scale[i], or dy where scale is null.
struct RowSums {
  double plain = 0, projected = 0;
};
// Of one row, or of a column.
struct RowGradient {
  double mean, factor, plain, projected;
};

inline constexpr int64_t kGradientRows = 8;

// SquaredDeviations: the sum of (x - mean)^2.
// ShiftRow: y = (x - mean) factor + bias.
// ScaleRow: y[i] = (x[i] - mean) factor scale[i] + bias[i]; bias may be null.
// GradientRow: dx = factor (h - plain - (x - mean) projected).
// GradientColumns: of `rows` rows, at most kGradientRows, scale_sums[i] += the sum of dy (x - mean) factor
// and bias_sums[i] += that of dy, with a mean and a factor for each row.
//
// Where channels are columns, each with numbers of its own:
// DeviationColumns: sums[i] += (x[i] - means[i])^2.
// ShiftColumns: y[i] = (x[i] - means[i]) factors[i] + biases[i].
// GradientSumColumns: plain[i] += dy[i], projected[i] += dy[i] (x[i] - means[i]).
// GradientOfColumns: dx[i] = factors[i] (dy[i] - plain[i] - (x[i] - means[i]) projected[i]).
#define SINTER_NORM_LOOPS(T)                                                                             \
  double SquaredDeviations(const T* x, int64_t n, double mean);                                          \
  void ShiftRow(const T* x, T* y, int64_t n, const RowShift& s);                                         \
  void ScaleRow(const T* x, T* y, int64_t n, double mean, double factor, const T* scale, const T* bias); \
  RowSums GradientSums(const T* dy, const T* x, const T* scale, int64_t n, double mean);                 \
  void GradientRow(const T* dy, const T* x, const T* scale, T* dx, int64_t n, const RowGradient& g);     \
  void GradientColumns(const T* dy, const T* x, int64_t rows, int64_t n, const double* means,            \
                       const double* factors, double* scale_sums, double* bias_sums);                    \
  void DeviationColumns(const T* x, int64_t n, const double* means, double* sums);                       \
  void ShiftColumns(const T* x, T* y, int64_t n, const double* means, const double* factors,             \
                    const double* biases);                                                               \
  void GradientSumColumns(const T* dy, const T* x, int64_t n, const double* means, double* plain,        \
                          double* projected);                                                            \
  void GradientOfColumns(const T* dy, const T* x, T* dx, int64_t n, const double* means,                 \
                         const double* factors, const double* plain, const double* projected);
SINTER_NORM_LOOPS(float)
SINTER_NORM_LOOPS(double)
#undef SINTER_NORM_LOOPS

}  // namespace sinter
