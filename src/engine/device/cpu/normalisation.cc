// Row-wise operators on f32: softmax and cross-entropy.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "engine/device/cpu/kernels.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 2> kSoftmax = {"Softmax", "LogSoftmax"};
constexpr std::array<std::string_view, 1> kLoss = {"SoftmaxCrossEntropyLoss"};
constexpr std::array<std::string_view, 1> kLossGrad = {"sinter.SoftmaxCrossEntropyGrad"};

// log(sum(exp(x))) of a row, and its largest element.
std::pair<float, float> LogSum(const float* x, int64_t n) {
  const float most = *std::max_element(x, x + n);
  float sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += std::exp(x[i] - most);
  return {std::log(sum), most};
}

class SoftmaxKernel final : public Kernel {
 public:
  explicit SoftmaxKernel(bool log) : log_(log) {}
  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    const int64_t n = in.dims().back();
    if (n == 0) return {};
    call.pool->ParallelFor(in.elements() / n, std::max<int64_t>(1, kGrain / 16 / n),
                           [&](int64_t begin, int64_t end) {
                             for (int64_t r = begin; r < end; ++r) {
                               const float* x = in.data<float>().data() + r * n;
                               float* y = call.outputs[0]->mutable_data<float>().data() + r * n;
                               const auto [log_sum, most] = LogSum(x, n);
                               for (int64_t i = 0; i < n; ++i)
                                 y[i] = log_ ? x[i] - most - log_sum : std::exp(x[i] - most - log_sum);
                             }
                           });
    return {};
  }

 private:
  bool log_;
};

KernelChoice MakeSoftmax(const KernelQuery& query) {
  if (const char* why = NotFloat32(query)) return Refusal{why};
  auto axis = query.node.Axis("axis", query.inputs[0]->Rank());
  if (!axis || *axis + 1 != static_cast<int64_t>(query.inputs[0]->Rank()))
    return Refusal{"not along the last axis"};
  return std::make_unique<SoftmaxKernel>(query.node.node().op == "LogSoftmax");
}

// Scores [n, classes], mean or sum, no weights, nothing ignored.
class CrossEntropyKernel final : public Kernel {
 public:
  CrossEntropyKernel(const NodeView& node, bool gradient)
      : mean_(node.String("reduction") == "mean"), gradient_(gradient) {}
  Status Run(const KernelCall& call) override {
    const Tensor& scores = *call.inputs[gradient_ ? 1 : 0];
    const Tensor& labels = *call.inputs[gradient_ ? 2 : 1];
    const int64_t rows = scores.dim(0), classes = scores.dim(1);
    const float scale = mean_ ? 1.0f / static_cast<float>(std::max<int64_t>(1, rows)) : 1.0f;
    const float outer = gradient_ ? call.inputs[0]->data<float>()[0] * scale : 0;
    double loss = 0;
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t label = labels.AsInt(r);
      if (label < 0 || label >= classes)
        return InvalidArgument(fmt::format("SoftmaxCrossEntropyLoss: label {} of row {} is outside 0..{}",
                                           label, r, classes - 1));
      const float* x = scores.data<float>().data() + r * classes;
      const auto [log_sum, most] = LogSum(x, classes);
      if (!gradient_) {
        loss += static_cast<double>(log_sum + most - x[label]);
        continue;
      }
      float* d = call.outputs[0]->mutable_data<float>().data() + r * classes;
      for (int64_t c = 0; c < classes; ++c)
        d[c] = outer * (std::exp(x[c] - most - log_sum) - (c == label ? 1.0f : 0.0f));
    }
    if (!gradient_)
      call.outputs[0]->mutable_data<float>()[0] = static_cast<float>(loss * static_cast<double>(scale));
    return {};
  }

 private:
  bool mean_, gradient_;
};

template <bool kGradient>
KernelChoice MakeLoss(const KernelQuery& query) {
  const size_t scores = kGradient ? 1 : 0;
  if (query.inputs[scores]->dtype != DType::kF32) return Refusal{"serves plain f32 alone"};
  if (query.inputs[scores]->Rank() != 2) return Refusal{"scores are no matrix"};
  if (query.inputs.size() > scores + 2) return Refusal{"classes are weighted"};
  if (query.node.Has("ignore_index")) return Refusal{"a label is ignored"};
  if (query.node.String("reduction") == "none") return Refusal{"no reduction"};
  if (query.outputs.size() > 1) return Refusal{"log_prob is asked for"};
  return std::make_unique<CrossEntropyKernel>(query.node, kGradient);
}

constexpr KernelEntry kEntries[] = {{"loops.softmax", kSoftmax, &MakeSoftmax},
                                    {"loops.cross_entropy", kLoss, &MakeLoss<false>},
                                    {"loops.cross_entropy_grad", kLossGrad, &MakeLoss<true>}};

}  // namespace

std::span<const KernelEntry> NormalisationKernels() { return kEntries; }

}  // namespace sinter
