// Casts between all plain dtypes.
#include <array>

#include "engine/device/cpu/kernels.h"
#include "engine/ops/support/convert.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 1> kCast = {"Cast"};

// The output may be written over the input, element by element.
using CastLoop = void (*)(const std::byte* from, std::byte* to, int64_t n);

template <class From, class To>
void Loop(const std::byte* from, std::byte* to, int64_t n) {
  const From* x = reinterpret_cast<const From*>(from);
  To* y = reinterpret_cast<To*>(to);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    // Between floats and small integers, which floats hold exactly, no detour over doubles is needed.
    if constexpr (std::is_arithmetic_v<From> && std::is_floating_point_v<To>)
      y[i] = static_cast<To>(x[i]);
    else
      y[i] = ConvertElement<To>(Widen(x[i]));
  }
}

CastLoop Find(DType from, DType to) {
  CastLoop loop = nullptr;
  DispatchDType(from, [&]<class From>() { DispatchDType(to, [&]<class To>() { loop = &Loop<From, To>; }); });
  return loop;
}

class CastKernel final : public Kernel {
 public:
  explicit CastKernel(CastLoop loop) : loop_(loop) {}
  Status Run(const KernelCall& call) override {
    const size_t from = DTypeSize(call.inputs[0]->dtype()), to = DTypeSize(call.outputs[0]->dtype());
    const std::byte* x = call.inputs[0]->raw();
    std::byte* y = call.outputs[0]->mutable_raw();
    call.pool->ParallelFor(call.inputs[0]->elements(), kGrain, [&](int64_t begin, int64_t end) {
      loop_(x + static_cast<size_t>(begin) * from, y + static_cast<size_t>(begin) * to, end - begin);
    });
    return {};
  }

 private:
  CastLoop loop_;
};

KernelChoice MakeCast(const KernelQuery& query) {
  if (!query.inputs[0]->encoding.IsPlain() || !query.outputs[0]->encoding.IsPlain())
    return Refusal{"serves plain tensors alone"};
  const CastLoop loop = Find(query.inputs[0]->dtype, query.outputs[0]->dtype);
  if (loop == nullptr) return Refusal{"strings"};
  return std::make_unique<CastKernel>(loop);
}

constexpr KernelEntry kEntries[] = {{"loops.cast", kCast, &MakeCast}};

}  // namespace

std::span<const KernelEntry> CastKernels() { return kEntries; }

}  // namespace sinter
