// Row-wise operators: softmax and cross-entropy.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/softmax_loops.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 2> kSoftmax = {"Softmax", "LogSoftmax"};
constexpr std::array<std::string_view, 1> kLoss = {"SoftmaxCrossEntropyLoss"};
constexpr std::array<std::string_view, 1> kLossGrad = {"sinter.SoftmaxCrossEntropyGrad"};

// Rows worth a second thread.
int64_t Grain(int64_t length) { return std::max<int64_t>(1, kGrain / 8 / std::max<int64_t>(1, length)); }

template <class T>
class SoftmaxKernel final : public Kernel {
 public:
  explicit SoftmaxKernel(bool log) : log_(log) {}
  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    const int64_t n = in.dims().back();
    if (n == 0) return {};
    const T* x = in.data<T>().data();
    T* y = call.outputs[0]->mutable_data<T>().data();
    call.pool->ParallelFor(in.elements() / n, Grain(n), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r)
        log_ ? LogSoftmaxRow(x + r * n, y + r * n, n) : SoftmaxRow(x + r * n, y + r * n, n);
    });
    return {};
  }

 private:
  bool log_;
};

KernelChoice MakeSoftmax(const KernelQuery& query) {
  auto axis = query.node.Axis("axis", query.inputs[0]->Rank());
  if (!axis || *axis + 1 != static_cast<int64_t>(query.inputs[0]->Rank()))
    return Refusal{"not along the last axis"};
  const bool log = query.node.node().op == "LogSoftmax";
  if (query.inputs[0]->dtype == DType::kF32) return std::make_unique<SoftmaxKernel<float>>(log);
  if (query.inputs[0]->dtype == DType::kF64) return std::make_unique<SoftmaxKernel<double>>(log);
  return Refusal{"serves f32 and f64 alone"};
}

// Scores [n, classes], mean or sum, no weights, nothing ignored.
template <class T, bool kGradient>
class CrossEntropyKernel final : public Kernel {
 public:
  explicit CrossEntropyKernel(const NodeView& node) : mean_(node.String("reduction") == "mean") {}
  // A loss for each row, which are then added in order.
  size_t WorkspaceBytes(std::span<const Tensor* const> inputs, std::span<Tensor* const>) const override {
    return kGradient ? 0 : static_cast<size_t>(inputs[0]->dim(0)) * sizeof(double);
  }
  Status Run(const KernelCall& call) override {
    const Tensor& scores = *call.inputs[kGradient ? 1 : 0];
    const Tensor& labels = *call.inputs[kGradient ? 2 : 1];
    const int64_t rows = scores.dim(0), classes = scores.dim(1);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t label = labels.AsInt(r);
      if (label < 0 || label >= classes)
        return InvalidArgument(fmt::format("SoftmaxCrossEntropyLoss: label {} of row {} is outside 0..{}",
                                           label, r, classes - 1));
    }
    const double scale = mean_ ? 1.0 / static_cast<double>(std::max<int64_t>(1, rows)) : 1.0;
    const T* x = scores.data<T>().data();
    T* out = call.outputs[0]->mutable_data<T>().data();
    if constexpr (kGradient) {
      const T factor = static_cast<T>(static_cast<double>(call.inputs[0]->data<T>()[0]) * scale);
      call.pool->ParallelFor(rows, Grain(classes), [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r)
          CrossEntropyGradientRow(x + r * classes, out + r * classes, classes, labels.AsInt(r), factor);
      });
    } else {
      double* losses = reinterpret_cast<double*>(call.workspace.data());
      call.pool->ParallelFor(rows, Grain(classes), [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
          const LogSum sum = LogSumOf(x + r * classes, classes);
          losses[r] = sum.log + sum.most - static_cast<double>(x[r * classes + labels.AsInt(r)]);
        }
      });
      double loss = 0;
      for (int64_t r = 0; r < rows; ++r) loss += losses[r];
      out[0] = static_cast<T>(loss * scale);
    }
    return {};
  }

 private:
  bool mean_;
};

template <bool kGradient>
KernelChoice MakeLoss(const KernelQuery& query) {
  const size_t scores = kGradient ? 1 : 0;
  if (query.inputs[scores]->Rank() != 2) return Refusal{"scores are no matrix"};
  if (query.inputs.size() > scores + 2) return Refusal{"classes are weighted"};
  if (query.node.Has("ignore_index")) return Refusal{"a label is ignored"};
  if (query.node.String("reduction") == "none") return Refusal{"no reduction"};
  if (query.outputs.size() > 1) return Refusal{"log_prob is asked for"};
  if (query.inputs[scores]->dtype == DType::kF32)
    return std::make_unique<CrossEntropyKernel<float, kGradient>>(query.node);
  if (query.inputs[scores]->dtype == DType::kF64)
    return std::make_unique<CrossEntropyKernel<double, kGradient>>(query.node);
  return Refusal{"serves f32 and f64 alone"};
}

constexpr KernelEntry kEntries[] = {{"loops.softmax", kSoftmax, &MakeSoftmax},
                                    {"loops.cross_entropy", kLoss, &MakeLoss<false>},
                                    {"loops.cross_entropy_grad", kLossGrad, &MakeLoss<true>}};

}  // namespace

std::span<const KernelEntry> NormalisationKernels() { return kEntries; }

}  // namespace sinter
