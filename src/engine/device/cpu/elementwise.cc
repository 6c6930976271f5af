// Element-wise operators: rows of the broadcast, with a loop of loops.h for each.
#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "engine/device/cpu/copies.h"
#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/loops.h"
#include "engine/device/cpu/strided.h"

namespace sinter {
namespace {

constexpr std::string_view kUnary[] = {
    "Abs", "Ceil",       "Cos",  "Elu",   "Erf",     "Exp",  "Floor", "HardSigmoid", "LeakyRelu", "Log",
    "Neg", "Reciprocal", "Relu", "Round", "Sigmoid", "Sign", "Sin",   "Softplus",    "Sqrt",      "Tanh"};
constexpr std::string_view kTests[] = {"IsInf", "IsNaN", "Not"};
constexpr std::string_view kArithmetic[] = {"Add", "Div", "Mod", "Mul", "Pow", "Sub", "sinter.ReluGrad"};
constexpr std::string_view kComparisons[] = {"And",  "Equal",       "Greater", "GreaterOrEqual",
                                             "Less", "LessOrEqual", "Or",      "Xor"};
constexpr std::string_view kExtremes[] = {"Max", "Min"};
constexpr std::string_view kClip[] = {"Clip"};

Refusal NoLoop(const KernelQuery& query) {
  return {fmt::format("no loop for {}", DTypeName(query.inputs[0]->dtype))};
}

class UnaryKernel final : public Kernel {
 public:
  UnaryKernel(UnaryLoop loop, LoopConstants constants, int64_t cost)
      : loop_(loop), constants_(constants), grain_(kGrain / cost) {}
  Status Run(const KernelCall& call) override {
    const size_t from = DTypeSize(call.inputs[0]->dtype()), to = DTypeSize(call.outputs[0]->dtype());
    const std::byte* x = call.inputs[0]->raw();
    std::byte* out = call.outputs[0]->mutable_raw();
    call.pool->ParallelFor(call.inputs[0]->elements(), grain_, [&](int64_t begin, int64_t end) {
      loop_(x + static_cast<size_t>(begin) * from, out + static_cast<size_t>(begin) * to, end - begin,
            constants_);
    });
    return {};
  }

 private:
  UnaryLoop loop_;
  LoopConstants constants_;
  int64_t grain_;
};

KernelChoice MakeUnary(const KernelQuery& query) {
  if (const char* why = NotStrided(query)) return Refusal{why};
  const std::string& op = query.node.node().op;
  const UnaryLoop loop = FindUnaryLoop(op, query.inputs[0]->dtype);
  if (loop == nullptr) return NoLoop(query);
  const LoopConstants constants{query.node.Float("alpha"), query.node.Float("beta")};
  const bool cheap = op == "Abs" || op == "Neg" || op == "Relu" || op == "LeakyRelu";
  return std::make_unique<UnaryKernel>(loop, constants, cheap ? 1 : 8);
}

KernelChoice MakeTest(const KernelQuery& query) {
  if (const char* why = NotStrided(query)) return Refusal{why};
  const UnaryLoop loop = FindTestLoop(query.node.node().op, query.inputs[0]->dtype);
  if (loop == nullptr) return NoLoop(query);
  if (query.node.node().op != "IsInf") return std::make_unique<UnaryKernel>(loop, LoopConstants{}, 1);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double none = std::numeric_limits<double>::quiet_NaN();
  const LoopConstants constants{query.node.Int("detect_positive") != 0 ? kInfinity : none,
                                query.node.Int("detect_negative") != 0 ? -kInfinity : none};
  return std::make_unique<UnaryKernel>(loop, constants, 1);
}

class BinaryKernel final : public Kernel {
 public:
  BinaryKernel(BinaryLoop loop, int64_t cost) : loop_(loop), cost_(cost) {}
  Status Run(const KernelCall& call) override {
    const Tensor& a = *call.inputs[0];
    const Tensor& b = *call.inputs[1];
    const Tensor& out = *call.outputs[0];
    const int64_t from = static_cast<int64_t>(DTypeSize(a.dtype())),
                  to = static_cast<int64_t>(DTypeSize(out.dtype()));
    const auto rows = BroadcastLoop<3>(out.dims(), {&a.dims(), &b.dims()});
    rows.Run(
        *call.pool,
        [&](const auto& at, int64_t n) {
          loop_(a.raw() + at[0] * from, rows.stride(0), b.raw() + at[1] * from, rows.stride(1),
                out.mutable_raw() + at[2] * to, n);
        },
        cost_);
    return {};
  }

 private:
  BinaryLoop loop_;
  int64_t cost_;
};

KernelChoice MakeArithmetic(const KernelQuery& query) {
  if (const char* why = NotStrided(query)) return Refusal{why};
  const std::string& op = query.node.node().op;
  const BinaryLoop loop = FindArithmeticLoop(op, query.inputs[0]->dtype);
  if (loop == nullptr) return NoLoop(query);
  if (op == "Mod" && IsInteger(query.inputs[0]->dtype) && query.node.Int("fmod") != 0)
    return Refusal{"fmod of integers"};
  if (op == "Mod" && IsFloat(query.inputs[0]->dtype) && query.node.Int("fmod") == 0)
    return Refusal{"floating-point numbers without fmod"};
  if (query.inputs[0]->dtype != query.inputs[1]->dtype) return Refusal{"an exponent of another dtype"};
  return std::make_unique<BinaryKernel>(loop, op == "Pow" || op == "Mod" ? 16 : 1);
}

KernelChoice MakeComparison(const KernelQuery& query) {
  if (const char* why = NotStrided(query)) return Refusal{why};
  const BinaryLoop loop = FindComparisonLoop(query.node.node().op, query.inputs[0]->dtype);
  if (loop == nullptr) return NoLoop(query);
  return std::make_unique<BinaryKernel>(loop, 1);
}

// Max and Min of any number of inputs, one after the other into the output.
class ExtremeKernel final : public Kernel {
 public:
  explicit ExtremeKernel(BinaryLoop loop) : loop_(loop) {}
  Status Run(const KernelCall& call) override {
    const Tensor& out = *call.outputs[0];
    // An input whose memory the output takes must be read before the first write.
    size_t first = 0;
    for (size_t k = 0; k < call.inputs.size(); ++k) {
      if (call.inputs[k]->raw() == out.raw()) first = k;
    }
    const Tensor& begin = *call.inputs[first];
    const size_t size = DTypeSize(out.dtype());
    const int64_t step = static_cast<int64_t>(size);
    const auto rows = BroadcastLoop<2>(out.dims(), {&begin.dims()});
    if (begin.raw() != out.raw()) {
      rows.Run(*call.pool, [&](const auto& at, int64_t n) {
        CopyRow(size, begin.raw() + at[0] * step, rows.stride(0), out.mutable_raw() + at[1] * step, 1, n);
      });
    }
    for (size_t k = 0; k < call.inputs.size(); ++k) {
      if (k != first) Join(call, out, *call.inputs[k]);
    }
    return {};
  }

 private:
  void Join(const KernelCall& call, const Tensor& a, const Tensor& b) const {
    const Tensor& out = *call.outputs[0];
    const int64_t size = static_cast<int64_t>(DTypeSize(out.dtype()));
    const auto rows = BroadcastLoop<3>(out.dims(), {&a.dims(), &b.dims()});
    rows.Run(*call.pool, [&](const auto& at, int64_t n) {
      loop_(a.raw() + at[0] * size, rows.stride(0), b.raw() + at[1] * size, rows.stride(1),
            out.mutable_raw() + at[2] * size, n);
    });
  }

  BinaryLoop loop_;
};

KernelChoice MakeExtreme(const KernelQuery& query) {
  if (const char* why = NotStrided(query)) return Refusal{why};
  const BinaryLoop loop = FindArithmeticLoop(query.node.node().op, query.inputs[0]->dtype);
  if (loop == nullptr) return NoLoop(query);
  return std::make_unique<ExtremeKernel>(loop);
}

// Max with one end, then Min with the other; a missing end leaves its step out.
class ClipKernel final : public Kernel {
 public:
  ClipKernel(BinaryLoop least, BinaryLoop most) : least_(least), most_(most) {}
  Status Run(const KernelCall& call) override {
    const Tensor* x = call.inputs[0];
    std::byte* out = call.outputs[0]->mutable_raw();
    const size_t size = DTypeSize(x->dtype());
    // The ends are kept aside: the output may take their memory.
    alignas(8) std::array<std::byte, 8> low{}, high{};
    const bool has_low = End(call, 1, size, low), has_high = End(call, 2, size, high);
    call.pool->ParallelFor(x->elements(), kGrain, [&](int64_t begin, int64_t end) {
      const size_t at = static_cast<size_t>(begin) * size;
      const int64_t n = end - begin;
      const std::byte* from = x->raw() + at;
      if (has_low) least_(from, 1, low.data(), 0, out + at, n);
      if (has_high) most_(has_low ? out + at : from, 1, high.data(), 0, out + at, n);
      if (!has_low && !has_high && from != out + at)
        std::copy_n(from, static_cast<size_t>(n) * size, out + at);
    });
    return {};
  }

 private:
  static bool End(const KernelCall& call, size_t k, size_t size, std::array<std::byte, 8>& to) {
    if (k >= call.inputs.size() || call.inputs[k] == nullptr) return false;
    std::copy_n(call.inputs[k]->raw(), size, to.data());
    return true;
  }

  BinaryLoop least_, most_;
};

KernelChoice MakeClip(const KernelQuery& query) {
  if (const char* why = NotStrided(query)) return Refusal{why};
  const DType dtype = query.inputs[0]->dtype;
  const BinaryLoop least = FindArithmeticLoop("Max", dtype), most = FindArithmeticLoop("Min", dtype);
  if (least == nullptr) return NoLoop(query);
  return std::make_unique<ClipKernel>(least, most);
}

constexpr KernelEntry kEntries[] = {{"loops.unary", kUnary, &MakeUnary},
                                    {"loops.test", kTests, &MakeTest},
                                    {"loops.binary", kArithmetic, &MakeArithmetic},
                                    {"loops.compare", kComparisons, &MakeComparison},
                                    {"loops.extreme", kExtremes, &MakeExtreme},
                                    {"loops.clip", kClip, &MakeClip}};

}  // namespace

std::span<const KernelEntry> ElementwiseKernels() { return kEntries; }

}  // namespace sinter
