#include "platform/serving/warm_up.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "base/random.h"

namespace sinter {
namespace {

constexpr uint64_t kSeed = 20260;
// A batch of another size may sum in another order; a model that mixes rows is off by far more.
constexpr double kRowsApartTolerance = 1e-3;
constexpr int64_t kEachUpTo = 32;
constexpr int kTimedRuns = 9;

struct Outputs {
  std::vector<Tensor> tensors;  // copies
  double ms = 0;
};

Result<Outputs> RunOnce(Session& session, std::string_view function, std::span<const Tensor> inputs) {
  const auto before = std::chrono::steady_clock::now();
  TRY(const auto results, session.Run(function, inputs));
  Outputs outputs;
  outputs.ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count();
  for (const Value& value : results) {
    TRY(outputs.tensors.emplace_back(), value.tensor().Clone());
  }
  return outputs;
}

int64_t CountNotFinite(const Tensor& tensor) {
  int64_t count = 0;
  DispatchIn<kFloats>(tensor.dtype(), [&]<class T>() {
    for (const T x : tensor.data<T>()) count += !std::isfinite(static_cast<double>(static_cast<float>(x)));
  });
  return count;
}

// Most |a[i] - b[i]| / max |a|, a's numbers against the first ones of b.
double Difference(const Tensor& a, const Tensor& b) {
  if (a.dtype() == DType::kString) return 0;
  double scale = 1e-30, most = 0;
  for (int64_t i = 0; i < a.elements(); ++i) scale = std::max(scale, std::abs(a.AsDouble(i)));
  for (int64_t i = 0; i < a.elements(); ++i)
    most = std::max(most, std::abs(a.AsDouble(i) - b.AsDouble(i)) / scale);
  return most;
}

double Median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

Result<double> MedianOfRuns(Session& session, std::string_view function, std::span<const Tensor> inputs,
                            WarmUpReport& report) {
  std::vector<double> times;
  double total = 0;
  for (int i = 0; i < kTimedRuns && (i < 3 || total < 500); ++i) {
    TRY(const Outputs outputs, RunOnce(session, function, inputs));
    times.push_back(outputs.ms);
    total += outputs.ms;
    ++report.runs;
  }
  return Median(std::move(times));
}

}  // namespace

Result<std::vector<Tensor>> SampleInputs(const Module& module, const ModelInterface& model,
                                         std::string_view function, int64_t rows) {
  const auto row_symbol = model.rows_first ? model.inputs[0].shape[0].SymbolName() : std::nullopt;
  auto size_of = [&](std::string_view symbol) -> std::optional<int64_t> {
    if (row_symbol && symbol == *row_symbol) return rows;
    const auto bound = module.symbols.find(symbol);
    return bound == module.symbols.end() ? 1 : std::max<int64_t>(1, bound->second.lo);
  };
  std::vector<Tensor> inputs;
  for (const TensorSpec& spec : model.inputs) {
    Dims dims;
    for (const Dim& dim : spec.shape) {
      TRY(dims.emplace_back(), dim.Evaluate(size_of));
    }
    TRY(Tensor tensor, Tensor::Create(spec.dtype, std::move(dims), true));
    // Numbers are drawn by their place, so that the first row is the same in a batch of any size.
    const uint64_t stream = inputs.size();
    DispatchDType(spec.dtype, [&]<class T>() {
      uint64_t i = 0;
      for (T& x : tensor.mutable_data<T>()) {
        if constexpr (kFloats.Has(DTypeOf<T>()))
          x = static_cast<T>(static_cast<float>(RandomUniform(kSeed, stream, i++)));
        else
          x = static_cast<T>(RandomBelow(kSeed, stream, i++, 2));
      }
    });
    inputs.push_back(std::move(tensor));
  }
  if (auto fits = model.Check(inputs); !fits)
    return Unsupported(fmt::format("@{} cannot be warmed: {}", function, fits.error().message));
  return inputs;
}

Result<WarmUpReport> WarmUp(Session& session, const Module& module, const ModelInterface& model,
                            std::string_view function, int64_t max_rows) {
  WarmUpReport report;
  TRY(const auto one, SampleInputs(module, model, function, 1));
  TRY(const Outputs alone, RunOnce(session, function, one));
  report.first_ms = alone.ms;
  report.runs = 1;
  for (const Tensor& tensor : alone.tensors) report.not_finite += CountNotFinite(tensor);
  const int64_t most = model.rows_first ? std::clamp<int64_t>(max_rows, 1, model.most_rows) : 1;
  for (int64_t rows = 2; rows <= most; rows = rows < kEachUpTo ? rows + 1 : std::min(rows * 2, most)) {
    TRY(const auto inputs, SampleInputs(module, model, function, rows));
    TRY(const Outputs outputs, RunOnce(session, function, inputs));
    ++report.runs;
    report.batch_rows = rows;
    for (size_t i = 0; i < outputs.tensors.size(); ++i) {
      report.not_finite += CountNotFinite(outputs.tensors[i]);
      report.batch_difference =
          std::max(report.batch_difference, Difference(alone.tensors[i], outputs.tensors[i]));
    }
    if (rows == most) break;
  }
  report.rows_apart = most > 1 && report.batch_difference <= kRowsApartTolerance;
  TRY(report.median_ms, MedianOfRuns(session, function, one, report));
  report.median_batch_ms = report.median_ms;
  if (most > 1) {
    TRY(const auto inputs, SampleInputs(module, model, function, most));
    TRY(report.median_batch_ms, MedianOfRuns(session, function, inputs, report));
  }
  return report;
}

}  // namespace sinter
