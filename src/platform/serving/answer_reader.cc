#include "platform/serving/answer_reader.h"

#include <algorithm>
#include <cmath>

#include "engine/signature/signature.h"

namespace sinter {
namespace {

// Calls f with the tensor's floats; false where it has none.
template <class F>
bool WithFloats(const Tensor& tensor, F f) {
  switch (tensor.dtype()) {
    case DType::kF32:
      f(tensor.data<float>());
      return true;
    case DType::kF64:
      f(tensor.data<double>());
      return true;
    case DType::kF16:
      f(tensor.data<Half>());
      return true;
    case DType::kBF16:
      f(tensor.data<BFloat16>());
      return true;
    default:
      return false;
  }
}

template <class T>
double AsNumber(T value) {
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>)
    return static_cast<double>(static_cast<float>(value));
  else
    return static_cast<double>(value);
}

}  // namespace

AnswerReader AnswerReader::Of(std::string_view signature, const ModelInterface& model) {
  AnswerReader reader;
  if (signature.empty()) return reader;
  auto parsed = ParseSignature(signature);
  if (!parsed || parsed->classes.empty()) return reader;
  const auto count = static_cast<int64_t>(parsed->classes.size());
  for (size_t i = 0; i < model.outputs.size(); ++i) {
    const TensorSpec& spec = model.outputs[i];
    const bool whole = spec.dtype == DType::kI64 || spec.dtype == DType::kI32;
    const bool scores = IsFloat(spec.dtype) && !spec.shape.empty() && spec.shape.back().Constant() == count;
    if (!scores && !whole) continue;
    reader.output = static_cast<int>(i);
    reader.scores = scores;
    for (const SignatureOutput& output : parsed->outputs) {
      if (output.name == spec.name) reader.probabilities = output.activation == OutputActivation::kSoftmax;
    }
    reader.classes = std::move(parsed->classes);
    return reader;
  }
  return reader;
}

ClassAnswer AnswerReader::Read(std::span<const Tensor> outputs, int64_t row, int64_t rows) const {
  ClassAnswer answer;
  if (output < 0 || static_cast<size_t>(output) >= outputs.size() || row >= rows) return answer;
  const Tensor& tensor = outputs[static_cast<size_t>(output)];
  const auto count = static_cast<int64_t>(classes.size());
  if (!scores) {
    if (tensor.elements() != rows || IsFloat(tensor.dtype())) return answer;
    const int64_t index = tensor.AsInt(row);
    if (index >= 0 && index < count) answer = {index, 1};
    return answer;
  }
  if (tensor.elements() != rows * count) return answer;
  WithFloats(tensor, [&](auto values) {
    const auto of_row = values.subspan(static_cast<size_t>(row * count), static_cast<size_t>(count));
    size_t best = 0;
    for (size_t c = 0; c < of_row.size(); ++c) {
      const double score = AsNumber(of_row[c]);
      if (std::isnan(score)) return;
      if (score > AsNumber(of_row[best])) best = c;
    }
    const double top = AsNumber(of_row[best]);
    double confidence = top;
    if (!probabilities) {
      double sum = 0;
      for (const auto score : of_row) sum += std::exp(AsNumber(score) - top);
      confidence = 1 / sum;
    }
    answer = {static_cast<int64_t>(best), confidence};
  });
  return answer;
}

bool AllFinite(const Tensor& tensor) {
  bool finite = true;
  WithFloats(tensor, [&](auto values) {
    finite = std::ranges::all_of(values, [](auto v) { return std::isfinite(AsNumber(v)); });
  });
  return finite;
}

double RelativeDifference(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.dims() != b.dims()) return 0;
  double difference = 0, largest = 0;
  WithFloats(a, [&](auto from) {
    using T = std::remove_cv_t<typename decltype(from)::element_type>;
    const auto to = b.data<T>();
    for (size_t i = 0; i < from.size(); ++i) {
      const double x = AsNumber(from[i]), y = AsNumber(to[i]);
      largest = std::max(largest, std::abs(x));
      difference = std::max(difference, std::abs(x - y));
    }
  });
  return difference == 0 ? 0 : difference / std::max(largest, 1e-300);
}

}  // namespace sinter
