// Rows taken and put by index.
#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

#include <fmt/format.h>

#include "engine/device/cpu/copies.h"
#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/strided.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 1> kGather = {"Gather"};
constexpr std::array<std::string_view, 1> kGatherNd = {"GatherND"};
constexpr std::array<std::string_view, 1> kScatterNd = {"ScatterND"};
constexpr std::array<std::string_view, 1> kOneHot = {"OneHot"};
constexpr std::array<std::string_view, 1> kTrilu = {"Trilu"};

int64_t IndexAt(const Tensor& indices, int64_t i) {
  return indices.dtype() == DType::kI64 ? reinterpret_cast<const int64_t*>(indices.raw())[i]
                                        : reinterpret_cast<const int32_t*>(indices.raw())[i];
}

Error Outside(std::string_view op, int64_t index, int64_t whole) {
  return InvalidArgument(fmt::format("{}: index {} is outside a dimension of {}", op, index, whole));
}

class GatherKernel final : public Kernel {
 public:
  explicit GatherKernel(size_t axis) : axis_(axis) {}
  Status Run(const KernelCall& call) override {
    const Tensor& data = *call.inputs[0];
    const Tensor& indices = *call.inputs[1];
    const int64_t outer = Product(data.dims(), 0, axis_), whole = data.dim(axis_),
                  inner = Product(data.dims(), axis_ + 1, data.rank()), picked = indices.elements();
    for (int64_t k = 0; k < picked; ++k) {
      const int64_t index = IndexAt(indices, k);
      if (index < -whole || index >= whole) return Outside("Gather", index, whole);
    }
    const size_t size = DTypeSize(data.dtype());
    const int64_t bytes = inner * static_cast<int64_t>(size);
    const std::byte* from = data.raw();
    std::byte* to = call.outputs[0]->mutable_raw();
    call.pool->ParallelFor(outer * picked, std::max<int64_t>(1, kGrain / std::max<int64_t>(8, bytes / 4)),
                           [&](int64_t begin, int64_t end) {
                             for (int64_t i = begin; i < end; ++i) {
                               const int64_t index = IndexAt(indices, i % picked);
                               const int64_t row = i / picked * whole + (index < 0 ? index + whole : index);
                               CopyRow(size, from + row * bytes, 1, to + i * bytes, 1, inner);
                             }
                           });
    return {};
  }

 private:
  size_t axis_;
};

KernelChoice MakeGather(const KernelQuery& query) {
  if (const char* why = NotStrided(query)) return Refusal{why};
  auto axis = query.node.Axis("axis", query.inputs[0]->Rank());
  if (!axis) return Refusal{axis.error().message};
  return std::make_unique<GatherKernel>(static_cast<size_t>(*axis));
}

// The offset, in elements, of the slice that tuple t of `indices` names, or why there is none.
Result<int64_t> TupleOffset(std::string_view op, const Tensor& data, const Tensor& indices, int64_t t) {
  const int64_t depth = indices.dims().back();
  int64_t offset = 0;
  for (int64_t d = 0; d < depth; ++d) {
    const int64_t whole = data.dim(static_cast<size_t>(d)), index = IndexAt(indices, t * depth + d);
    if (index < -whole || index >= whole) return Outside(op, index, whole);
    offset = offset * whole + (index < 0 ? index + whole : index);
  }
  return offset * Product(data.dims(), static_cast<size_t>(depth), data.rank());
}

class GatherNdKernel final : public Kernel {
 public:
  Status Run(const KernelCall& call) override {
    const Tensor& data = *call.inputs[0];
    const Tensor& indices = *call.inputs[1];
    const size_t size = DTypeSize(data.dtype());
    const int64_t depth = indices.dims().back(), tuples = indices.elements() / std::max<int64_t>(1, depth),
                  length = Product(data.dims(), static_cast<size_t>(depth), data.rank());
    std::byte* to = call.outputs[0]->mutable_raw();
    for (int64_t t = 0; t < tuples; ++t) {
      TRY(const int64_t offset, TupleOffset("GatherND", data, indices, t));
      CopyRow(size, data.raw() + offset * static_cast<int64_t>(size), 1,
              to + t * length * static_cast<int64_t>(size), 1, length);
    }
    return {};
  }
};

KernelChoice MakeGatherNd(const KernelQuery& query) {
  if (const char* why = NotStrided(query)) return Refusal{why};
  return std::make_unique<GatherNdKernel>();
}

// In the order of the tuples, on one thread: what several of them name has one result.
class ScatterNdKernel final : public Kernel {
 public:
  explicit ScatterNdKernel(bool add) : add_(add) {}
  Status Run(const KernelCall& call) override {
    const Tensor& data = *call.inputs[0];
    const Tensor& indices = *call.inputs[1];
    const size_t size = DTypeSize(data.dtype());
    const int64_t depth = indices.dims().back(), tuples = indices.elements() / std::max<int64_t>(1, depth),
                  length = Product(data.dims(), static_cast<size_t>(depth), data.rank());
    std::byte* to = call.outputs[0]->mutable_raw();
    if (data.bytes() > 0 && to != data.raw()) std::memcpy(to, data.raw(), data.bytes());
    for (int64_t t = 0; t < tuples; ++t) {
      TRY(const int64_t offset, TupleOffset("ScatterND", data, indices, t));
      std::byte* row = to + offset * static_cast<int64_t>(size);
      const std::byte* update = call.inputs[2]->raw() + t * length * static_cast<int64_t>(size);
      if (add_)
        DispatchIn<kServed>(data.dtype(), [&]<class T>() {
          Add(reinterpret_cast<const T*>(update), reinterpret_cast<T*>(row), length);
        });
      else
        CopyRow(size, update, 1, row, 1, length);
    }
    return {};
  }

  static constexpr DTypeSet kServed{DType::kF32, DType::kF64, DType::kI32, DType::kI64};

 private:
  template <class T>
  static void Add(const T* __restrict update, T* __restrict row, int64_t n) {
    if constexpr (std::is_integral_v<T>) {
      using U = std::make_unsigned_t<T>;  // wraps where the sum does not fit
      for (int64_t i = 0; i < n; ++i)
        row[i] = static_cast<T>(static_cast<U>(row[i]) + static_cast<U>(update[i]));
    } else {
      for (int64_t i = 0; i < n; ++i) row[i] += update[i];
    }
  }
  bool add_;
};

KernelChoice MakeScatterNd(const KernelQuery& query) {
  if (const char* why = NotStrided(query)) return Refusal{why};
  const std::string how = query.node.String("reduction");
  if (how != "none" && how != "add") return Refusal{"no reduction by " + how};
  if (how == "add" && !ScatterNdKernel::kServed.Has(query.inputs[0]->dtype))
    return Refusal{"adds in f32, f64, i32 and i64 alone"};
  return std::make_unique<ScatterNdKernel>(how == "add");
}

class OneHotKernel final : public Kernel {
 public:
  explicit OneHotKernel(size_t axis) : axis_(axis) {}
  Status Run(const KernelCall& call) override {
    const Tensor& out = *call.outputs[0];
    const std::byte* values = call.inputs[2]->raw();
    const size_t size = DTypeSize(out.dtype());
    const int64_t depth = out.dim(axis_), inner = Product(out.dims(), axis_ + 1, out.rank()),
                  outer = Product(out.dims(), 0, axis_), slab = depth * inner;
    std::byte* to = out.mutable_raw();
    call.pool->ParallelFor(
        outer, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, slab)), [&](int64_t begin, int64_t end) {
          for (int64_t o = begin; o < end; ++o) {
            FillRow(size, values, to + static_cast<size_t>(o * slab) * size, slab);
            for (int64_t i = 0; i < inner; ++i) {
              int64_t index = IndexAt(*call.inputs[0], o * inner + i);
              if (index < 0) index += depth;
              if (index < 0 || index >= depth) continue;
              std::memcpy(to + static_cast<size_t>(o * slab + index * inner + i) * size, values + size, size);
            }
          }
        });
    return {};
  }

 private:
  size_t axis_;
};

KernelChoice MakeOneHot(const KernelQuery& query) {
  if (const char* why = NotStrided(query)) return Refusal{why};
  if (!kIndexes.Has(query.inputs[0]->dtype)) return Refusal{"indices of i32 and i64 alone"};
  auto axis = query.node.Axis("axis", query.outputs[0]->Rank());
  if (!axis) return Refusal{axis.error().message};
  return std::make_unique<OneHotKernel>(static_cast<size_t>(*axis));
}

class TriluKernel final : public Kernel {
 public:
  explicit TriluKernel(bool upper) : upper_(upper) {}
  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    if (in.elements() == 0) return {};
    const int64_t k = call.inputs.size() > 1 && call.inputs[1] != nullptr ? IndexAt(*call.inputs[1], 0) : 0;
    const int64_t rows = in.dim(in.rank() - 2), columns = in.dim(in.rank() - 1);
    const int64_t size = static_cast<int64_t>(DTypeSize(in.dtype()));
    const std::byte* from = in.raw();
    std::byte* to = call.outputs[0]->mutable_raw();
    call.pool->ParallelFor(
        in.elements() / columns, std::max<int64_t>(1, kGrain / columns), [&](int64_t begin, int64_t end) {
          for (int64_t r = begin; r < end; ++r) {
            // Columns [0, edge) are on one side of the diagonal, the rest on the other.
            const int64_t shift = std::clamp(k, -rows, columns);
            const int64_t edge = std::clamp<int64_t>(r % rows + shift + (upper_ ? 0 : 1), 0, columns);
            const int64_t row = r * columns * size, cut = edge * size, end_of_row = columns * size;
            const int64_t keep = upper_ ? cut : 0, kept = upper_ ? end_of_row - cut : cut;
            const int64_t zero = upper_ ? 0 : cut;
            std::memmove(to + row + keep, from + row + keep, static_cast<size_t>(kept));
            std::memset(to + row + zero, 0, static_cast<size_t>(end_of_row - kept));
          }
        });
    return {};
  }

 private:
  bool upper_;
};

KernelChoice MakeTrilu(const KernelQuery& query) {
  if (const char* why = NotStrided(query)) return Refusal{why};
  if (query.inputs[0]->Rank() < 2) return Refusal{"no matrix"};
  return std::make_unique<TriluKernel>(query.node.Int("upper") != 0);
}

constexpr KernelEntry kEntries[] = {{"copy.gather", kGather, &MakeGather},
                                    {"copy.gather_nd", kGatherNd, &MakeGatherNd},
                                    {"loops.scatter_nd", kScatterNd, &MakeScatterNd},
                                    {"copy.one_hot", kOneHot, &MakeOneHot},
                                    {"copy.trilu", kTrilu, &MakeTrilu}};

}  // namespace

std::span<const KernelEntry> GatheringKernels() { return kEntries; }

}  // namespace sinter
