// Average pools over planes and their gradient, a row of windows at a time; means over whole planes.
#include <algorithm>
#include <array>

#include "engine/device/cpu/fold_loops.h"
#include "engine/device/cpu/geometry.h"
#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/pool_rows.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 1> kAverage = {"AveragePool"};
constexpr std::array<std::string_view, 1> kAverageGrad = {"sinter.AveragePoolGrad"};
constexpr std::array<std::string_view, 1> kGlobal = {"GlobalAveragePool"};

// How many taps of output o's window count along one axis.
int64_t TapsOf(const Window& w, int64_t o, int64_t size, bool padding_counts) {
  const int64_t start = o * w.stride - w.pad_begin;
  const int64_t low = padding_counts ? -w.pad_begin : 0, high = size + (padding_counts ? w.pad_end : 0);
  int64_t taps = 0;
  for (int64_t k = 0; k < w.kernel; ++k) {
    const int64_t at = start + k * w.dilation;
    taps += at >= low && at < high;
  }
  return taps;
}

class AveragePoolKernel final : public Kernel {
 public:
  AveragePoolKernel(const FixedWindow& window, bool gradient, bool padding_counts)
      : window_(window), gradient_(gradient), padding_counts_(padding_counts) {}

  // For each range the number of taps along a row, and a row of shares.
  size_t WorkspaceBytes(std::span<const Tensor* const> inputs,
                        std::span<Tensor* const> outputs) const override {
    const int64_t row = (gradient_ ? inputs[0] : outputs[0])->dims().back();
    return static_cast<size_t>(ThreadPool::Shared().threads()) * RangeBytes(row);
  }

  Status Run(const KernelCall& call) override {
    const Tensor& x = gradient_ ? *call.outputs[0] : *call.inputs[0];
    const Tensor& pooled = gradient_ ? *call.inputs[0] : *call.outputs[0];
    const Geometry g = GeometryOf(window_, x.dims(), pooled.dims());
    const int64_t planes = x.dim(0) * x.dim(1);
    const int64_t grain = std::max<int64_t>(1, kGrain / std::max<int64_t>(1, g.out() * g.taps()));
    const int ranges = std::min(call.pool->RangeCount(planes, grain), ThreadPool::Shared().threads());
    call.pool->RunChunks(ranges, [&](int r) {
      float* taps =
          reinterpret_cast<float*>(call.workspace.data() + static_cast<size_t>(r) * RangeBytes(g.ow));
      for (int64_t o = 0; o < g.ow; ++o) taps[o] = static_cast<float>(TapsOf(g.x, o, g.w, padding_counts_));
      for (int64_t p = ThreadPool::RangeBegin(planes, ranges, r);
           p < ThreadPool::RangeBegin(planes, ranges, r + 1) && !call.cancel.Cancelled(); ++p) {
        if (gradient_)
          Spread(g, pooled.data<float>().data() + p * g.out(), taps, taps + g.ow,
                 x.mutable_data<float>().data() + p * g.in());
        else
          Average(g, x.data<float>().data() + p * g.in(), taps,
                  pooled.mutable_data<float>().data() + p * g.out());
      }
    });
    return {};
  }

 private:
  static size_t RangeBytes(int64_t row) {
    return (static_cast<size_t>(2 * row) * sizeof(float) + 63) / 64 * 64;
  }

  void Average(const Geometry& g, const float* plane, const float* taps, float* out) const {
    for (int64_t oy = 0; oy < g.oh; ++oy, out += g.ow) {
      std::fill_n(out, g.ow, 0.0f);
      ForEachTap(g, oy, [&](int32_t, int64_t row, int64_t shift, int64_t begin, int64_t end) {
        SumOfTap(plane + row, g.x.stride, shift, begin, end, out);
      });
      ShareRow(out, taps, static_cast<float>(TapsOf(g.y, oy, g.h, padding_counts_)), g.ow, out);
    }
  }
  // `share`: room for a row of outputs.
  void Spread(const Geometry& g, const float* gradient, const float* taps, float* share, float* plane) const {
    std::fill_n(plane, g.in(), 0.0f);
    for (int64_t oy = 0; oy < g.oh; ++oy, gradient += g.ow) {
      ShareRow(gradient, taps, static_cast<float>(TapsOf(g.y, oy, g.h, padding_counts_)), g.ow, share);
      ForEachTap(g, oy, [&](int32_t, int64_t row, int64_t shift, int64_t begin, int64_t end) {
        SpreadTap(share, g.x.stride, shift, begin, end, plane + row);
      });
    }
  }

  FixedWindow window_;
  bool gradient_, padding_counts_;
};

template <bool kGradient>
KernelChoice Make(const KernelQuery& query) {
  if (query.inputs[0]->dtype != DType::kF32) return Refusal{"serves plain f32 alone"};
  if (query.inputs[0]->Rank() > 4) return Refusal{"three spatial dimensions"};
  const Shape& in = (kGradient ? query.outputs[0] : query.inputs[0])->shape;
  const auto window = FixedWindows(query.node, in, query.node.Ints("kernel_shape"));
  if (!window) return Refusal{window.error().message};
  return std::make_unique<AveragePoolKernel>(*window, kGradient, query.node.Int("count_include_pad") != 0);
}

template <class T>
class GlobalAverageKernel final : public Kernel {
 public:
  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    const int64_t area = Product(in.dims(), 2, in.rank());
    const T* x = in.data<T>().data();
    T* y = call.outputs[0]->mutable_data<T>().data();
    call.pool->ParallelFor(
        call.outputs[0]->elements(), std::max<int64_t>(1, kGrain / std::max<int64_t>(1, area)),
        [&](int64_t begin, int64_t end) {
          for (int64_t p = begin; p < end; ++p) {
            y[p] = static_cast<T>(FoldRow(SumFold(), x + p * area, area) / static_cast<double>(area));
          }
        });
    return {};
  }
};

KernelChoice MakeGlobal(const KernelQuery& query) {
  if (query.inputs[0]->dtype == DType::kF32) return std::make_unique<GlobalAverageKernel<float>>();
  if (query.inputs[0]->dtype == DType::kF64) return std::make_unique<GlobalAverageKernel<double>>();
  return Refusal{"serves f32 and f64 alone"};
}

constexpr KernelEntry kEntries[] = {{"loops.average_pool", kAverage, &Make<false>},
                                    {"loops.average_pool_grad", kAverageGrad, &Make<true>},
                                    {"loops.global_average_pool", kGlobal, &MakeGlobal}};

}  // namespace

std::span<const KernelEntry> AveragePoolingKernels() { return kEntries; }

}  // namespace sinter
