// Folds over axes: sums, means, norms, products, extremes; the input is read once, in memory order.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "engine/device/cpu/fold_loops.h"
#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/strided.h"

namespace sinter {
namespace {

constexpr std::string_view kOps[] = {"ReduceL2",   "ReduceMax", "ReduceMean",     "ReduceMin",
                                     "ReduceProd", "ReduceSum", "ReduceSumSquare"};

// Neighbouring axes that are all kept or all reduced, as one; the innermost apart.
struct Axes {
  std::array<int64_t, kMostDims> dims{}, strides{};
  size_t count = 0;

  void Add(int64_t dim, int64_t stride) {
    dims[count] = dim;
    strides[count++] = stride;
  }
  int64_t Size() const {
    int64_t size = 1;
    for (size_t d = 0; d < count; ++d) size *= dims[d];
    return size;
  }
  int64_t Offset(int64_t index) const {
    int64_t offset = 0;
    for (size_t d = count; d-- > 0; index /= dims[d]) offset += index % dims[d] * strides[d];
    return offset;
  }
};

struct Layout {
  Axes kept, reduced;  // outermost first, without the innermost group
  int64_t inner = 1;   // elements of the innermost group
  bool rows = true;    // the innermost group is reduced; else it is kept
};

Layout LayoutOf(const Dims& dims, const std::vector<bool>& reduced) {
  std::array<int64_t, kMostDims> sizes{};
  std::array<bool, kMostDims> folds{};
  size_t groups = 0;
  for (size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] == 1) continue;
    if (groups > 0 && folds[groups - 1] == reduced[d]) {
      sizes[groups - 1] *= dims[d];
    } else {
      sizes[groups] = dims[d];
      folds[groups++] = reduced[d];
    }
  }
  Layout l;
  if (groups == 0) return l;
  l.inner = sizes[groups - 1];
  l.rows = folds[groups - 1];
  for (size_t g = 0; g + 1 < groups; ++g) {
    int64_t stride = 1;
    for (size_t h = g + 1; h < groups; ++h) stride *= sizes[h];
    (folds[g] ? l.reduced : l.kept).Add(sizes[g], stride);
  }
  return l;
}

enum class Finish : uint8_t { kNone, kMean, kRoot };

constexpr int64_t kColumns = 256;  // folds that stay in the first-level cache
constexpr int64_t kPiece = 4096;   // elements of a row

template <class T, class Fold, Finish kFinish>
class ReduceKernel final : public Kernel {
  using A = Folded<Fold, T>;

 public:
  explicit ReduceKernel(std::vector<bool> reduced) : reduced_(std::move(reduced)) {}

  size_t WorkspaceBytes(std::span<const Tensor* const> inputs,
                        std::span<Tensor* const> outputs) const override {
    const Layout l = LayoutOf(inputs[0]->dims(), reduced_);
    const int threads = ThreadPool::Shared().threads();
    if (!Splits(l, threads)) return 0;
    return static_cast<size_t>(threads) * static_cast<size_t>(outputs[0]->elements()) * sizeof(A);
  }

  Status Run(const KernelCall& call) override {
    const Layout l = LayoutOf(call.inputs[0]->dims(), reduced_);
    const T* x = call.inputs[0]->data<T>().data();
    T* y = call.outputs[0]->mutable_data<T>().data();
    const int64_t outs = call.outputs[0]->elements(), elements = call.inputs[0]->elements();
    if (outs == 0) return {};
    const int64_t count = elements / outs;
    if (elements == 0) {
      for (int64_t i = 0; i < outs; ++i) y[i] = Finished(Fold::template Identity<A>(), 0);
    } else if (Splits(l, ThreadPool::Shared().threads())) {
      RunSplit(call, l, x, y, outs, count);
    } else if (l.rows) {
      const int64_t length = l.reduced.Size() * l.inner;
      call.pool->ParallelFor(outs, std::max<int64_t>(1, kGrain / length), [&](int64_t begin, int64_t end) {
        for (int64_t k = begin; k < end; ++k)
          y[k] = Finished(Rows(l, x + l.kept.Offset(k), 0, l.reduced.Size() * Pieces(l)), count);
      });
    } else {
      const int64_t tiles = (l.inner + kColumns - 1) / kColumns;
      const int64_t work = l.reduced.Size() * std::min(l.inner, kColumns);
      call.pool->ParallelFor(l.kept.Size() * tiles, std::max<int64_t>(1, kGrain / work),
                             [&](int64_t begin, int64_t end) {
                               for (int64_t u = begin; u < end; ++u) {
                                 const int64_t k = u / tiles, first = u % tiles * kColumns;
                                 const int64_t n = std::min(kColumns, l.inner - first);
                                 A folds[kColumns];
                                 std::fill_n(folds, n, Fold::template Identity<A>());
                                 Columns(l, x + l.kept.Offset(k) + first, n, 0, l.reduced.Size(), folds);
                                 for (int64_t i = 0; i < n; ++i)
                                   y[k * l.inner + first + i] = Finished(folds[i], count);
                               }
                             });
    }
    return {};
  }

 private:
  // Where the outputs are too few to share out, what is reduced is: each range folds its part of all of them.
  static bool Splits(const Layout& l, int threads) {
    const int64_t outs = l.kept.Size() * (l.rows ? 1 : l.inner);
    const int64_t units = l.rows ? outs : l.kept.Size() * ((l.inner + kColumns - 1) / kColumns);
    const int64_t length = l.reduced.Size() * (l.rows ? l.inner : 1);
    return threads > 1 && units < threads && outs * length >= 2 * kGrain && length >= 2 * threads;
  }
  static int64_t Pieces(const Layout& l) { return (l.inner + kPiece - 1) / kPiece; }

  // Of one output, pieces [begin, end) of its rows.
  static A Rows(const Layout& l, const T* x, int64_t begin, int64_t end) {
    const int64_t pieces = Pieces(l);
    A fold = Fold::template Identity<A>();
    for (int64_t p = begin; p < end; ++p) {
      const int64_t first = p % pieces * kPiece;
      fold = Fold::Join(
          fold, FoldRow(Fold(), x + l.reduced.Offset(p / pieces) + first, std::min(kPiece, l.inner - first)));
    }
    return fold;
  }
  static void Columns(const Layout& l, const T* x, int64_t n, int64_t begin, int64_t end, A* folds) {
    for (int64_t r = begin; r < end; ++r) FoldColumns(Fold(), x + l.reduced.Offset(r), n, folds);
  }

  void RunSplit(const KernelCall& call, const Layout& l, const T* x, T* y, int64_t outs,
                int64_t count) const {
    A* partial = reinterpret_cast<A*>(call.workspace.data());
    const int64_t length = l.rows ? l.reduced.Size() * Pieces(l) : l.reduced.Size();
    const int ranges = std::min(call.pool->RangeCount(length, 1), ThreadPool::Shared().threads());
    call.pool->RunChunks(ranges, [&](int r) {
      const int64_t begin = ThreadPool::RangeBegin(length, ranges, r),
                    end = ThreadPool::RangeBegin(length, ranges, r + 1);
      A* own = partial + r * outs;
      for (int64_t k = 0; k < l.kept.Size(); ++k) {
        const T* from = x + l.kept.Offset(k);
        if (l.rows) {
          own[k] = Rows(l, from, begin, end);
        } else {
          std::fill_n(own + k * l.inner, l.inner, Fold::template Identity<A>());
          Columns(l, from, l.inner, begin, end, own + k * l.inner);
        }
      }
    });
    for (int64_t i = 0; i < outs; ++i) {
      A fold = partial[i];
      for (int r = 1; r < ranges; ++r) fold = Fold::Join(fold, partial[r * outs + i]);
      y[i] = Finished(fold, count);
    }
  }

  static T Finished(A fold, int64_t count) {
    if constexpr (kFinish == Finish::kRoot) return static_cast<T>(std::sqrt(fold));
    if constexpr (kFinish == Finish::kMean) {
      using Count = std::conditional_t<std::is_integral_v<A>, int64_t, A>;
      return count == 0 ? T(0) : static_cast<T>(static_cast<Count>(fold) / static_cast<Count>(count));
    }
    return static_cast<T>(fold);
  }

  std::vector<bool> reduced_;
};

template <class T>
std::unique_ptr<Kernel> MakeFor(std::string_view op, std::vector<bool> reduced) {
  if (op == "ReduceSum") return std::make_unique<ReduceKernel<T, SumFold, Finish::kNone>>(std::move(reduced));
  if (op == "ReduceMean")
    return std::make_unique<ReduceKernel<T, SumFold, Finish::kMean>>(std::move(reduced));
  if (op == "ReduceProd")
    return std::make_unique<ReduceKernel<T, ProductFold, Finish::kNone>>(std::move(reduced));
  if (op == "ReduceMax")
    return std::make_unique<ReduceKernel<T, MostFold, Finish::kNone>>(std::move(reduced));
  if (op == "ReduceMin")
    return std::make_unique<ReduceKernel<T, LeastFold, Finish::kNone>>(std::move(reduced));
  if constexpr (std::is_floating_point_v<T>) {
    if (op == "ReduceSumSquare")
      return std::make_unique<ReduceKernel<T, SquareFold, Finish::kNone>>(std::move(reduced));
    if (op == "ReduceL2")
      return std::make_unique<ReduceKernel<T, SquareFold, Finish::kRoot>>(std::move(reduced));
  }
  return nullptr;
}

KernelChoice Make(const KernelQuery& query) {
  if (const char* why = NotStrided(query)) return Refusal{why};
  const size_t rank = query.inputs[0]->Rank();
  const bool given = query.inputs.size() > 1 && query.inputs[1] != nullptr;
  if (given && query.constants[1] == nullptr) return Refusal{"the axes are no constant"};
  const std::vector<int64_t> axes = given ? query.constants[1]->ToInts() : std::vector<int64_t>{};
  const bool all = axes.empty() && query.node.Int("noop_with_empty_axes") == 0;
  std::vector<bool> reduced(rank, all);
  for (int64_t axis : axes)
    reduced[static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis)] = true;
  std::unique_ptr<Kernel> kernel;
  DispatchIn<DTypeSet{DType::kF32, DType::kF64, DType::kI32, DType::kI64}>(
      query.inputs[0]->dtype,
      [&]<class T>() { kernel = MakeFor<T>(query.node.node().op, std::move(reduced)); });
  if (kernel == nullptr) return Refusal{fmt::format("no loop for {}", DTypeName(query.inputs[0]->dtype))};
  return kernel;
}

constexpr KernelEntry kEntries[] = {{"loops.reduce", kOps, &Make}};

}  // namespace

std::span<const KernelEntry> ReductionKernels() { return kEntries; }

}  // namespace sinter
