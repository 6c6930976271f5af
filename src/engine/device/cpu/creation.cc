// Values out of nothing: ranges, random numbers, and dropout by them.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/random.h"
#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/random_loops.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 1> kRange = {"Range"};
constexpr std::array<std::string_view, 2> kRandom = {"sinter.RandomNormal", "sinter.RandomUniform"};
constexpr std::array<std::string_view, 1> kDropout = {"sinter.SeededDropout"};

constexpr int64_t kBits = 256;           // drawn at once, on the stack
constexpr int64_t kDrawn = kGrain / 16;  // numbers worth a second thread

// How many numbers the output holds was found when sizes were inferred.
template <class T>
class RangeKernel final : public Kernel {
  using A = std::conditional_t<std::is_floating_point_v<T>, double, T>;

 public:
  Status Run(const KernelCall& call) override {
    const A first = static_cast<A>(call.inputs[0]->data<T>()[0]),
            step = static_cast<A>(call.inputs[2]->data<T>()[0]);
    if (step == 0) return InvalidArgument("Range: delta is 0; give another");
    T* y = call.outputs[0]->mutable_data<T>().data();
    call.pool->ParallelFor(call.outputs[0]->elements(), kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) y[i] = static_cast<T>(first + static_cast<A>(i) * step);
    });
    return {};
  }
};

KernelChoice MakeRange(const KernelQuery& query) {
  std::unique_ptr<Kernel> kernel;
  DispatchIn<DTypeSet{DType::kF32, DType::kF64, DType::kI32, DType::kI64}>(
      query.inputs[0]->dtype, [&]<class T>() { kernel = std::make_unique<RangeKernel<T>>(); });
  if (kernel == nullptr) return Refusal{fmt::format("no loop for {}", DTypeName(query.inputs[0]->dtype))};
  return kernel;
}

RandomKey KeyOf(const Tensor& seed, int64_t stream) {
  return {static_cast<uint64_t>(seed.AsInt(0)), static_cast<uint64_t>(stream)};
}

// Calls f(begin, n, bits) for pieces of 0..elements-1 with the random bits of first + begin and on.
template <class F>
void WithBits(ThreadPool& pool, const RandomKey& key, uint64_t first, int64_t elements, F&& f) {
  pool.ParallelFor(elements, kDrawn, [&](int64_t begin, int64_t end) {
    std::array<uint64_t, kBits> bits;
    for (int64_t i = begin; i < end; i += kBits) {
      const int64_t n = std::min(kBits, end - i);
      RandomRow(key, first + static_cast<uint64_t>(i), n, bits.data());
      f(i, n, bits.data());
    }
  });
}

template <class T>
class RandomKernel final : public Kernel {
 public:
  explicit RandomKernel(const NodeView& node)
      : normal_(node.node().op == "sinter.RandomNormal"),
        stream_(node.Int("stream")),
        base_(node.Float(normal_ ? "mean" : "low")),
        width_(normal_ ? node.Float("scale") : node.Float("high") - base_) {}
  Status Run(const KernelCall& call) override {
    const RandomKey key = KeyOf(*call.inputs[1], stream_);
    const uint64_t first = static_cast<uint64_t>(call.inputs[2]->AsInt(0));
    const int64_t elements = call.outputs[0]->elements();
    T* y = call.outputs[0]->mutable_data<T>().data();
    if (normal_) {
      // The logarithm and the cosine are the C library's: another's would give other bits.
      call.pool->ParallelFor(elements, kDrawn / 8, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          y[i] = static_cast<T>(base_ +
                                width_ * RandomNormal(key.key, key.stream, first + static_cast<uint64_t>(i)));
        }
      });
      return {};
    }
    WithBits(*call.pool, key, first, elements, [&](int64_t begin, int64_t n, const uint64_t* bits) {
      UniformRow(bits, base_, width_, n, y + begin);
    });
    return {};
  }

 private:
  bool normal_;
  int64_t stream_;
  double base_, width_;
};

KernelChoice MakeRandom(const KernelQuery& query) {
  if (query.outputs[0]->dtype == DType::kF32) return std::make_unique<RandomKernel<float>>(query.node);
  if (query.outputs[0]->dtype == DType::kF64) return std::make_unique<RandomKernel<double>>(query.node);
  return Refusal{"serves f32 and f64 alone"};
}

template <class T>
class DropoutKernel final : public Kernel {
 public:
  explicit DropoutKernel(const NodeView& node)
      : stream_(node.Int("stream")),
        kept_(1 - node.Float("ratio")),
        threshold_(static_cast<uint64_t>(std::ceil(std::ldexp(node.Float("ratio"), 53)))) {}
  Status Run(const KernelCall& call) override {
    const Tensor& in = *call.inputs[0];
    const uint64_t first = static_cast<uint64_t>(call.inputs[2]->AsInt(0) * Product(in.dims(), 1, in.rank()));
    const T* x = in.data<T>().data();
    T* y = call.outputs[0]->mutable_data<T>().data();
    WithBits(*call.pool, KeyOf(*call.inputs[1], stream_), first, in.elements(),
             [&](int64_t begin, int64_t n, const uint64_t* bits) {
               DropRow(x + begin, bits, threshold_, kept_, n, y + begin);
             });
    return {};
  }

 private:
  int64_t stream_;
  double kept_;
  uint64_t threshold_;  // a uniform number is at least the ratio where its 53 bits are at least this
};

KernelChoice MakeDropout(const KernelQuery& query) {
  if (query.inputs[0]->dtype == DType::kF32) return std::make_unique<DropoutKernel<float>>(query.node);
  if (query.inputs[0]->dtype == DType::kF64) return std::make_unique<DropoutKernel<double>>(query.node);
  return Refusal{"serves f32 and f64 alone"};
}

constexpr KernelEntry kEntries[] = {{"loops.range", kRange, &MakeRange},
                                    {"loops.random", kRandom, &MakeRandom},
                                    {"loops.dropout", kDropout, &MakeDropout}};

}  // namespace

std::span<const KernelEntry> CreationKernels() { return kEntries; }

}  // namespace sinter
