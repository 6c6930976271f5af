// Pools over planes, each on its own.
#include <algorithm>
#include <array>
#include <limits>

#include "engine/device/cpu/geometry.h"
#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/pool_rows.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 1> kMax = {"MaxPool"};
constexpr std::array<std::string_view, 1> kMaxGrad = {"sinter.MaxPoolGrad"};

class MaxPoolKernel final : public Kernel {
 public:
  MaxPoolKernel(const FixedWindow& window, bool gradient) : window_(window), gradient_(gradient) {}

  size_t WorkspaceBytes(std::span<const Tensor* const> inputs, std::span<Tensor* const>) const override {
    if (!gradient_) return 0;
    const size_t row = static_cast<size_t>(Padded(inputs[0]->dims().back())) * 2 * sizeof(float);
    return static_cast<size_t>(ThreadPool::Shared().threads()) * row;
  }

  Status Run(const KernelCall& call) override {
    const Tensor& x = *call.inputs[gradient_ ? 1 : 0];
    const Tensor& pooled = gradient_ ? *call.inputs[0] : *call.outputs[0];
    const Geometry g = GeometryOf(window_, x.dims(), pooled.dims());
    const int64_t planes = x.dim(0) * x.dim(1);
    const int64_t grain = std::max<int64_t>(1, kGrain / std::max<int64_t>(1, g.out() * g.taps()));
    const int ranges = std::min(call.pool->RangeCount(planes, grain), ThreadPool::Shared().threads());
    call.pool->RunChunks(ranges, [&](int r) {
      float* best = reinterpret_cast<float*>(call.workspace.data()) + r * 2 * Padded(g.ow);
      int32_t* place = reinterpret_cast<int32_t*>(best + Padded(g.ow));
      for (int64_t p = ThreadPool::RangeBegin(planes, ranges, r);
           p < ThreadPool::RangeBegin(planes, ranges, r + 1) && !call.cancel.Cancelled(); ++p) {
        const float* plane = x.data<float>().data() + p * g.in();
        float* out = call.outputs[0]->mutable_data<float>().data() + p * (gradient_ ? g.in() : g.out());
        if (gradient_)
          Scatter(g, plane, call.inputs[0]->data<float>().data() + p * g.out(), out, best, place);
        else
          Pick(g, plane, out);
      }
    });
    return {};
  }

 private:
  static int64_t Padded(int64_t n) { return (n + 15) / 16 * 16; }
  // Windows of 2 x 2, two apart, without padding.
  static bool Pairs(const Geometry& g) {
    auto pair = [](const Window& w) {
      return w.kernel == 2 && w.stride == 2 && w.dilation == 1 && w.pad_begin == 0;
    };
    return pair(g.x) && pair(g.y) && 2 * g.ow <= g.w && 2 * g.oh <= g.h;
  }

  static void Pick(const Geometry& g, const float* plane, float* out) {
    if (Pairs(g)) {
      for (int64_t oy = 0; oy < g.oh; ++oy, out += g.ow)
        MaxOfPairs(plane + 2 * oy * g.w, plane + (2 * oy + 1) * g.w, g.ow, out);
      return;
    }
    std::fill_n(out, g.out(), -std::numeric_limits<float>::infinity());
    for (int64_t oy = 0; oy < g.oh; ++oy, out += g.ow) {
      ForEachTap(g, oy, [&](int32_t, int64_t row, int64_t shift, int64_t begin, int64_t end) {
        MaxOfTap(plane + row, g.x.stride, shift, begin, end, out);
      });
    }
  }
  // `best` and `place`: room for a row of outputs.
  static void Scatter(const Geometry& g, const float* plane, const float* gradient, float* out, float* best,
                      int32_t* place) {
    const bool pairs = Pairs(g);
    if (!pairs || g.w % 2 != 0 || g.h % 2 != 0) std::fill_n(out, g.in(), 0.0f);
    for (int64_t oy = 0; pairs && oy < g.oh; ++oy, gradient += g.ow) {
      const int64_t upper = 2 * oy * g.w, lower = upper + g.w;
      SpreadOverPairs(plane + upper, plane + lower, gradient, g.ow, out + upper, out + lower);
    }
    for (int64_t oy = 0; !pairs && oy < g.oh; ++oy, gradient += g.ow) {
      std::fill_n(best, g.ow, 0.0f);
      std::fill_n(place, g.ow, -1);
      ForEachTap(g, oy, [&](int32_t tap, int64_t row, int64_t shift, int64_t begin, int64_t end) {
        MaxOfTapNoted(plane + row, g.x.stride, shift, begin, end, tap, best, place);
      });
      ForEachTap(g, oy, [&](int32_t tap, int64_t row, int64_t shift, int64_t begin, int64_t end) {
        ScatterTap(gradient, place, tap, g.x.stride, shift, begin, end, out + row);
      });
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

bool PoolsPairs(const Follower& follower) {
  const NodeView& node = follower.node;
  if (node.node().op != "MaxPool" || node.node().outputs.size() != 1 || follower.output->Rank() != 4)
    return false;
  auto all = [&](std::string_view attribute, int64_t value) {
    return std::ranges::all_of(node.Ints(attribute), [&](int64_t v) { return v == value; });
  };
  return node.Ints("kernel_shape") == std::vector<int64_t>{2, 2} &&
         node.Ints("strides") == std::vector<int64_t>{2, 2} && all("pads", 0) && all("dilations", 1) &&
         node.Int("ceil_mode") == 0 && node.String("auto_pad") != "SAME_UPPER" &&
         node.String("auto_pad") != "SAME_LOWER";
}

std::span<const KernelEntry> PoolingKernels() { return kEntries; }

}  // namespace sinter
