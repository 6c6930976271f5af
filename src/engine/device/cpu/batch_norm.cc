// BatchNormalization, given or made statistics, and its gradient. Statistics are made plane by plane and
// joined in order (Chan, Golub and LeVeque, 1983), so that their bits do not depend on the split.
#include <algorithm>
#include <array>
#include <cmath>

#include "engine/device/cpu/fold_loops.h"
#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/norm_loops.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 1> kForward = {"BatchNormalization"};
constexpr std::array<std::string_view, 1> kGradient = {"sinter.BatchNormGrad"};

// [n, c, area]; with an area of 1 the channels are columns.
struct Planes {
  int64_t n = 0, c = 0, area = 1;
  int64_t count() const { return n * c; }
  double elements() const { return static_cast<double>(std::max<int64_t>(1, n * area)); }
  int64_t At(int64_t plane, int64_t channel) const { return (plane * c + channel) * area; }
};

Planes PlanesOf(const Dims& dims) { return {dims[0], dims[1], Product(dims, 2, dims.size())}; }

constexpr int64_t kColumns = 64;  // channels whose sums a thread keeps at hand

// Runs steps one after another: those of (n, c) on all planes, those of (c) on all channels. Where there are
// enough channels a range does all steps of one before the next, whose planes are then still in the cache.
template <class... Steps>
void ByChannel(ThreadPool& pool, const Planes& p, Steps&&... steps) {
  auto channel = [&](auto& step, int64_t c) {
    if constexpr (std::is_invocable_v<decltype(step), int64_t, int64_t>) {
      for (int64_t n = 0; n < p.n; ++n) step(n, c);
    } else {
      step(c);
    }
  };
  if (p.c >= 4 * pool.threads() || p.n == 1) {
    const int64_t work = std::max<int64_t>(1, p.n * p.area);
    pool.ParallelFor(p.c, std::max<int64_t>(1, kGrain / 4 / work), [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c) (channel(steps, c), ...);
    });
    return;
  }
  const int64_t grain = std::max<int64_t>(1, kGrain / 4 / std::max<int64_t>(1, p.area));
  auto all = [&](auto& step) {
    if constexpr (std::is_invocable_v<decltype(step), int64_t, int64_t>) {
      pool.ParallelFor(p.count(), grain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) step(i / p.c, i % p.c);
      });
    } else {
      for (int64_t c = 0; c < p.c; ++c) step(c);
    }
  };
  (all(steps), ...);
}

struct MeanAndSquares {
  double mean, squares;
};

template <class T>
MeanAndSquares OfPlane(const T* x, int64_t area) {
  if (area == 0) return {0, 0};
  const double mean = FoldRow(SumFold(), x, area) / static_cast<double>(area);
  return {mean, SquaredDeviations(x, area, mean)};
}

// The mean and variance of channel c from those of its planes, of `area` elements each.
MeanAndSquares Joined(const MeanAndSquares* planes, const Planes& p, int64_t c) {
  if (p.area == 0) return {0, 0};
  double mean = 0, squares = 0, count = 0;
  const double area = static_cast<double>(p.area);
  for (int64_t n = 0; n < p.n; ++n) {
    const MeanAndSquares& plane = planes[n * p.c + c];
    const double apart = plane.mean - mean, all = count + area;
    mean += apart * area / all;
    squares += plane.squares + apart * apart * count * area / all;
    count = all;
  }
  return {mean, squares / p.elements()};
}

// Mean and variance of `width` columns of x, whose rows are `stride` apart.
template <class T>
void ColumnStatistics(const T* x, const Planes& p, int64_t width, double* mean, double* variance) {
  std::fill_n(mean, width, 0.0);
  std::fill_n(variance, width, 0.0);
  for (int64_t n = 0; n < p.n; ++n) FoldColumns(SumFold(), x + n * p.c, width, mean);
  for (int64_t i = 0; i < width; ++i) mean[i] /= p.elements();
  for (int64_t n = 0; n < p.n; ++n) DeviationColumns(x + n * p.c, width, mean, variance);
  for (int64_t i = 0; i < width; ++i) variance[i] /= p.elements();
}

// Splits the channels into tiles of columns.
template <class F>
void ByColumns(ThreadPool& pool, const Planes& p, F&& f) {
  const int64_t tiles = (p.c + kColumns - 1) / kColumns;
  pool.ParallelFor(tiles, std::max<int64_t>(1, kGrain / 4 / std::max<int64_t>(1, p.n * kColumns)),
                   [&](int64_t begin, int64_t end) {
                     for (int64_t t = begin; t < end; ++t)
                       f(t * kColumns, std::min(kColumns, p.c - t * kColumns));
                   });
}

template <class T>
class BatchNormKernel final : public Kernel {
 public:
  explicit BatchNormKernel(const NodeView& node)
      : training_(node.Int("training_mode") != 0),
        epsilon_(node.Float("epsilon")),
        keep_(node.Float("momentum")) {}

  size_t WorkspaceBytes(std::span<const Tensor* const> inputs, std::span<Tensor* const>) const override {
    const Planes p = PlanesOf(inputs[0]->dims());
    return training_ && p.area != 1 ? static_cast<size_t>(p.count()) * sizeof(MeanAndSquares) +
                                          static_cast<size_t>(p.c) * sizeof(RowShift)
                                    : 0;
  }

  Status Run(const KernelCall& call) override {
    const Planes p = PlanesOf(call.inputs[0]->dims());
    const T* x = call.inputs[0]->data<T>().data();
    T* y = call.outputs[0]->mutable_data<T>().data();
    if (p.area == 1) {
      ByColumns(*call.pool, p, [&](int64_t c, int64_t width) { Columns(call, p, x + c, y + c, c, width); });
    } else if (training_) {
      auto* planes = reinterpret_cast<MeanAndSquares*>(call.workspace.data());
      auto* shifts = reinterpret_cast<RowShift*>(planes + p.count());
      ByChannel(
          *call.pool, p, [&](int64_t n, int64_t c) { planes[n * p.c + c] = OfPlane(x + p.At(n, c), p.area); },
          [&](int64_t c) {
            const MeanAndSquares s = Joined(planes, p, c);
            KeepRunning(call, c, s.mean, s.squares);
            shifts[c] = Shift(call, c, s.mean, s.squares);
          },
          [&](int64_t n, int64_t c) { ShiftRow(x + p.At(n, c), y + p.At(n, c), p.area, shifts[c]); });
    } else {
      call.pool->ParallelFor(p.count(), std::max<int64_t>(1, kGrain / std::max<int64_t>(1, p.area)),
                             [&](int64_t begin, int64_t end) {
                               for (int64_t i = begin; i < end; ++i) {
                                 const int64_t c = i % p.c;
                                 ShiftRow(x + i * p.area, y + i * p.area, p.area,
                                          Shift(call, c, At(call, 3, c), At(call, 4, c)));
                               }
                             });
    }
    return {};
  }

 private:
  static double At(const KernelCall& call, size_t input, int64_t c) {
    return static_cast<double>(call.inputs[input]->data<T>()[static_cast<size_t>(c)]);
  }
  RowShift Shift(const KernelCall& call, int64_t c, double mean, double variance) const {
    return {mean, At(call, 1, c) / std::sqrt(variance + epsilon_), At(call, 2, c)};
  }
  void KeepRunning(const KernelCall& call, int64_t c, double mean, double variance) const {
    for (size_t k = 1; k < call.outputs.size(); ++k) {
      if (call.outputs[k] == nullptr) continue;
      const double now = k == 1 ? mean : variance;
      call.outputs[k]->mutable_data<T>()[static_cast<size_t>(c)] =
          static_cast<T>(At(call, k + 2, c) * keep_ + now * (1 - keep_));
    }
  }

  // Channels c, c + 1, ... of an input whose channels are columns.
  void Columns(const KernelCall& call, const Planes& p, const T* x, T* y, int64_t c, int64_t width) const {
    std::array<double, kColumns> mean, variance;
    std::array<double, kColumns> factors, biases;
    if (training_) ColumnStatistics(x, p, width, mean.data(), variance.data());
    for (size_t i = 0; i < static_cast<size_t>(width); ++i) {
      const int64_t at = c + static_cast<int64_t>(i);
      if (training_) {
        KeepRunning(call, at, mean[i], variance[i]);
      } else {
        mean[i] = At(call, 3, at);
        variance[i] = At(call, 4, at);
      }
      const RowShift shift = Shift(call, at, mean[i], variance[i]);
      factors[i] = shift.factor;
      biases[i] = shift.bias;
    }
    for (int64_t n = 0; n < p.n; ++n)
      ShiftColumns(x + n * p.c, y + n * p.c, width, mean.data(), factors.data(), biases.data());
  }

  bool training_;
  double epsilon_, keep_;
};

// With s = sqrt(variance + epsilon): dX = scale / s (dY - sum(dY) / n - (x - mean) sum(dY (x - mean)) / (n
// s^2)), dscale = sum(dY (x - mean)) / s.
template <class T>
class BatchNormGradKernel final : public Kernel {
 public:
  explicit BatchNormGradKernel(const NodeView& node) : epsilon_(node.Float("epsilon")) {}

  size_t WorkspaceBytes(std::span<const Tensor* const> inputs, std::span<Tensor* const>) const override {
    const Planes p = PlanesOf(inputs[1]->dims());
    return p.area == 1 ? 0
                       : static_cast<size_t>(p.count()) * (sizeof(MeanAndSquares) + sizeof(RowSums)) +
                             static_cast<size_t>(p.c) * (sizeof(MeanAndSquares) + sizeof(RowGradient));
  }

  Status Run(const KernelCall& call) override {
    const Planes p = PlanesOf(call.inputs[1]->dims());
    const T* dy = call.inputs[0]->data<T>().data();
    const T* x = call.inputs[1]->data<T>().data();
    T* dx = call.outputs[0] == nullptr ? nullptr : call.outputs[0]->mutable_data<T>().data();
    if (p.area == 1) {
      ByColumns(*call.pool, p, [&](int64_t c, int64_t width) {
        Columns(call, p, dy + c, x + c, dx == nullptr ? nullptr : dx + c, c, width);
      });
      return {};
    }
    auto* planes = reinterpret_cast<MeanAndSquares*>(call.workspace.data());
    auto* sums = reinterpret_cast<RowSums*>(planes + p.count());
    auto* statistics = reinterpret_cast<MeanAndSquares*>(sums + p.count());
    auto* gradients = reinterpret_cast<RowGradient*>(statistics + p.c);
    ByChannel(
        *call.pool, p, [&](int64_t n, int64_t c) { planes[n * p.c + c] = OfPlane(x + p.At(n, c), p.area); },
        [&](int64_t c) { statistics[c] = Joined(planes, p, c); },
        [&](int64_t n, int64_t c) {
          sums[n * p.c + c] =
              GradientSums(dy + p.At(n, c), x + p.At(n, c), nullptr, p.area, statistics[c].mean);
        },
        [&](int64_t c) {
          RowSums all;
          for (int64_t n = 0; n < p.n; ++n) {
            all.plain += sums[n * p.c + c].plain;
            all.projected += sums[n * p.c + c].projected;
          }
          gradients[c] = Gradient(call, p, c, statistics[c], all);
        },
        [&](int64_t n, int64_t c) {
          if (dx != nullptr)
            GradientRow(dy + p.At(n, c), x + p.At(n, c), nullptr, dx + p.At(n, c), p.area, gradients[c]);
        });
    return {};
  }

 private:
  // Writes the channel's dscale and dB, too.
  RowGradient Gradient(const KernelCall& call, const Planes& p, int64_t c, const MeanAndSquares& s,
                       const RowSums& all) const {
    const double inverse = 1 / std::sqrt(s.squares + epsilon_);
    const size_t at = static_cast<size_t>(c);
    if (call.outputs[1] != nullptr)
      call.outputs[1]->mutable_data<T>()[at] = static_cast<T>(all.projected * inverse);
    if (call.outputs[2] != nullptr) call.outputs[2]->mutable_data<T>()[at] = static_cast<T>(all.plain);
    return {s.mean, static_cast<double>(call.inputs[2]->data<T>()[at]) * inverse, all.plain / p.elements(),
            all.projected / p.elements() * inverse * inverse};
  }

  void Columns(const KernelCall& call, const Planes& p, const T* dy, const T* x, T* dx, int64_t c,
               int64_t width) const {
    std::array<double, kColumns> mean, variance, plain{}, projected{};
    std::array<double, kColumns> factors;
    ColumnStatistics(x, p, width, mean.data(), variance.data());
    for (int64_t n = 0; n < p.n; ++n) {
      GradientSumColumns(dy + n * p.c, x + n * p.c, width, mean.data(), plain.data(), projected.data());
    }
    for (size_t i = 0; i < static_cast<size_t>(width); ++i) {
      const RowGradient g =
          Gradient(call, p, c + static_cast<int64_t>(i), {mean[i], variance[i]}, {plain[i], projected[i]});
      factors[i] = g.factor;
      plain[i] = g.plain;
      projected[i] = g.projected;
    }
    for (int64_t n = 0; dx != nullptr && n < p.n; ++n) {
      GradientOfColumns(dy + n * p.c, x + n * p.c, dx + n * p.c, width, mean.data(), factors.data(),
                        plain.data(), projected.data());
    }
  }

  double epsilon_;
};

template <template <class> class K, size_t kData>
KernelChoice Make(const KernelQuery& query) {
  for (const auto* list : {&query.inputs, &query.outputs}) {
    for (const Type* type : *list) {
      if (type != nullptr && type->dtype != query.inputs[kData]->dtype) return Refusal{"mixed dtypes"};
    }
  }
  if (query.inputs[kData]->dtype == DType::kF32) return std::make_unique<K<float>>(query.node);
  if (query.inputs[kData]->dtype == DType::kF64) return std::make_unique<K<double>>(query.node);
  return Refusal{"serves f32 and f64 alone"};
}

constexpr KernelEntry kEntries[] = {{"loops.batch_norm", kForward, &Make<BatchNormKernel, 0>},
                                    {"loops.batch_norm_grad", kGradient, &Make<BatchNormGradKernel, 1>}};

}  // namespace

std::span<const KernelEntry> BatchNormKernels() { return kEntries; }

}  // namespace sinter
