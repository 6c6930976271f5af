// LayerNormalization and its gradient: a row at a time, which stays in the cache between its passes.
#include <algorithm>
#include <array>
#include <cmath>

#include "engine/device/cpu/fold_loops.h"
#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/norm_loops.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 1> kForward = {"LayerNormalization"};
constexpr std::array<std::string_view, 1> kGradient = {"sinter.LayerNormGrad"};

struct RowStatistics {
  double mean, inverse;
};

template <class T>
RowStatistics StatisticsOf(const T* x, int64_t n, double epsilon) {
  const double count = static_cast<double>(n);
  const double mean = FoldRow(SumFold(), x, n) / count;
  return {mean, 1 / std::sqrt(SquaredDeviations(x, n, mean) / count + epsilon)};
}

struct Rows {
  int64_t count = 0, length = 1;
  int64_t grain() const { return std::max<int64_t>(1, kGrain / 4 / std::max<int64_t>(1, length)); }
};

Rows RowsOf(const Dims& dims, size_t axis) {
  Rows rows{0, Product(dims, axis, dims.size())};
  if (rows.length > 0) rows.count = Product(dims, 0, axis);
  return rows;
}

template <class T>
class LayerNormKernel final : public Kernel {
 public:
  LayerNormKernel(size_t axis, double epsilon) : axis_(axis), epsilon_(epsilon) {}
  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    const Rows rows = RowsOf(in.dims(), axis_);
    const T* x = in.data<T>().data();
    T* y = call.outputs[0]->mutable_data<T>().data();
    const bool biased = call.inputs.size() > 2 && call.inputs[2] != nullptr;
    const T* scale = call.inputs[1]->data<T>().data();
    const T* bias = biased ? call.inputs[2]->data<T>().data() : nullptr;
    std::array<T*, 2> kept{};
    for (size_t k = 1; k < call.outputs.size(); ++k) {
      if (call.outputs[k] != nullptr) kept[k - 1] = call.outputs[k]->mutable_data<T>().data();
    }
    call.pool->ParallelFor(rows.count, rows.grain(), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const RowStatistics s = StatisticsOf(x + r * rows.length, rows.length, epsilon_);
        ScaleRow(x + r * rows.length, y + r * rows.length, rows.length, s.mean, s.inverse, scale, bias);
        if (kept[0] != nullptr) kept[0][r] = static_cast<T>(s.mean);
        if (kept[1] != nullptr) kept[1][r] = static_cast<T>(s.inverse);
      }
    });
    return {};
  }

 private:
  size_t axis_;
  double epsilon_;
};

// Sums over rows are made per range and added in order.
template <class T>
class LayerNormGradKernel final : public Kernel {
 public:
  LayerNormGradKernel(size_t axis, double epsilon) : axis_(axis), epsilon_(epsilon) {}
  size_t WorkspaceBytes(std::span<const Tensor* const> inputs, std::span<Tensor* const>) const override {
    const Rows rows = RowsOf(inputs[1]->dims(), axis_);
    return static_cast<size_t>(ThreadPool::Shared().threads() * 2 * rows.length) * sizeof(double);
  }
  Status Run(const KernelCall& call) override {
    const Rows rows = RowsOf(call.inputs[1]->dims(), axis_);
    double* sums = reinterpret_cast<double*>(call.workspace.data());
    const int64_t blocks = (rows.count + kGradientRows - 1) / kGradientRows;
    const int64_t grain = std::max<int64_t>(1, rows.grain() / kGradientRows);
    const int ranges = std::min(call.pool->RangeCount(blocks, grain), ThreadPool::Shared().threads());
    call.pool->RunChunks(ranges, [&](int r) {
      double* own = sums + r * 2 * rows.length;
      std::fill_n(own, 2 * rows.length, 0.0);
      for (int64_t b = ThreadPool::RangeBegin(blocks, ranges, r);
           b < ThreadPool::RangeBegin(blocks, ranges, r + 1); ++b) {
        const int64_t first = b * kGradientRows;
        Block(call, rows, first, std::min(kGradientRows, rows.count - first), own);
      }
    });
    for (size_t k = 1; k < call.outputs.size(); ++k) {
      if (call.outputs[k] == nullptr) continue;
      T* out = call.outputs[k]->mutable_data<T>().data();
      const double* part = sums + static_cast<int64_t>(k - 1) * rows.length;
      for (int64_t i = 0; i < call.outputs[k]->elements(); ++i) {
        double sum = 0;
        for (int r = 0; r < ranges; ++r) sum += part[r * 2 * rows.length + i];
        out[i] = static_cast<T>(sum);
      }
    }
    return {};
  }

 private:
  void Block(const KernelCall& call, const Rows& rows, int64_t first, int64_t count, double* sums) const {
    const int64_t n = rows.length, at = first * n;
    const T* dy = call.inputs[0]->data<T>().data() + at;
    const T* x = call.inputs[1]->data<T>().data() + at;
    const T* scale = call.inputs[2]->data<T>().data();
    std::array<double, kGradientRows> means{}, inverses{};
    for (int64_t r = 0; r < count; ++r) {
      const RowStatistics s = StatisticsOf(x + r * n, n, epsilon_);
      means[static_cast<size_t>(r)] = s.mean;
      inverses[static_cast<size_t>(r)] = s.inverse;
      if (call.outputs[0] == nullptr) continue;
      const RowSums h = GradientSums(dy + r * n, x + r * n, scale, n, s.mean);
      const double length = static_cast<double>(n);
      GradientRow(dy + r * n, x + r * n, scale, call.outputs[0]->mutable_data<T>().data() + at + r * n, n,
                  {s.mean, s.inverse, h.plain / length, h.projected / length * s.inverse * s.inverse});
    }
    GradientColumns(dy, x, count, n, means.data(), inverses.data(), sums, sums + n);
  }

  size_t axis_;
  double epsilon_;
};

// Whether the last dims of `type`, without leading ones, are those of `in` from the axis on.
bool Covers(const Type& type, const Shape& in, size_t axis) {
  size_t skip = 0;
  while (type.Rank() - skip > in.size() - axis && type.shape[skip] == Dim(1)) ++skip;
  return type.Rank() - skip == in.size() - axis &&
         std::equal(in.begin() + static_cast<ptrdiff_t>(axis), in.end(),
                    type.shape.begin() + static_cast<ptrdiff_t>(skip));
}

template <template <class> class K, bool kGrad>
KernelChoice Make(const KernelQuery& query) {
  const Type& in = *query.inputs[kGrad ? 1 : 0];
  const size_t scale = kGrad ? 2 : 1;
  const auto axis = query.node.Axis("axis", in.Rank());
  if (!axis) return Refusal{axis.error().message};
  for (size_t i = scale; i < query.inputs.size(); ++i) {
    if (query.inputs[i] != nullptr && !Covers(*query.inputs[i], in.shape, static_cast<size_t>(*axis)))
      return Refusal{"the scale or the bias is broadcast over the normalised dimensions"};
  }
  const double epsilon = query.node.Float("epsilon");
  if (in.dtype == DType::kF32) return std::make_unique<K<float>>(static_cast<size_t>(*axis), epsilon);
  if (in.dtype == DType::kF64) return std::make_unique<K<double>>(static_cast<size_t>(*axis), epsilon);
  return Refusal{"serves f32 and f64 alone"};
}

constexpr KernelEntry kEntries[] = {{"loops.layer_norm", kForward, &Make<LayerNormKernel, false>},
                                    {"loops.layer_norm_grad", kGradient, &Make<LayerNormGradKernel, true>}};

}  // namespace

std::span<const KernelEntry> LayerNormKernels() { return kEntries; }

}  // namespace sinter
