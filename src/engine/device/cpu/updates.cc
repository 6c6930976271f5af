// Optimiser updates, one pass over the memory each.
#include <array>
#include <cmath>

#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/loops.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 1> kMomentum = {"sinter.MomentumUpdate"};
constexpr std::array<std::string_view, 1> kAdam = {"sinter.AdamUpdate"};

const float* In(const KernelCall& call, size_t i) { return call.inputs[i]->data<float>().data(); }
float* Out(const KernelCall& call, size_t i) { return call.outputs[i]->mutable_data<float>().data(); }

class MomentumKernel final : public Kernel {
 public:
  explicit MomentumKernel(const NodeView& node)
      : momentum_(static_cast<float>(node.Float("momentum"))),
        decay_(static_cast<float>(node.Float("weight_decay"))),
        nesterov_(node.Int("nesterov") != 0) {}
  Status Run(const KernelCall& call) override {
    call.pool->ParallelFor(call.inputs[0]->elements(), kGrain, [&](int64_t b, int64_t e) {
      MomentumLoop(In(call, 0) + b, In(call, 1) + b, In(call, 2) + b, Out(call, 0) + b, Out(call, 1) + b,
                   e - b, *In(call, 3), momentum_, decay_, nesterov_);
    });
    return {};
  }

 private:
  float momentum_, decay_;
  bool nesterov_;
};

class AdamKernel final : public Kernel {
 public:
  explicit AdamKernel(const NodeView& node)
      : beta1_(node.Float("beta1")),
        beta2_(node.Float("beta2")),
        epsilon_(static_cast<float>(node.Float("epsilon"))),
        decay_(static_cast<float>(node.Float("weight_decay"))),
        decoupled_(node.Int("decoupled") != 0) {}
  Status Run(const KernelCall& call) override {
    const double t = static_cast<double>(call.inputs[5]->AsInt(0));
    const AdamStep step{*In(call, 4),
                        static_cast<float>(beta1_),
                        static_cast<float>(beta2_),
                        epsilon_,
                        decay_,
                        static_cast<float>(1 - std::pow(beta1_, t)),
                        static_cast<float>(1 - std::pow(beta2_, t)),
                        decoupled_};
    call.pool->ParallelFor(call.inputs[0]->elements(), kGrain, [&](int64_t b, int64_t e) {
      AdamLoop(In(call, 0) + b, In(call, 1) + b, In(call, 2) + b, In(call, 3) + b, Out(call, 0) + b,
               Out(call, 1) + b, Out(call, 2) + b, e - b, step);
    });
    return {};
  }

 private:
  double beta1_, beta2_;
  float epsilon_, decay_;
  bool decoupled_;
};

template <class K>
KernelChoice Make(const KernelQuery& query) {
  if (query.inputs[0]->dtype != DType::kF32) return Refusal{"serves plain f32 alone"};
  for (const Type* out : query.outputs) {
    if (out == nullptr) return Refusal{"an output is not wanted"};
  }
  return std::make_unique<K>(query.node);
}

constexpr KernelEntry kEntries[] = {{"loops.momentum", kMomentum, &Make<MomentumKernel>},
                                    {"loops.adam", kAdam, &Make<AdamKernel>}};

}  // namespace

std::span<const KernelEntry> UpdateKernels() { return kEntries; }

}  // namespace sinter
