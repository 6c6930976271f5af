// Moving whole tensors: views that must be copied, transposes, concatenation, splits, constants.
#include <algorithm>
#include <array>
#include <cstring>

#include "engine/device/cpu/copies.h"
#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/strided.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 6> kView = {"Dropout", "Flatten", "Identity",
                                                   "Reshape", "Squeeze", "Unsqueeze"};
constexpr std::array<std::string_view, 1> kTranspose = {"Transpose"};
constexpr std::array<std::string_view, 1> kConcat = {"Concat"};
constexpr std::array<std::string_view, 1> kSplit = {"Split"};
constexpr std::array<std::string_view, 1> kFill = {"ConstantOfShape"};
constexpr std::array<std::string_view, 2> kSizes = {"Shape", "Size"};

void CopyBytes(ThreadPool& pool, const std::byte* from, std::byte* to, size_t bytes) {
  if (from == to) return;
  pool.ParallelFor(static_cast<int64_t>(bytes), 4 * kGrain, [&](int64_t begin, int64_t end) {
    std::memcpy(to + begin, from + begin, static_cast<size_t>(end - begin));
  });
}

// The same elements in the same order. Dropout outside of training is one; training is refused at run time
// by the page too, so it is left to it where the graph does not say.
class ViewKernel final : public Kernel {
 public:
  Status Run(const KernelCall& call) override {
    CopyBytes(*call.pool, call.inputs[0]->raw(), call.outputs[0]->mutable_raw(), call.inputs[0]->bytes());
    if (call.outputs.size() > 1 && call.outputs[1] != nullptr)
      std::memset(call.outputs[1]->mutable_raw(), 1, call.outputs[1]->bytes());
    return {};
  }
};

KernelChoice MakeView(const KernelQuery& query) {
  for (const Type* type : query.inputs) {
    if (type != nullptr && (!type->encoding.IsPlain() || type->dtype == DType::kString))
      return Refusal{"serves plain tensors alone"};
  }
  if (query.node.node().op == "Dropout" && query.inputs.size() > 2 && query.inputs[2] != nullptr)
    return Refusal{"training_mode may ask for a mask"};
  return std::make_unique<ViewKernel>();
}

// Matrices in tiles; any other order of dimensions as strided rows.
class TransposeKernel final : public Kernel {
 public:
  explicit TransposeKernel(std::vector<size_t> perm) : perm_(std::move(perm)) {}
  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    const Tensor& out = *call.outputs[0];
    if (in.elements() == 0) return {};
    const size_t size = DTypeSize(in.dtype()), rank = in.rank();
    const std::byte* x = in.raw();
    std::byte* y = call.outputs[0]->mutable_raw();
    if (SwapsLastTwo()) {
      const int64_t rows = in.dim(rank - 2), columns = in.dim(rank - 1), area = rows * columns;
      constexpr int64_t kBand = 32;
      const int64_t bands = (rows + kBand - 1) / kBand;
      call.pool->ParallelFor(
          in.elements() / area * bands, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, kBand * columns)),
          [&](int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; ++t) {
              const size_t at = static_cast<size_t>(t / bands * area) * size;
              const int64_t r0 = t % bands * kBand;
              TransposeRows(size, x + at, rows, columns, r0, std::min(rows, r0 + kBand), y + at);
            }
          });
      return {};
    }
    std::array<int64_t, kMostDims> from{};
    int64_t stride = 1;
    for (size_t d = rank; d-- > 0; stride *= in.dim(d)) from[d] = stride;
    StridedLoop<2> loop;
    stride = out.elements();
    for (size_t d = 0; d < rank; ++d) {
      stride /= out.dim(d);
      loop.Add(out.dim(d), {from[perm_[d]], stride});
    }
    loop.Run(*call.pool, [&](const auto& at, int64_t n) {
      CopyRow(size, x + at[0] * static_cast<int64_t>(size), loop.stride(0),
              y + at[1] * static_cast<int64_t>(size), loop.stride(1), n);
    });
    return {};
  }

 private:
  bool SwapsLastTwo() const {
    const size_t rank = perm_.size();
    if (rank < 2 || perm_[rank - 1] != rank - 2 || perm_[rank - 2] != rank - 1) return false;
    for (size_t d = 0; d + 2 < rank; ++d) {
      if (perm_[d] != d) return false;
    }
    return true;
  }

  std::vector<size_t> perm_;
};

KernelChoice MakeTranspose(const KernelQuery& query) {
  if (const char* why = NotStrided(query)) return Refusal{why};
  const size_t rank = query.inputs[0]->Rank();
  std::vector<size_t> perm;
  for (int64_t axis : query.node.Ints("perm"))
    perm.push_back(static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis));
  for (size_t d = rank; !query.node.Has("perm") && d-- > 0;) perm.push_back(d);
  return std::make_unique<TransposeKernel>(std::move(perm));
}

// The whole is [outer, length, inner]; part i stands at `begin` along the axis.
struct Part {
  std::byte* whole;
  std::byte* part;
  int64_t begin, length;
};

template <bool kJoin>
class PartsKernel final : public Kernel {
 public:
  explicit PartsKernel(size_t axis) : axis_(axis) {}
  Status Run(const KernelCall& call) override {
    const Tensor& whole = kJoin ? *call.outputs[0] : *call.inputs[0];
    const size_t parts = kJoin ? call.inputs.size() : call.outputs.size();
    const int64_t outer = Product(whole.dims(), 0, axis_), length = whole.dim(axis_);
    const size_t inner =
        static_cast<size_t>(Product(whole.dims(), axis_ + 1, whole.rank())) * DTypeSize(whole.dtype());
    const size_t row = static_cast<size_t>(length) * inner;
    if (row == 0) return {};
    call.pool->ParallelFor(outer, std::max<int64_t>(1, 4 * kGrain / static_cast<int64_t>(row)),
                           [&](int64_t o0, int64_t o1) {
                             for (int64_t o = o0; o < o1; ++o) {
                               std::byte* at = whole.mutable_raw() + static_cast<size_t>(o) * row;
                               for (size_t i = 0; i < parts; ++i) {
                                 const Tensor* part = kJoin ? call.inputs[i] : call.outputs[i];
                                 const size_t bytes = static_cast<size_t>(part->dim(axis_)) * inner;
                                 std::byte* piece = part->mutable_raw() + static_cast<size_t>(o) * bytes;
                                 if (bytes > 0) std::memcpy(kJoin ? at : piece, kJoin ? piece : at, bytes);
                                 at += bytes;
                               }
                             }
                           });
    return {};
  }

 private:
  size_t axis_;
};

template <bool kJoin>
KernelChoice MakeParts(const KernelQuery& query) {
  if (const char* why = NotStrided(query)) return Refusal{why};
  for (const Type* type : query.outputs) {
    if (type == nullptr) return Refusal{"a part is not wanted"};
  }
  auto axis = query.node.Axis("axis", query.inputs[0]->Rank());
  if (!axis) return Refusal{axis.error().message};
  return std::make_unique<PartsKernel<kJoin>>(static_cast<size_t>(*axis));
}

class FillKernel final : public Kernel {
 public:
  explicit FillKernel(const Tensor* value) {
    if (value != nullptr) std::memcpy(value_.data(), value->raw(), DTypeSize(value->dtype()));
  }
  Status Run(const KernelCall& call) override {
    const size_t size = DTypeSize(call.outputs[0]->dtype());
    std::byte* to = call.outputs[0]->mutable_raw();
    call.pool->ParallelFor(call.outputs[0]->elements(), 4 * kGrain, [&](int64_t begin, int64_t end) {
      FillRow(size, value_.data(), to + static_cast<size_t>(begin) * size, end - begin);
    });
    return {};
  }

 private:
  alignas(8) std::array<std::byte, 8> value_{};  // zero in every dtype
};

KernelChoice MakeFill(const KernelQuery& query) {
  return std::make_unique<FillKernel>(query.node.TensorAttribute("value"));
}

// The dims of the input, from `start` to `end`; or their product.
class SizesKernel final : public Kernel {
 public:
  SizesKernel(size_t start, bool product) : start_(start), product_(product) {}
  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    const auto out = call.outputs[0]->mutable_data<int64_t>();
    if (product_)
      out[0] = in.elements();
    else
      std::copy_n(in.dims().begin() + static_cast<ptrdiff_t>(start_), out.size(), out.begin());
    return {};
  }

 private:
  size_t start_;
  bool product_;
};

KernelChoice MakeSizes(const KernelQuery& query) {
  const int64_t rank = static_cast<int64_t>(query.inputs[0]->Rank());
  const bool product = query.node.node().op == "Size";
  int64_t start = product ? 0 : query.node.Int("start");
  if (start < 0) start += rank;
  return std::make_unique<SizesKernel>(static_cast<size_t>(std::clamp<int64_t>(start, 0, rank)), product);
}

constexpr KernelEntry kEntries[] = {{"copy.view", kView, &MakeView},
                                    {"copy.transpose", kTranspose, &MakeTranspose},
                                    {"copy.concat", kConcat, &MakeParts<true>},
                                    {"copy.split", kSplit, &MakeParts<false>},
                                    {"copy.fill", kFill, &MakeFill},
                                    {"host.sizes", kSizes, &MakeSizes}};

}  // namespace

std::span<const KernelEntry> MovementKernels() { return kEntries; }

}  // namespace sinter
