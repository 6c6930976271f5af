// QuantizeLinear and DequantizeLinear: rows that share a scale, or have one for each element.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/quantise_loops.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 1> kQuantize = {"QuantizeLinear"};
constexpr std::array<std::string_view, 1> kDequantize = {"DequantizeLinear"};

// The input as `outer` x `length` x `inner`, of which each step along the middle is a row; blocks of steps
// share a row of scales. One scale for all is one row.
struct ScaleRows {
  int64_t rows = 1, row = 0;  // rows, and elements of one
  int64_t length = 1, block = 1, blocks = 1;
  int64_t stride = 0;  // of the scales along a row
  int64_t wide = 1;    // scales of a row
  bool blocked = false;

  int64_t ScaleAt(int64_t r) const {
    if (rows == 1 && !blocked) return 0;
    const int64_t along = r % length;
    return blocked ? (r / length * blocks + along / block) * wide : along;
  }
};

ScaleRows RowsOf(const Dims& dims, int64_t scales, int64_t axis, int64_t block) {
  ScaleRows s;
  int64_t elements = 1;
  for (int64_t d : dims) elements *= d;
  s.row = elements;
  if (scales == 1 && block == 0) return s;
  const size_t at = static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(dims.size()) : axis);
  const int64_t outer = Product(dims, 0, at), length = dims[at], inner = Product(dims, at + 1, dims.size());
  if (block == 0 && inner == 1) {
    // A scale for each element of the last axis.
    s.rows = outer;
    s.row = length;
    s.stride = 1;
    s.length = 1;
    return s;
  }
  if (block > 0 && inner == 1 && length % block == 0) {
    // Blocks of neighbours, each a row with its scale.
    s.rows = s.length = outer * (length / block);
    s.row = block;
    return s;
  }
  s.blocked = block != 0;
  s.length = length;
  s.rows = outer * length;
  s.row = inner;
  if (!s.blocked) return s;
  s.block = block;
  s.blocks = (length + block - 1) / block;
  s.wide = inner;
  s.stride = inner == 1 ? 0 : 1;
  return s;
}

template <class Loop>
class QuantiseKernel final : public Kernel {
 public:
  QuantiseKernel(Loop loop, const NodeView& node)
      : loop_(loop), axis_(node.Int("axis")), block_(node.Int("block_size")) {}
  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    const Tensor& scale = *call.inputs[1];
    const Tensor& out = *call.outputs[0];
    const Tensor* zero = call.inputs.size() > 2 ? call.inputs[2] : nullptr;
    const ScaleRows s = RowsOf(in.dims(), scale.elements(), axis_, block_);
    if (in.elements() == 0) return {};
    const int64_t largest = s.ScaleAt(s.rows - 1) + (s.stride == 0 ? 1 : s.row);
    if (largest > scale.elements() || (zero != nullptr && zero->elements() != scale.elements()))
      return InvalidArgument(fmt::format("{} scales for an input {}: {} are needed, and as many zero points",
                                         scale.elements(), DimsToString(in.dims()), largest));
    const auto size = [](const Tensor& t) { return static_cast<int64_t>(DTypeSize(t.dtype())); };
    // Long rows in pieces; a piece of one with a scale for each element begins at its own.
    constexpr int64_t kPiece = 4096;
    const int64_t pieces = (s.row + kPiece - 1) / kPiece;
    call.pool->ParallelFor(
        s.rows * pieces, std::max<int64_t>(1, kGrain / 4 / std::min(s.row, kPiece)),
        [&](int64_t begin, int64_t end) {
          for (int64_t u = begin; u < end; ++u) {
            const int64_t r = u / pieces, first = u % pieces * kPiece, at = r * s.row + first;
            const int64_t k = s.ScaleAt(r) + s.stride * first;
            using From = std::conditional_t<std::is_same_v<Loop, QuantiseLoop>, const float*, const void*>;
            loop_(reinterpret_cast<From>(in.raw() + at * size(in)),
                  reinterpret_cast<From>(scale.raw() + k * size(scale)),
                  zero == nullptr ? nullptr : zero->raw() + k * size(*zero), s.stride,
                  std::min(kPiece, s.row - first), out.mutable_raw() + at * size(out));
          }
        });
    return {};
  }

 private:
  Loop loop_;
  int64_t axis_, block_;
};

KernelChoice MakeQuantize(const KernelQuery& query) {
  if (const char* why = NotPlain(query)) return Refusal{why};
  if (query.inputs[0]->dtype != DType::kF32) return Refusal{"serves f32 alone"};
  const QuantiseLoop loop = FindQuantiseLoop(query.outputs[0]->dtype);
  if (loop == nullptr) return Refusal{fmt::format("no loop to {}", DTypeName(query.outputs[0]->dtype))};
  return std::make_unique<QuantiseKernel<QuantiseLoop>>(loop, query.node);
}

KernelChoice MakeDequantize(const KernelQuery& query) {
  if (const char* why = NotPlain(query)) return Refusal{why};
  if (query.inputs[1]->dtype != query.outputs[0]->dtype) return Refusal{"the scale has another dtype"};
  const DequantiseLoop loop = FindDequantiseLoop(query.inputs[0]->dtype, query.outputs[0]->dtype);
  if (loop == nullptr) return Refusal{fmt::format("no loop to {}", DTypeName(query.outputs[0]->dtype))};
  return std::make_unique<QuantiseKernel<DequantiseLoop>>(loop, query.node);
}

constexpr KernelEntry kEntries[] = {{"loops.quantize", kQuantize, &MakeQuantize},
                                    {"loops.dequantize", kDequantize, &MakeDequantize}};

}  // namespace

std::span<const KernelEntry> QuantisationKernels() { return kEntries; }

}  // namespace sinter
