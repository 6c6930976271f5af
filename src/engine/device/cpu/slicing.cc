// Slices, repetitions and pads: strided rows of elements of any plain dtype.
#include <algorithm>
#include <array>
#include <cstring>

#include "engine/device/cpu/copies.h"
#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/strided.h"
#include "engine/ops/support/cut.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 1> kSlice = {"Slice"};
constexpr std::array<std::string_view, 1> kExpand = {"Expand"};
constexpr std::array<std::string_view, 1> kTile = {"Tile"};
constexpr std::array<std::string_view, 1> kPad = {"Pad"};

using DimArray = std::array<int64_t, kMostDims>;

DimArray Strides(const Dims& dims) {
  DimArray strides{};
  int64_t stride = 1;
  for (size_t d = dims.size(); d-- > 0; stride *= dims[d]) strides[d] = stride;
  return strides;
}

// to[at[1]...] = from[at[0]...] over the loop; first elements by offset.
void CopyStrided(ThreadPool& pool, const StridedLoop<2>& loop, size_t size, const std::byte* from,
                 int64_t from_first, std::byte* to, int64_t to_first) {
  const int64_t step = static_cast<int64_t>(size);
  loop.Run(pool, [&](const auto& at, int64_t n) {
    CopyRow(size, from + (from_first + at[0]) * step, loop.stride(0), to + (to_first + at[1]) * step,
            loop.stride(1), n);
  });
}

class SliceKernel final : public Kernel {
 public:
  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    const size_t rank = in.rank();
    std::array<Cut, kMostDims> cuts;
    for (size_t d = 0; d < rank; ++d) cuts[d] = {0, 1, in.dim(d)};
    const Tensor* axes = call.inputs.size() > 3 ? call.inputs[3] : nullptr;
    const Tensor* steps = call.inputs.size() > 4 ? call.inputs[4] : nullptr;
    for (int64_t i = 0; i < call.inputs[1]->elements(); ++i) {
      const int64_t axis = axes == nullptr ? i : axes->AsInt(i);
      const size_t d = static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis);
      if (d >= rank) return InvalidArgument("Slice: an axis outside the dimensions");
      const int64_t step = steps == nullptr ? 1 : steps->AsInt(i);
      if (step == 0) return InvalidArgument("Slice: a step of 0");
      cuts[d] = ClampCut(in.dim(d), call.inputs[1]->AsInt(i), call.inputs[2]->AsInt(i), step);
    }
    const Tensor& out = *call.outputs[0];
    const DimArray from = Strides(in.dims()), to = Strides(out.dims());
    StridedLoop<2> loop;
    int64_t first = 0;
    for (size_t d = 0; d < rank; ++d) {
      if (out.dim(d) != cuts[d].length) return Internal("Slice: another length than was planned");
      first += cuts[d].start * from[d];
      loop.Add(out.dim(d), {from[d] * cuts[d].step, to[d]});
    }
    CopyStrided(*call.pool, loop, DTypeSize(in.dtype()), in.raw(), first, out.mutable_raw(), 0);
    return {};
  }
};

class ExpandKernel final : public Kernel {
 public:
  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    const Tensor& out = *call.outputs[0];
    const auto loop = BroadcastLoop<2>(out.dims(), {&in.dims()});
    CopyStrided(*call.pool, loop, DTypeSize(in.dtype()), in.raw(), 0, out.mutable_raw(), 0);
    return {};
  }
};

// Each dimension is seen as [repeats, dimension].
class TileKernel final : public Kernel {
 public:
  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    const Tensor& out = *call.outputs[0];
    if (out.elements() == 0) return {};
    const DimArray from = Strides(in.dims()), to = Strides(out.dims());
    StridedLoop<2> loop;
    for (size_t d = 0; d < in.rank(); ++d) {
      loop.Add(out.dim(d) / in.dim(d), {0, in.dim(d) * to[d]});
      loop.Add(in.dim(d), {from[d], to[d]});
    }
    CopyStrided(*call.pool, loop, DTypeSize(in.dtype()), in.raw(), 0, out.mutable_raw(), 0);
    return {};
  }
};

// The whole output is filled, then what is left of the input copied over; negative pads cut.
class PadKernel final : public Kernel {
 public:
  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    const Tensor& out = *call.outputs[0];
    const size_t size = DTypeSize(in.dtype()), rank = in.rank();
    alignas(8) std::array<std::byte, 8> value{};
    if (call.inputs.size() > 2 && call.inputs[2] != nullptr)
      std::memcpy(value.data(), call.inputs[2]->raw(), size);
    call.pool->ParallelFor(out.elements(), 4 * kGrain, [&](int64_t begin, int64_t end) {
      FillRow(size, value.data(), out.mutable_raw() + static_cast<size_t>(begin) * size, end - begin);
    });
    const Tensor& pads = *call.inputs[1];
    const Tensor* axes = call.inputs.size() > 3 ? call.inputs[3] : nullptr;
    DimArray before{};
    const int64_t count = pads.elements() / 2;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t axis = axes == nullptr ? i : axes->AsInt(i);
      const size_t d = static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis);
      if (d >= rank) return InvalidArgument("Pad: an axis outside the dimensions");
      before[d] = pads.AsInt(i);
    }
    const DimArray from = Strides(in.dims()), to = Strides(out.dims());
    StridedLoop<2> loop;
    int64_t first = 0, place = 0;
    for (size_t d = 0; d < rank; ++d) {
      const int64_t skip = std::max<int64_t>(0, -before[d]), lead = std::max<int64_t>(0, before[d]);
      const int64_t length = std::min(in.dim(d) - skip, out.dim(d) - lead);
      if (length <= 0) return {};
      first += skip * from[d];
      place += lead * to[d];
      loop.Add(length, {from[d], to[d]});
    }
    CopyStrided(*call.pool, loop, size, in.raw(), first, out.mutable_raw(), place);
    return {};
  }
};

template <class K>
KernelChoice Make(const KernelQuery& query) {
  if (const char* why = NotStrided(query)) return Refusal{why};
  return std::make_unique<K>();
}

KernelChoice MakePad(const KernelQuery& query) {
  if (query.node.String("mode") != "constant")
    return Refusal{"pads with a constant alone, not in mode " + query.node.String("mode")};
  return Make<PadKernel>(query);
}

constexpr KernelEntry kEntries[] = {{"copy.slice", kSlice, &Make<SliceKernel>},
                                    {"copy.expand", kExpand, &Make<ExpandKernel>},
                                    {"copy.tile", kTile, &Make<TileKernel>},
                                    {"copy.pad", kPad, &MakePad}};

}  // namespace

std::span<const KernelEntry> SlicingKernels() { return kEntries; }

}  // namespace sinter
