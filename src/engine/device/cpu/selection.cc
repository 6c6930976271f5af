// Where: rows of a broadcast, of any plain dtype.
#include <array>

#include "engine/device/cpu/copies.h"
#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/strided.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 1> kWhere = {"Where"};

class WhereKernel final : public Kernel {
 public:
  Status Run(const KernelCall& call) override {
    const Tensor& condition = *call.inputs[0];
    const Tensor& x = *call.inputs[1];
    const Tensor& y = *call.inputs[2];
    const Tensor& out = *call.outputs[0];
    const size_t size = DTypeSize(out.dtype());
    const int64_t step = static_cast<int64_t>(size);
    const auto loop = BroadcastLoop<4>(out.dims(), {&condition.dims(), &x.dims(), &y.dims()});
    const auto* chosen = reinterpret_cast<const uint8_t*>(condition.raw());
    loop.Run(*call.pool, [&](const auto& at, int64_t n) {
      SelectRow(size, chosen + at[0], loop.stride(0), x.raw() + at[1] * step, loop.stride(1),
                y.raw() + at[2] * step, loop.stride(2), out.mutable_raw() + at[3] * step, n);
    });
    return {};
  }
};

KernelChoice MakeWhere(const KernelQuery& query) {
  if (const char* why = NotStrided(query)) return Refusal{why};
  return std::make_unique<WhereKernel>();
}

constexpr KernelEntry kEntries[] = {{"loops.where", kWhere, &MakeWhere}};

}  // namespace

std::span<const KernelEntry> SelectionKernels() { return kEntries; }

}  // namespace sinter
