// MatMul and Gemm.
#include <algorithm>
#include <array>

#include "engine/device/cpu/gemm.h"
#include "engine/device/cpu/kernels.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 1> kMatMul = {"MatMul"};
constexpr std::array<std::string_view, 1> kGemm = {"Gemm"};

int64_t Leading(const Dims& dims) {
  int64_t count = 1;
  for (size_t i = 0; i + 2 < dims.size(); ++i) count *= dims[i];
  return count;
}

// Matrices, or batches of the same leading dimensions, or a batch times one matrix.
class MatMulKernel final : public Kernel {
 public:
  Status Run(const KernelCall& call) override {
    const Tensor& a = *call.inputs[0];
    const Tensor& b = *call.inputs[1];
    Tensor& out = *call.outputs[0];
    const int64_t k = a.dims().back(), n = b.dims().back();
    int64_t m = a.dims()[a.rank() - 2], batch = Leading(a.dims());
    if (b.rank() == 2) {
      m *= batch;
      batch = 1;
    }
    const float* x = a.data<float>().data();
    const float* y = b.data<float>().data();
    float* z = out.mutable_data<float>().data();
    if (batch == 1) {
      Gemm(*call.pool, m, n, k, 1, {x, k, false}, {y, n, false}, 0, z, n);
      return {};
    }
    call.pool->ParallelFor(batch, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end && !call.cancel.Cancelled(); ++i) {
        GemmSerial(m, n, k, 1, {x + i * m * k, k, false}, {y + i * k * n, n, false}, 0, z + i * m * n, n);
      }
    });
    return {};
  }
};

KernelChoice MakeMatMul(const KernelQuery& query) {
  if (const char* why = NotFloat32(query)) return Refusal{why};
  const Shape& a = query.inputs[0]->shape;
  const Shape& b = query.inputs[1]->shape;
  if (a.size() < 2 || b.size() < 2) return Refusal{"a vector operand"};
  const bool same_batch = a.size() == b.size() && std::equal(a.begin(), a.end() - 2, b.begin());
  if (b.size() != 2 && !same_batch) return Refusal{"leading dimensions are broadcast"};
  return std::make_unique<MatMulKernel>();
}

class GemmKernel final : public Kernel {
 public:
  explicit GemmKernel(const NodeView& node)
      : alpha_(static_cast<float>(node.Float("alpha"))),
        beta_(static_cast<float>(node.Float("beta"))),
        trans_a_(node.Int("transA") != 0),
        trans_b_(node.Int("transB") != 0) {}

  Status Run(const KernelCall& call) override {
    const Tensor& a = *call.inputs[0];
    const Tensor& b = *call.inputs[1];
    Tensor& out = *call.outputs[0];
    const int64_t m = out.dim(0), n = out.dim(1), k = a.dim(trans_a_ ? 0 : 1);
    float* z = out.mutable_data<float>().data();
    const Tensor* bias = call.inputs.size() > 2 ? call.inputs[2] : nullptr;
    if (bias != nullptr) Spread(*bias, m, n, z, *call.pool);
    Gemm(*call.pool, m, n, k, alpha_, {a.data<float>().data(), a.dim(1), trans_a_},
         {b.data<float>().data(), b.dim(1), trans_b_}, bias != nullptr ? beta_ : 0, z, n);
    return {};
  }

 private:
  // The bias over the output, which the product then adds to.
  static void Spread(const Tensor& bias, int64_t m, int64_t n, float* out, ThreadPool& pool) {
    const float* x = bias.data<float>().data();
    const size_t rank = bias.rank();
    const int64_t columns = rank == 0 ? 1 : bias.dims().back(), rows = rank < 2 ? 1 : bias.dims()[0];
    pool.ParallelFor(m, std::max<int64_t>(1, kGrain / std::max<int64_t>(n, 1)),
                     [&](int64_t begin, int64_t end) {
                       for (int64_t i = begin; i < end; ++i) {
                         const float* row = x + (rows == 1 ? 0 : i * columns);
                         if (columns == 1)
                           std::fill_n(out + i * n, n, *row);
                         else
                           std::copy_n(row, n, out + i * n);
                       }
                     });
  }

  float alpha_, beta_;
  bool trans_a_, trans_b_;
};

KernelChoice MakeGemm(const KernelQuery& query) {
  if (const char* why = NotFloat32(query)) return Refusal{why};
  return std::make_unique<GemmKernel>(query.node);
}

constexpr KernelEntry kEntries[] = {{"onednn.matmul", kMatMul, &MakeMatMul},
                                    {"onednn.gemm", kGemm, &MakeGemm}};

}  // namespace

std::span<const KernelEntry> ProductKernels() { return kEntries; }

}  // namespace sinter
