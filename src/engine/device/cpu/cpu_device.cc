#include "engine/device/cpu/cpu_device.h"

#include "engine/device/cpu/kernels.h"

namespace sinter {
namespace {

// The most specialised first; the first that accepts a node has it.
class Cpu final : public Device {
 public:
  Cpu() {
    for (const auto entries : {PackedProductKernels,
                               ProductKernels,
                               DirectConvolutionKernels,
                               BlockedConvolutionKernels,
                               ConvolutionKernels,
                               PoolingKernels,
                               ElementwiseKernels,
                               UpdateKernels,
                               ReductionKernels,
                               NormalisationKernels,
                               SelectionKernels,
                               CastKernels,
                               MovementKernels,
                               SlicingKernels,
                               GatheringKernels,
                               LayerNormKernels,
                               BatchNormKernels,
                               AveragePoolingKernels,
                               ScanKernels,
                               CreationKernels,
                               QuantisationKernels}) {
      for (const KernelEntry& entry : entries()) kernels_.push_back(entry);
    }
  }
  std::string_view name() const override { return "cpu"; }
  std::span<const KernelEntry> kernels() const override { return kernels_; }

 private:
  std::vector<KernelEntry> kernels_;
};

}  // namespace

const Device& CpuDevice() {
  static const Cpu cpu;
  return cpu;
}

}  // namespace sinter
