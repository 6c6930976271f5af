// Walks over several tensors at once by rows, each with strides of its own; nothing is allocated. For cpu's
// own files.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "base/thread_pool.h"
#include "engine/device/cpu/kernels.h"

namespace sinter {

inline constexpr size_t kMostDims = 8;  // of the tensors that strided kernels serve

// K operands over the same index space. Axes are added outermost first; neighbours that are contiguous in all
// operands become one, so that the innermost is as long as it can be.
template <size_t K>
class StridedLoop {
 public:
  using Offsets = std::array<int64_t, K>;

  // `strides` in elements; 0 repeats an operand.
  void Add(int64_t dim, const Offsets& strides) {
    if (dim == 1) return;
    if (axes_ > 0) {
      bool joins = true;
      for (size_t k = 0; k < K; ++k) joins &= strides_[axes_ - 1][k] == dim * strides[k];
      if (joins) {
        dims_[axes_ - 1] *= dim;
        strides_[axes_ - 1] = strides;
        return;
      }
    }
    dims_[axes_] = dim;
    strides_[axes_++] = strides;
  }

  int64_t length() const { return axes_ == 0 ? 1 : dims_[axes_ - 1]; }
  int64_t rows() const {
    int64_t rows = 1;
    for (size_t d = 0; d + 1 < axes_; ++d) rows *= dims_[d];
    return rows;
  }
  // Of operand k from one element of a row to the next.
  int64_t stride(size_t k) const { return axes_ == 0 ? 0 : strides_[axes_ - 1][k]; }

  // Calls run(offsets, n) for pieces of rows, split over the pool; `cost` scales the work of an element.
  template <class F>
  void Run(ThreadPool& pool, F&& run, int64_t cost = 1) const {
    const int64_t n = length(), all = rows();
    if (n == 0 || all == 0) return;
    const int64_t most = std::max<int64_t>(64, kGrain / cost);
    const int64_t pieces = (n + most - 1) / most;
    pool.ParallelFor(all * pieces, std::max<int64_t>(1, most / std::min(n, most)),
                     [&](int64_t begin, int64_t end) { RunPieces(begin, end, pieces, most, run); });
  }

 private:
  template <class F>
  void RunPieces(int64_t begin, int64_t end, int64_t pieces, int64_t most, F&& run) const {
    const size_t outer = axes_ == 0 ? 0 : axes_ - 1;
    std::array<int64_t, 2 * kMostDims> index{};
    Offsets at{};
    int64_t rest = begin / pieces, piece = begin % pieces;
    for (size_t d = outer; d-- > 0;) {
      index[d] = rest % dims_[d];
      rest /= dims_[d];
      for (size_t k = 0; k < K; ++k) at[k] += index[d] * strides_[d][k];
    }
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = piece * most;
      Offsets here = at;
      for (size_t k = 0; k < K; ++k) here[k] += first * stride(k);
      run(here, std::min(most, length() - first));
      if (++piece < pieces) continue;
      piece = 0;
      for (size_t d = outer; d-- > 0;) {
        for (size_t k = 0; k < K; ++k) at[k] += strides_[d][k];
        if (++index[d] < dims_[d]) break;
        for (size_t k = 0; k < K; ++k) at[k] -= strides_[d][k] * dims_[d];
        index[d] = 0;
      }
    }
  }

  size_t axes_ = 0;
  std::array<int64_t, 2 * kMostDims> dims_{};
  std::array<Offsets, 2 * kMostDims> strides_{};
};

// The strides of a row-major tensor broadcast to `out`, for operand k of a loop over `out`'s dims.
inline void BroadcastStrides(std::span<const int64_t> dims, std::span<const int64_t> out, int64_t* strides) {
  int64_t stride = 1;
  std::fill_n(strides, out.size(), 0);
  for (size_t i = dims.size(); i-- > 0;) {
    if (dims[i] != 1) strides[out.size() - dims.size() + i] = stride;
    stride *= dims[i];
  }
}

// A loop over `out` and inputs broadcast to it; operand K - 1 is the output.
template <size_t K>
StridedLoop<K> BroadcastLoop(const Dims& out, const std::array<const Dims*, K - 1>& inputs) {
  std::array<std::array<int64_t, kMostDims>, K> strides;
  for (size_t k = 0; k + 1 < K; ++k) BroadcastStrides(*inputs[k], out, strides[k].data());
  int64_t stride = 1;
  for (size_t d = out.size(); d-- > 0; stride *= out[d]) strides[K - 1][d] = stride;
  StridedLoop<K> loop;
  for (size_t d = 0; d < out.size(); ++d) {
    typename StridedLoop<K>::Offsets step;
    for (size_t k = 0; k < K; ++k) step[k] = strides[k][d];
    loop.Add(out[d], step);
  }
  return loop;
}

// Null when all inputs and outputs are plain and of at most kMostDims dimensions, else why not.
inline const char* NotStrided(const KernelQuery& query) {
  for (const auto* list : {&query.inputs, &query.outputs}) {
    for (const Type* type : *list) {
      if (type == nullptr) continue;
      if (!type->encoding.IsPlain() || type->dtype == DType::kString) return "serves plain tensors alone";
      if (type->Rank() > kMostDims) return "more than 8 dimensions";
    }
  }
  return nullptr;
}

}  // namespace sinter
