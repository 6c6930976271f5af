#include "engine/device/cpu/gemm.h"

#include <dlfcn.h>
#include <dnnl.h>

#include <algorithm>

#include "base/result.h"

namespace sinter {

void UseOneThreadInOneDnn() {
  thread_local const bool done = [] {
    // Debian's oneDNN brings libgomp along; nothing else of ours needs it.
    using SetThreads = void (*)(int);
    const auto set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
    if (set != nullptr) set(1);
    return true;
  }();
  (void)done;
}

void GemmSerial(int64_t m, int64_t n, int64_t k, float alpha, MatrixView a, MatrixView b, float beta,
                float* c, int64_t c_stride) {
  if (m == 0 || n == 0) return;
  if (k == 0) {  // which the library leaves as it was
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) c[i * c_stride + j] = beta == 0 ? 0 : beta * c[i * c_stride + j];
    }
    return;
  }
  UseOneThreadInOneDnn();
  const dnnl_status_t status =
      dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', m, n, k, alpha, a.data,
                 std::max<int64_t>(a.stride, 1), b.data, std::max<int64_t>(b.stride, 1), beta, c, c_stride);
  SINTER_CHECK(status == dnnl_success);  // sizes and strides are ours
}

void Gemm(ThreadPool& pool, int64_t m, int64_t n, int64_t k, float alpha, MatrixView a, MatrixView b,
          float beta, float* c, int64_t c_stride) {
  // Sixteen rows fill a vector register of outputs; a quarter of a million products pay for waking a thread.
  const int64_t per_line = std::max<int64_t>(1, k * (m >= n ? n : m));
  const int64_t grain = std::max<int64_t>(16, (int64_t{1} << 18) / per_line);
  if (m >= n) {
    pool.ParallelFor(m, grain, [&](int64_t begin, int64_t end) {
      const MatrixView rows{a.data + (a.transposed ? begin : begin * a.stride), a.stride, a.transposed};
      GemmSerial(end - begin, n, k, alpha, rows, b, beta, c + begin * c_stride, c_stride);
    });
  } else {
    pool.ParallelFor(n, grain, [&](int64_t begin, int64_t end) {
      const MatrixView columns{b.data + (b.transposed ? begin * b.stride : begin), b.stride, b.transposed};
      GemmSerial(m, end - begin, k, alpha, a, columns, beta, c + begin, c_stride);
    });
  }
}

}  // namespace sinter
