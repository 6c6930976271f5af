// Rows of softmax, compiled for several instruction sets; f32 with our own exp, f64 with the C library's.
#pragma once

#include <cstdint>

namespace sinter {

struct LogSum {
  double most = 0;  // the largest element
  double log = 0;   // log(sum(exp(x - most)))
};

// LogSumOf: of a row.
// SoftmaxRow: y = exp(x) / sum(exp(x)). LogSoftmaxRow: its logarithm. Of n > 0 elements.
// CrossEntropyGradientRow: dx[i] = factor (softmax(x)[i] - (i == label)).
#define SINTER_SOFTMAX_LOOPS(T)                    \
  LogSum LogSumOf(const T* x, int64_t n);          \
  void SoftmaxRow(const T* x, T* y, int64_t n);    \
  void LogSoftmaxRow(const T* x, T* y, int64_t n); \
  void CrossEntropyGradientRow(const T* x, T* dx, int64_t n, int64_t label, T factor);
SINTER_SOFTMAX_LOOPS(float)
SINTER_SOFTMAX_LOOPS(double)
#undef SINTER_SOFTMAX_LOOPS

}  // namespace sinter
