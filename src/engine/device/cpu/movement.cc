// Moving elements: transposes of matrices, casts, concatenation.
#include <algorithm>
#include <array>
#include <cstring>

#include "engine/device/cpu/kernels.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 1> kTranspose = {"Transpose"};
constexpr std::array<std::string_view, 1> kCast = {"Cast"};
constexpr std::array<std::string_view, 1> kConcat = {"Concat"};

// Matrices in tiles that fit the first-level cache.
class TransposeKernel final : public Kernel {
 public:
  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    const int64_t rows = in.dims()[in.rank() - 2], columns = in.dims().back(),
                  batch = rows * columns == 0 ? 0 : in.elements() / (rows * columns);
    const float* x = in.data<float>().data();
    float* y = call.outputs[0]->mutable_data<float>().data();
    constexpr int64_t kTile = 32;
    const int64_t tiles = (rows + kTile - 1) / kTile;
    call.pool->ParallelFor(batch * tiles,
                           std::max<int64_t>(1, kGrain / std::max<int64_t>(1, kTile * columns)),
                           [&](int64_t begin, int64_t end) {
                             for (int64_t t = begin; t < end; ++t) {
                               const float* from = x + t / tiles * rows * columns;
                               float* to = y + t / tiles * rows * columns;
                               const int64_t r0 = t % tiles * kTile, r1 = std::min(rows, r0 + kTile);
                               for (int64_t c0 = 0; c0 < columns; c0 += kTile) {
                                 for (int64_t r = r0; r < r1; ++r) {
                                   for (int64_t c = c0; c < std::min(columns, c0 + kTile); ++c)
                                     to[c * rows + r] = from[r * columns + c];
                                 }
                               }
                             }
                           });
    return {};
  }
};

KernelChoice MakeTranspose(const KernelQuery& query) {
  if (const char* why = NotFloat32(query)) return Refusal{why};
  const size_t rank = query.inputs[0]->Rank();
  if (rank < 2) return Refusal{"no matrix"};
  std::vector<int64_t> perm = query.node.Ints("perm");
  if (perm.empty()) {
    if (rank != 2) return Refusal{"not the last two dimensions alone"};
    return std::make_unique<TransposeKernel>();
  }
  for (size_t i = 0; i < rank; ++i) {
    const size_t wanted = i + 2 < rank ? i : i + 2 == rank ? rank - 1 : rank - 2;
    if (perm[i] != static_cast<int64_t>(wanted)) return Refusal{"not the last two dimensions alone"};
  }
  return std::make_unique<TransposeKernel>();
}

// Bytes to numbers, as pictures arrive.
class CastKernel final : public Kernel {
 public:
  Status Run(const KernelCall& call) override {
    const uint8_t* x = call.inputs[0]->data<uint8_t>().data();
    float* y = call.outputs[0]->mutable_data<float>().data();
    call.pool->ParallelFor(call.inputs[0]->elements(), kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) y[i] = static_cast<float>(x[i]);
    });
    return {};
  }
};

KernelChoice MakeCast(const KernelQuery& query) {
  if (query.inputs[0]->dtype != DType::kU8 || query.outputs[0]->dtype != DType::kF32)
    return Refusal{"serves u8 to f32 alone"};
  return std::make_unique<CastKernel>();
}

class ConcatKernel final : public Kernel {
 public:
  explicit ConcatKernel(size_t axis) : axis_(axis) {}
  Status Run(const KernelCall& call) override {
    Tensor& out = *call.outputs[0];
    const int64_t outer = Product(out.dims(), 0, axis_);
    const size_t inner =
        static_cast<size_t>(Product(out.dims(), axis_ + 1, out.rank())) * DTypeSize(out.dtype());
    std::byte* to = out.mutable_raw();
    for (int64_t o = 0; o < outer; ++o) {
      for (const Tensor* in : call.inputs) {
        const size_t bytes = static_cast<size_t>(in->dims()[axis_]) * inner;
        if (bytes > 0) std::memcpy(to, in->raw() + static_cast<size_t>(o) * bytes, bytes);
        to += bytes;
      }
    }
    return {};
  }

 private:
  size_t axis_;
};

KernelChoice MakeConcat(const KernelQuery& query) {
  auto axis = query.node.Axis("axis", query.outputs[0]->Rank());
  if (!axis) return Refusal{axis.error().message};
  return std::make_unique<ConcatKernel>(static_cast<size_t>(*axis));
}

constexpr KernelEntry kEntries[] = {{"loops.transpose", kTranspose, &MakeTranspose},
                                    {"loops.cast", kCast, &MakeCast},
                                    {"copy.concat", kConcat, &MakeConcat}};

}  // namespace

std::span<const KernelEntry> MovementKernels() { return kEntries; }

}  // namespace sinter
