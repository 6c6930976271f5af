// Single-precision matrix products by oneDNN, one thread each; our pool splits the work.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"

namespace sinter {

// A matrix as a product reads it: `transposed` says that element (r, c) stands at data[c * stride + r].
struct MatrixView {
  const float* data = nullptr;
  int64_t stride = 0;
  bool transposed = false;
};

// c[m, n] (row stride `c_stride`) = alpha a[m, k] b[k, n] + beta c, on this thread.
void GemmSerial(int64_t m, int64_t n, int64_t k, float alpha, MatrixView a, MatrixView b, float beta,
                float* c, int64_t c_stride);

// The same, split over the pool by rows, or by columns where there are more of them. The split, and so the
// bits, depend on the sizes and the number of threads alone.
void Gemm(ThreadPool& pool, int64_t m, int64_t n, int64_t k, float alpha, MatrixView a, MatrixView b,
          float beta, float* c, int64_t c_stride);

// oneDNN runs OpenMP threads of its own unless told otherwise, by each thread that calls it.
void UseOneThreadInOneDnn();

}  // namespace sinter
