// Convolutions of any size as matrix products over columns of window contents, image by image; images are
// split over the pool, and sums over images are made per range and added in order.
#include <algorithm>
#include <array>

#include "engine/device/cpu/gemm.h"
#include "engine/device/cpu/geometry.h"
#include "engine/device/cpu/kernels.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 1> kForward = {"Conv"};
constexpr std::array<std::string_view, 1> kInput = {"sinter.ConvGradInput"};
constexpr std::array<std::string_view, 1> kWeight = {"sinter.ConvGradWeight"};

enum class Role { kForward, kInput, kWeight };

class ConvolutionKernel final : public Kernel {
 public:
  ConvolutionKernel(const FixedWindow& window, Role role, int64_t groups)
      : window_(window), role_(role), groups_(groups) {}

  size_t WorkspaceBytes(std::span<const Tensor* const> inputs,
                        std::span<Tensor* const> outputs) const override {
    const Layout l = LayoutOf(inputs, outputs);
    const size_t ranges = static_cast<size_t>(ThreadPool::Shared().threads());
    size_t floats = static_cast<size_t>(l.cg * l.g.taps() * l.g.out());
    if (role_ == Role::kWeight) floats += static_cast<size_t>(l.weights);
    return ranges * Padded(floats) * sizeof(float);
  }

  Status Run(const KernelCall& call) override {
    const Layout l = LayoutOf(call.inputs, call.outputs);
    const size_t columns_size = Padded(static_cast<size_t>(l.cg * l.g.taps() * l.g.out()));
    const size_t stride = role_ == Role::kWeight
                              ? Padded(static_cast<size_t>(l.cg * l.g.taps() * l.g.out() + l.weights))
                              : columns_size;
    const size_t most = call.workspace.size() / (stride * sizeof(float));
    float* workspace = reinterpret_cast<float*>(call.workspace.data());
    const int ranges = std::min(call.pool->RangeCount(l.n, 1), static_cast<int>(most));
    call.pool->RunChunks(ranges, [&](int r) {
      float* columns = workspace + static_cast<size_t>(r) * stride;
      float* partial = columns + static_cast<size_t>(l.cg * l.g.taps() * l.g.out());
      if (role_ == Role::kWeight) std::fill_n(partial, l.weights, 0.0f);
      for (int64_t i = ThreadPool::RangeBegin(l.n, ranges, r); i < ThreadPool::RangeBegin(l.n, ranges, r + 1);
           ++i) {
        if (call.cancel.Cancelled()) return;
        for (int64_t group = 0; group < groups_; ++group) Image(call, l, i, group, columns, partial);
      }
    });
    if (role_ == Role::kWeight) {
      float* out = call.outputs[0]->mutable_data<float>().data();
      std::fill_n(out, l.weights, 0.0f);
      for (int r = 0; r < ranges; ++r) {
        const float* partial = workspace + static_cast<size_t>(r) * stride + l.cg * l.g.taps() * l.g.out();
        for (int64_t w = 0; w < l.weights; ++w) out[w] += partial[w];
      }
    }
    return {};
  }

 private:
  struct Layout {
    Geometry g;
    int64_t n = 0, cg = 0, mg = 0, weights = 0;
  };

  // Never nothing: there may be no channels.
  static size_t Padded(size_t floats) { return (std::max<size_t>(floats, 1) + 15) / 16 * 16; }

  // x, w, y by role: the tensors' dims say everything.
  Layout LayoutOf(std::span<const Tensor* const> inputs, std::span<Tensor* const> outputs) const {
    const Tensor& x = role_ == Role::kInput ? *outputs[0] : *inputs[role_ == Role::kForward ? 0 : 1];
    const Tensor& w = role_ == Role::kWeight ? *outputs[0] : *inputs[1];
    const Tensor& y = role_ == Role::kForward ? *outputs[0] : *inputs[0];
    Layout l;
    l.g = GeometryOf(window_, x.dims(), y.dims());
    l.n = x.dim(0);
    l.cg = w.dim(1);
    l.mg = w.dim(0) / groups_;
    l.weights = w.elements();
    return l;
  }

  void Image(const KernelCall& call, const Layout& l, int64_t i, int64_t group, float* columns,
             float* partial) const {
    const int64_t rows = l.cg * l.g.taps(), outs = l.g.out();
    const int64_t x_at = (i * groups_ + group) * l.cg * l.g.in(), y_at = (i * groups_ + group) * l.mg * outs,
                  w_at = group * l.mg * rows;
    switch (role_) {
      case Role::kForward: {
        ImageToColumns(l.g, call.inputs[0]->data<float>().data() + x_at, l.cg, columns);
        float* y = call.outputs[0]->mutable_data<float>().data() + y_at;
        const Tensor* bias = call.inputs.size() > 2 ? call.inputs[2] : nullptr;
        for (int64_t m = 0; bias != nullptr && m < l.mg; ++m)
          std::fill_n(y + m * outs, outs, bias->data<float>()[static_cast<size_t>(group * l.mg + m)]);
        GemmSerial(l.mg, outs, rows, 1, {call.inputs[1]->data<float>().data() + w_at, rows, false},
                   {columns, outs, false}, bias != nullptr ? 1.0f : 0.0f, y, outs);
        return;
      }
      case Role::kInput:
        GemmSerial(rows, outs, l.mg, 1, {call.inputs[1]->data<float>().data() + w_at, rows, true},
                   {call.inputs[0]->data<float>().data() + y_at, outs, false}, 0, columns, outs);
        ColumnsToImage(l.g, columns, l.cg, call.outputs[0]->mutable_data<float>().data() + x_at);
        return;
      case Role::kWeight:
        ImageToColumns(l.g, call.inputs[1]->data<float>().data() + x_at, l.cg, columns);
        GemmSerial(l.mg, rows, outs, 1, {call.inputs[0]->data<float>().data() + y_at, outs, false},
                   {columns, outs, true}, 1, partial + w_at, rows);
        return;
    }
  }

  FixedWindow window_;
  Role role_;
  int64_t groups_;
};

template <Role kRole>
KernelChoice Make(const KernelQuery& query) {
  for (size_t i = 0; i < 2; ++i) {
    if (query.inputs[i]->dtype != DType::kF32) return Refusal{"serves plain f32 alone"};
  }
  if (query.inputs[0]->Rank() > 4) return Refusal{"three spatial dimensions"};
  const Type& in = kRole == Role::kInput ? *query.outputs[0] : *query.inputs[kRole == Role::kForward ? 0 : 1];
  const Type& weight = kRole == Role::kWeight ? *query.outputs[0] : *query.inputs[1];
  std::vector<int64_t> kernel;
  for (size_t d = 2; d < weight.Rank(); ++d) {
    if (!weight.shape[d].IsConstant()) return Refusal{"a window whose size is not known when it is compiled"};
    kernel.push_back(*weight.shape[d].Constant());
  }
  const auto window = FixedWindows(query.node, in.shape, kernel);
  if (!window) return Refusal{window.error().message};
  return std::make_unique<ConvolutionKernel>(*window, kRole, query.node.Int("group"));
}

constexpr KernelEntry kEntries[] = {{"columns.conv", kForward, &Make<Role::kForward>},
                                    {"columns.conv_grad_input", kInput, &Make<Role::kInput>},
                                    {"columns.conv_grad_weight", kWeight, &Make<Role::kWeight>}};

}  // namespace

std::span<const KernelEntry> ConvolutionKernels() { return kEntries; }

}  // namespace sinter
