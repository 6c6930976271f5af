// Convolutions over few channels, a network's first as a rule: too little work an output for layouts in
// blocks of channels to pay for the way there and back. A picture is padded, then rows of outputs are summed
// tap by tap.
#include <algorithm>
#include <array>

#include "engine/device/cpu/direct_rows.h"
#include "engine/device/cpu/geometry.h"
#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/pool_rows.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 1> kForward = {"Conv"};

constexpr int64_t kMostChannels = 4, kMostTaps = 64;  // taps: channels times the window

class DirectConvolution final : public Kernel {
 public:
  // What is computed along with it: a Relu, then a max pool by pairs of outputs of `height` x `width`.
  struct After {
    bool relu = false, pools = false;
    int64_t height = 0, width = 0;
  };
  DirectConvolution(const FixedWindow& window, const After& after) : window_(window), after_(after) {}

  size_t followers() const override { return (after_.relu ? 1 : 0) + (after_.pools ? 1 : 0); }

  size_t WorkspaceBytes(std::span<const Tensor* const> inputs,
                        std::span<Tensor* const> outputs) const override {
    const Layout l = LayoutOf(inputs, outputs);
    return Packed(l) + static_cast<size_t>(ThreadPool::Shared().threads()) * Picture(l);
  }

  Status Run(const KernelCall& call) override {
    const Layout l = LayoutOf(call.inputs, call.outputs);
    float* packed = reinterpret_cast<float*>(call.workspace.data());
    Pack(call, l, packed);
    std::array<int64_t, kMostTaps> offsets;
    Offsets(l, offsets.data());
    const float* x = call.inputs[0]->data<float>().data();
    float* y = call.outputs[0]->mutable_data<float>().data();
    // Groups of filters of a picture, picture by picture.
    const int64_t units = l.n * l.groups;
    const int64_t grain = std::max<int64_t>(1, 2 * kGrain / std::max<int64_t>(1, l.g.out() * l.taps));
    const int ranges = std::min(call.pool->RangeCount(units, grain), ThreadPool::Shared().threads());
    call.pool->RunChunks(ranges, [&](int r) {
      float* picture =
          reinterpret_cast<float*>(call.workspace.data() + Packed(l) + static_cast<size_t>(r) * Picture(l));
      int64_t held = -1;
      for (int64_t u = ThreadPool::RangeBegin(units, ranges, r);
           u < ThreadPool::RangeBegin(units, ranges, r + 1) && !call.cancel.Cancelled(); ++u) {
        const int64_t i = u / l.groups, group = u % l.groups;
        if (i != held) Pad(l, x + i * l.c * l.g.in(), picture);
        held = i;
        const float* weights = packed + group * (l.taps + 1) * kDirectFilters;
        const int64_t first = group * kDirectFilters;
        const int64_t filters = std::min(kDirectFilters, l.m - first);
        float* out = y + (i * l.m + first) * l.planes();
        float* rows = picture + l.c * l.height * l.width;
        auto row = [&](int64_t oy, float* to, int64_t apart) {
          DirectRow(picture + oy * l.width, offsets.data(), l.taps, weights,
                    weights + l.taps * kDirectFilters, filters, l.g.ow, to, apart);
        };
        for (int64_t oy = 0; !after_.pools && oy < l.g.oh; ++oy) row(oy, out + oy * l.g.ow, l.g.out());
        for (int64_t oy = 0; after_.pools && oy < l.g.oh / 2; ++oy) {
          row(2 * oy, rows, 2 * l.g.ow);
          row(2 * oy + 1, rows + l.g.ow, 2 * l.g.ow);
          for (int64_t f = 0; f < filters; ++f) {
            const auto pool = after_.relu ? &MaxOfPairsAboveZero : &MaxOfPairs;
            pool(rows + 2 * f * l.g.ow, rows + (2 * f + 1) * l.g.ow, l.g.ow / 2,
                 out + f * l.planes() + oy * (l.g.ow / 2));
          }
        }
        if (after_.relu && !after_.pools) ReluRow(filters * l.planes(), out);  // still in the cache
      }
    });
    return {};
  }

 private:
  struct Layout {
    Geometry g;
    int64_t n = 0, c = 0, m = 0, groups = 0, taps = 0;
    int64_t width = 0, height = 0;  // of the padded picture
    bool pools = false;
    int64_t planes() const {
      return pools ? (g.oh / 2) * (g.ow / 2) : g.out();
    }  // elements of one of the result
  };

  Layout LayoutOf(std::span<const Tensor* const> inputs, std::span<Tensor* const> outputs) const {
    Layout l;
    l.g = GeometryOf(window_, inputs[0]->dims(), outputs[0]->dims());
    l.pools = after_.pools;
    if (after_.pools) {  // what the pool reads, not what it gives
      l.g.oh = after_.height;
      l.g.ow = after_.width;
    }
    l.n = inputs[0]->dim(0);
    l.c = inputs[0]->dim(1);
    l.m = inputs[1]->dim(0);
    l.groups = (l.m + kDirectFilters - 1) / kDirectFilters;
    l.taps = l.c * l.g.taps();
    l.width = l.g.ow + l.g.x.kernel - 1;
    l.height = l.g.oh + l.g.y.kernel - 1;
    return l;
  }
  static size_t Padded(int64_t floats) {
    return (static_cast<size_t>(floats) * sizeof(float) + 63) / 64 * 64;
  }
  static size_t Packed(const Layout& l) { return Padded(l.groups * (l.taps + 1) * kDirectFilters); }
  // A padded picture, and two rows of outputs for each filter, to be pooled.
  static size_t Picture(const Layout& l) {
    return Padded(l.c * l.height * l.width + (l.pools ? 2 * kDirectFilters * l.g.ow : 0));
  }

  // For each group of filters: a row of them for each tap, then their biases; zeros beyond the last filter.
  static void Pack(const KernelCall& call, const Layout& l, float* to) {
    const float* weights = call.inputs[1]->data<float>().data();
    const bool biased = call.inputs.size() > 2 && call.inputs[2] != nullptr;
    const float* bias = biased ? call.inputs[2]->data<float>().data() : nullptr;
    for (int64_t group = 0; group < l.groups; ++group) {
      for (int64_t t = 0; t <= l.taps; ++t) {
        for (int64_t f = 0; f < kDirectFilters; ++f, ++to) {
          const int64_t m = group * kDirectFilters + f;
          *to = m >= l.m ? 0.0f : t < l.taps ? weights[m * l.taps + t] : biased ? bias[m] : 0.0f;
        }
      }
    }
  }
  static void Offsets(const Layout& l, int64_t* to) {
    for (int64_t c = 0; c < l.c; ++c) {
      for (int64_t ky = 0; ky < l.g.y.kernel; ++ky) {
        for (int64_t kx = 0; kx < l.g.x.kernel; ++kx) *to++ = (c * l.height + ky) * l.width + kx;
      }
    }
  }
  static void Pad(const Layout& l, const float* x, float* to) {
    const int64_t left = l.g.x.pad_begin, kept = std::min(l.g.w, l.width - left);
    for (int64_t c = 0; c < l.c; ++c) {
      for (int64_t row = 0; row < l.height; ++row, to += l.width) {
        const int64_t iy = row - l.g.y.pad_begin;
        if (iy < 0 || iy >= l.g.h) {
          std::fill_n(to, l.width, 0.0f);
          continue;
        }
        std::fill_n(to, left, 0.0f);
        std::copy_n(x + (c * l.g.h + iy) * l.g.w, kept, to + left);
        std::fill(to + left + kept, to + l.width, 0.0f);
      }
    }
  }

  FixedWindow window_;
  After after_;
};

KernelChoice Make(const KernelQuery& query) {
  if (const char* why = NotFloat32(query)) return Refusal{why};
  if (query.inputs[0]->Rank() > 4) return Refusal{"three spatial dimensions"};
  if (query.node.Int("group") != 1) return Refusal{"channels in groups"};
  const Type& weight = *query.inputs[1];
  const auto channels = weight.shape[1].Constant();
  if (!channels || *channels > kMostChannels) return Refusal{"more than 4 channels"};
  std::vector<int64_t> kernel;
  int64_t taps = *channels;
  for (size_t d = 2; d < weight.Rank(); ++d) {
    if (!weight.shape[d].IsConstant()) return Refusal{"a window whose size is not known when it is compiled"};
    kernel.push_back(*weight.shape[d].Constant());
    taps *= kernel.back();
  }
  if (taps == 0) return Refusal{"no channels"};
  if (taps > kMostTaps) return Refusal{"more than 64 taps"};
  const auto window = FixedWindows(query.node, query.inputs[0]->shape, kernel);
  if (!window) return Refusal{window.error().message};
  for (const Window& w : {window->x, window->y}) {
    if (w.stride != 1 || w.dilation != 1) return Refusal{"windows with steps"};
    if (w.pad_begin < 0 || w.pad_end < 0) return Refusal{"negative padding"};
  }
  DirectConvolution::After after;
  after.relu = !query.followers.empty() && IsRelu(query.followers[0]);
  const size_t next = after.relu ? 1 : 0;
  const Shape& out = query.outputs[0]->shape;
  if (query.followers.size() > next && PoolsPairs(query.followers[next]) && out.size() == 4 &&
      out[2].IsConstant() && out[3].IsConstant()) {
    after.pools = true;
    after.height = *out[2].Constant();
    after.width = *out[3].Constant();
  }
  return std::make_unique<DirectConvolution>(*window, after);
}

constexpr KernelEntry kEntries[] = {{"direct.conv", kForward, &Make}};

}  // namespace

std::span<const KernelEntry> DirectConvolutionKernels() { return kEntries; }

}  // namespace sinter
