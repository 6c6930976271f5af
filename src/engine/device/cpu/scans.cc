// Along one axis: where the extreme stands, and running sums. Seen as [outer, length, inner]; inner elements
// are columns next to each other.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/scan_loops.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 2> kArg = {"ArgMax", "ArgMin"};
constexpr std::array<std::string_view, 1> kCumSum = {"CumSum"};

constexpr DTypeSet kServed{DType::kF32, DType::kF64, DType::kI32, DType::kI64};
constexpr int64_t kColumns = 128;  // that a thread keeps at hand

struct Lines {
  int64_t outer = 1, length = 1, inner = 1;
  // Calls f(o, first column, columns) for tiles of columns, split over the pool.
  template <class F>
  void Run(ThreadPool& pool, F&& f) const {
    if (outer == 0 || inner == 0) return;
    const int64_t tiles = (inner + kColumns - 1) / kColumns;
    const int64_t work = std::max<int64_t>(1, length * std::min(inner, kColumns));
    pool.ParallelFor(outer * tiles, std::max<int64_t>(1, kGrain / work), [&](int64_t begin, int64_t end) {
      for (int64_t u = begin; u < end; ++u) {
        const int64_t first = u % tiles * kColumns;
        f(u / tiles, first, std::min(kColumns, inner - first));
      }
    });
  }
};

Lines LinesOf(const Dims& dims, size_t axis) {
  return {Product(dims, 0, axis), dims[axis], Product(dims, axis + 1, dims.size())};
}

template <class T>
class ArgKernel final : public Kernel {
 public:
  ArgKernel(const NodeView& node, size_t axis)
      : axis_(axis), least_(node.node().op == "ArgMin"), last_(node.Int("select_last_index") != 0) {}
  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    const Lines lines = LinesOf(in.dims(), axis_);
    if (lines.length == 0)
      return InvalidArgument(
          fmt::format("{}: an empty axis has no extreme; give it elements", least_ ? "ArgMin" : "ArgMax"));
    const T* x = in.data<T>().data();
    int64_t* y = call.outputs[0]->mutable_data<int64_t>().data();
    lines.Run(*call.pool, [&](int64_t o, int64_t first, int64_t n) {
      const T* line = x + o * lines.length * lines.inner + first;
      int64_t* out = y + o * lines.inner + first;
      if (lines.inner == 1) {
        *out = least_ ? LeastOfRow(line, lines.length, last_) : MostOfRow(line, lines.length, last_);
        return;
      }
      std::array<T, kColumns> best;
      std::copy_n(line, n, best.data());
      std::fill_n(out, n, 0);
      for (int64_t k = 1; k < lines.length; ++k)
        (least_ ? LeastOfColumns : MostOfColumns)(line + k * lines.inner, n, k, last_, best.data(), out);
    });
    return {};
  }

 private:
  static void LeastOfColumns(const T* x, int64_t n, int64_t k, bool last, T* best, int64_t* place) {
    LeastSoFar(x, n, k, last, best, place);
  }
  static void MostOfColumns(const T* x, int64_t n, int64_t k, bool last, T* best, int64_t* place) {
    MostSoFar(x, n, k, last, best, place);
  }

  size_t axis_;
  bool least_, last_;
};

KernelChoice MakeArg(const KernelQuery& query) {
  const auto axis = query.node.Axis("axis", query.inputs[0]->Rank());
  if (!axis) return Refusal{axis.error().message};
  std::unique_ptr<Kernel> kernel;
  DispatchIn<kServed>(query.inputs[0]->dtype, [&]<class T>() {
    kernel = std::make_unique<ArgKernel<T>>(query.node, static_cast<size_t>(*axis));
  });
  if (kernel == nullptr) return Refusal{fmt::format("no loop for {}", DTypeName(query.inputs[0]->dtype))};
  return kernel;
}

template <class T>
class CumSumKernel final : public Kernel {
  using A = std::conditional_t<std::is_floating_point_v<T>, double, T>;

 public:
  explicit CumSumKernel(const NodeView& node)
      : exclusive_(node.Int("exclusive") != 0), reverse_(node.Int("reverse") != 0) {}
  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    TRY(const size_t axis, NormaliseAxis(call.inputs[1]->AsInt(0), in.rank()));
    const Lines lines = LinesOf(in.dims(), axis);
    const T* x = in.data<T>().data();
    T* y = call.outputs[0]->mutable_data<T>().data();
    lines.Run(*call.pool, [&](int64_t o, int64_t first, int64_t n) {
      std::array<A, kColumns> sums;
      std::fill_n(sums.data(), n, A(0));
      for (int64_t k = 0; k < lines.length; ++k) {
        const int64_t at = (o * lines.length + (reverse_ ? lines.length - 1 - k : k)) * lines.inner + first;
        AddColumns(x + at, y + at, n, exclusive_, sums.data());
      }
    });
    return {};
  }

 private:
  bool exclusive_, reverse_;
};

KernelChoice MakeCumSum(const KernelQuery& query) {
  std::unique_ptr<Kernel> kernel;
  DispatchIn<kServed>(query.inputs[0]->dtype,
                      [&]<class T>() { kernel = std::make_unique<CumSumKernel<T>>(query.node); });
  if (kernel == nullptr) return Refusal{fmt::format("no loop for {}", DTypeName(query.inputs[0]->dtype))};
  return kernel;
}

constexpr KernelEntry kEntries[] = {{"loops.arg", kArg, &MakeArg}, {"loops.cum_sum", kCumSum, &MakeCumSum}};

}  // namespace

std::span<const KernelEntry> ScanKernels() { return kEntries; }

}  // namespace sinter
