// Pools over planes, each on its own.
#include <algorithm>
#include <array>
#include <cmath>

#include "engine/device/cpu/geometry.h"
#include "engine/device/cpu/kernels.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 1> kMax = {"MaxPool"};
constexpr std::array<std::string_view, 1> kMaxGrad = {"sinter.MaxPoolGrad"};

// The place of the first largest element of the window at (oy, ox), or -1 for a window of padding alone.
int64_t Largest(const Geometry& g, const float* plane, int64_t oy, int64_t ox) {
  int64_t best = -1;
  for (int64_t ky = 0; ky < g.y.kernel; ++ky) {
    const int64_t iy = oy * g.y.stride + ky * g.y.dilation - g.y.pad_begin;
    if (iy < 0 || iy >= g.h) continue;
    for (int64_t kx = 0; kx < g.x.kernel; ++kx) {
      const int64_t ix = ox * g.x.stride + kx * g.x.dilation - g.x.pad_begin;
      if (ix < 0 || ix >= g.w) continue;
      const int64_t at = iy * g.w + ix;
      if (best < 0 || plane[at] > plane[best]) best = at;
    }
  }
  return best;
}

class MaxPoolKernel final : public Kernel {
 public:
  MaxPoolKernel(const FixedWindow& window, bool gradient) : window_(window), gradient_(gradient) {}

  Status Run(const KernelCall& call) override {
    const Tensor& x = *call.inputs[gradient_ ? 1 : 0];
    const Tensor& pooled = gradient_ ? *call.inputs[0] : *call.outputs[0];
    const Geometry g = GeometryOf(window_, x.dims(), pooled.dims());
    const int64_t planes = x.dim(0) * x.dim(1);
    const int64_t grain = std::max<int64_t>(1, kGrain / std::max<int64_t>(1, g.out() * g.taps()));
    call.pool->ParallelFor(planes, grain, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end && !call.cancel.Cancelled(); ++p) {
        const float* plane = x.data<float>().data() + p * g.in();
        float* out = call.outputs[0]->mutable_data<float>().data() + p * (gradient_ ? g.in() : g.out());
        if (gradient_)
          Scatter(g, plane, call.inputs[0]->data<float>().data() + p * g.out(), out);
        else
          Pick(g, plane, out);
      }
    });
    return {};
  }

 private:
  static void Pick(const Geometry& g, const float* plane, float* out) {
    for (int64_t oy = 0; oy < g.oh; ++oy) {
      for (int64_t ox = 0; ox < g.ow; ++ox) {
        const int64_t best = Largest(g, plane, oy, ox);
        *out++ = best < 0 ? -INFINITY : plane[best];
      }
    }
  }
  static void Scatter(const Geometry& g, const float* plane, const float* gradient, float* out) {
    std::fill_n(out, g.in(), 0.0f);
    for (int64_t oy = 0; oy < g.oh; ++oy) {
      for (int64_t ox = 0; ox < g.ow; ++ox, ++gradient) {
        const int64_t best = Largest(g, plane, oy, ox);
        if (best >= 0) out[best] += *gradient;
      }
    }
  }

  FixedWindow window_;
  bool gradient_;
};

template <bool kGradient>
KernelChoice Make(const KernelQuery& query) {
  if (query.inputs[0]->dtype != DType::kF32) return Refusal{"serves plain f32 alone"};
  if (query.inputs[0]->Rank() > 4) return Refusal{"three spatial dimensions"};
  if (!kGradient && query.outputs.size() > 1 && query.outputs[1] != nullptr)
    return Refusal{"the places of the largest are asked for"};
  const Shape& in = query.inputs[kGradient ? 1 : 0]->shape;
  const auto window = FixedWindows(query.node, in, query.node.Ints("kernel_shape"));
  if (!window) return Refusal{window.error().message};
  return std::make_unique<MaxPoolKernel>(*window, kGradient);
}

constexpr KernelEntry kEntries[] = {{"loops.max_pool", kMax, &Make<false>},
                                    {"loops.max_pool_grad", kMaxGrad, &Make<true>}};

}  // namespace

std::span<const KernelEntry> PoolingKernels() { return kEntries; }

}  // namespace sinter
