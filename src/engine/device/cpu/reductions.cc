// Sums and means over axes, read once in memory order.
#include <algorithm>
#include <array>

#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/loops.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 3> kOps = {"ReduceSum", "ReduceMean", "ReduceSumSquare"};

// Seen as [outer, reduced, inner] or as one of the two patterns that gradients of biases need.
class ReduceKernel final : public Kernel {
 public:
  ReduceKernel(const NodeView& node, std::vector<bool> reduced)
      : squares_(node.node().op == "ReduceSumSquare"),
        mean_(node.node().op == "ReduceMean"),
        reduced_(std::move(reduced)) {}

  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    const float* x = in.data<float>().data();
    float* y = call.outputs[0]->mutable_data<float>().data();
    const int64_t outs = call.outputs[0]->elements();
    // The dims fold into alternating kept and reduced groups: [r0] k0 r1 k1, of which these are the sizes.
    int64_t size[4] = {1, 1, 1, 1};
    int group = 0;
    for (size_t d = 0; d < reduced_.size(); ++d) {
      if (in.dims()[d] == 1) continue;
      while ((group % 2 == 0) != reduced_[d]) ++group;
      size[group] *= in.dims()[d];
    }
    const int64_t r0 = size[0], k0 = size[1], r1 = size[2], k1 = size[3];
    const float scale =
        mean_ && outs > 0 ? static_cast<float>(outs) / static_cast<float>(std::max<int64_t>(1, in.elements()))
                          : 1.0f;
    if (k1 == 1) {
      call.pool->ParallelFor(k0, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, r0 * r1)),
                             [&](int64_t begin, int64_t end) {
                               for (int64_t k = begin; k < end; ++k) {
                                 double sum = 0;
                                 for (int64_t r = 0; r < r0; ++r) sum += Row(x + (r * k0 + k) * r1, r1);
                                 y[k] = static_cast<float>(sum) * scale;
                               }
                             });
      return {};
    }
    std::fill_n(y, outs, 0.0f);
    for (int64_t r = 0; r < r0; ++r) {
      for (int64_t k = 0; k < k0; ++k) {
        for (int64_t q = 0; q < r1; ++q) AddRow(x + ((r * k0 + k) * r1 + q) * k1, y + k * k1, k1);
      }
    }
    for (int64_t i = 0; mean_ && i < outs; ++i) y[i] *= scale;
    return {};
  }

 private:
  double Row(const float* x, int64_t n) const { return squares_ ? SumSquares(x, n) : Sum(x, n); }
  void AddRow(const float* x, float* y, int64_t n) const {
    if (!squares_) return AddTo(x, y, n);
    for (int64_t i = 0; i < n; ++i) y[i] += x[i] * x[i];
  }

  bool squares_, mean_;
  std::vector<bool> reduced_;
};

KernelChoice Make(const KernelQuery& query) {
  if (query.inputs[0]->dtype != DType::kF32) return Refusal{"serves plain f32 alone"};
  const size_t rank = query.inputs[0]->Rank();
  const bool given = query.inputs.size() > 1 && query.inputs[1] != nullptr;
  if (given && query.constants[1] == nullptr) return Refusal{"the axes are no constant"};
  const std::vector<int64_t> axes = given ? query.constants[1]->ToInts() : std::vector<int64_t>{};
  const bool all = axes.empty() && query.node.Int("noop_with_empty_axes") == 0;
  std::vector<bool> reduced(rank, all);
  for (int64_t axis : axes)
    reduced[static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis)] = true;
  int groups = 0;
  for (size_t d = 0; d < rank; ++d) groups += d == 0 ? !reduced[0] : reduced[d] != reduced[d - 1];
  if (groups > 3) return Refusal{"axes alternate more than twice"};
  return std::make_unique<ReduceKernel>(query.node, std::move(reduced));
}

constexpr KernelEntry kEntries[] = {{"loops.reduce", kOps, &Make}};

}  // namespace

std::span<const KernelEntry> ReductionKernels() { return kEntries; }

}  // namespace sinter
