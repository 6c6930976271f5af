// Element-wise operators on f32: whole tensors, a scalar against a tensor, a row against rows, and the rest
// by a walk over the broadcast.
#include <algorithm>
#include <array>

#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/loops.h"
#include "engine/ops/support/broadcast.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 16> kUnary = {"Abs",  "Ceil", "Cos",        "Erf",  "Exp",   "Floor",
                                                     "Log",  "Neg",  "Reciprocal", "Relu", "Round", "Sigmoid",
                                                     "Sign", "Sin",  "Sqrt",       "Tanh"};
constexpr std::array<std::string_view, 6> kBinary = {"Add", "Div", "Mul", "Pow", "Sub", "sinter.ReluGrad"};

class UnaryKernel final : public Kernel {
 public:
  explicit UnaryKernel(UnaryLoop loop) : loop_(loop) {}
  Status Run(const KernelCall& call) override {
    const float* x = call.inputs[0]->data<float>().data();
    float* out = call.outputs[0]->mutable_data<float>().data();
    call.pool->ParallelFor(call.inputs[0]->elements(), kGrain,
                           [&](int64_t begin, int64_t end) { loop_(x + begin, out + begin, end - begin); });
    return {};
  }

 private:
  UnaryLoop loop_;
};

class BinaryKernel final : public Kernel {
 public:
  explicit BinaryKernel(const BinaryLoops& loops) : loops_(loops) {}

  Status Run(const KernelCall& call) override {
    const Tensor& a = *call.inputs[0];
    const Tensor& b = *call.inputs[1];
    Tensor& out = *call.outputs[0];
    const float* x = a.data<float>().data();
    const float* y = b.data<float>().data();
    float* z = out.mutable_data<float>().data();
    const int64_t n = out.elements();
    ThreadPool& pool = *call.pool;
    if (a.elements() == n && b.elements() == n) {
      pool.ParallelFor(n, kGrain, [&](int64_t begin, int64_t end) {
        loops_.both(x + begin, y + begin, z + begin, end - begin);
      });
    } else if (a.elements() == n && b.elements() == 1) {
      pool.ParallelFor(
          n, kGrain, [&](int64_t begin, int64_t end) { loops_.right(x + begin, y, z + begin, end - begin); });
    } else if (a.elements() == 1 && b.elements() == n) {
      pool.ParallelFor(
          n, kGrain, [&](int64_t begin, int64_t end) { loops_.left(x, y + begin, z + begin, end - begin); });
    } else if (a.elements() == n && IsRow(b.dims(), out.dims())) {
      const int64_t row = b.elements();
      pool.ParallelFor(n / row, std::max<int64_t>(1, kGrain / row), [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) loops_.both(x + r * row, y, z + r * row, row);
      });
    } else {
      Walk(a, b, out);
    }
    return {};
  }

 private:
  // Whether `dims`, ones in front aside, are the last dimensions of `out`.
  static bool IsRow(const Dims& dims, const Dims& out) {
    size_t i = dims.size(), o = out.size();
    while (i > 0 && o > 0 && dims[i - 1] == out[o - 1]) {
      --i;
      --o;
    }
    while (i > 0 && dims[i - 1] == 1) --i;
    return i == 0;
  }

  void Walk(const Tensor& a, const Tensor& b, Tensor& out) const {
    BroadcastWalk<2> walk(out.dims(), {&a.dims(), &b.dims()});
    for (float& z : out.mutable_data<float>()) {
      loops_.both(&a.data<float>()[static_cast<size_t>(walk.at(0))],
                  &b.data<float>()[static_cast<size_t>(walk.at(1))], &z, 1);
      walk.Next();
    }
  }

  const BinaryLoops& loops_;
};

KernelChoice MakeUnary(const KernelQuery& query) {
  if (const char* why = NotFloat32(query)) return Refusal{why};
  return std::make_unique<UnaryKernel>(FindUnaryLoop(query.node.node().op));
}

KernelChoice MakeBinary(const KernelQuery& query) {
  if (const char* why = NotFloat32(query)) return Refusal{why};
  return std::make_unique<BinaryKernel>(*FindBinaryLoops(query.node.node().op));
}

constexpr KernelEntry kEntries[] = {{"loops.unary", kUnary, &MakeUnary},
                                    {"loops.binary", kBinary, &MakeBinary}};

}  // namespace

std::span<const KernelEntry> ElementwiseKernels() { return kEntries; }

}  // namespace sinter
