#include "platform/serving/traffic_features.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr int64_t kMostNumbers = 4096;
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kOfClass = 2;  // of a classifier; they come last
// There is always room for answers: for a class, and for some outputs of numbers.
constexpr size_t kMostOfOutputs = 32;

// Whether a row of it is one number.
bool IsOne(const TensorSpec& spec, bool rows_first) {
  const auto sizes = std::span(spec.shape).subspan(rows_first ? 1 : 0);
  return std::ranges::all_of(sizes, [](const Dim& size) { return size.Constant() == 1; });
}

struct Moments {
  double mean = kMissing, spread = kMissing;
};

Moments MomentsOf(const Tensor& tensor, int64_t first, int64_t count) {
  // Of what is left of the numbers without the first: large ones that differ little keep their spread.
  double origin = 0, sum = 0, squares = 0;
  count = std::min(kMostNumbers, count);
  if (count < 1) return {};
  bool begun = false;
  DispatchDType(tensor.dtype(), [&]<class T>() {
    for (const T of : tensor.data<T>().subspan(static_cast<size_t>(first), static_cast<size_t>(count))) {
      double value = 0;
      if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>)
        value = static_cast<double>(static_cast<float>(of));
      else if constexpr (std::is_arithmetic_v<T>)
        value = static_cast<double>(of);
      if (!begun) origin = value;
      begun = true;
      sum += value - origin;
      squares += (value - origin) * (value - origin);
    }
  });
  const double n = static_cast<double>(count), mean = sum / n;
  const double spread = std::sqrt(std::max(0.0, squares / n - mean * mean));
  if (!std::isfinite(origin + mean) || !std::isfinite(spread)) return {};
  return {origin + mean, spread};
}

// Indexes of classes are the same values only where the classes are.
Sha256Digest LayoutOf(std::span<const TrafficFeature> list, const ModelInterface& model,
                      const AnswerReader& answers) {
  Sha256 hash;
  for (const TrafficFeature& feature : list)
    hash.Update(
        std::string_view(fmt::format("{}\n{} {}\n", feature.name, feature.classes, feature.of_input)));
  for (const TensorSpec& input : model.inputs) {
    for (const std::string& name : input.categories) hash.Update(std::string_view(name + "\n"));
  }
  for (const std::string& name : answers.classes) hash.Update(std::string_view(name + "\n"));
  return hash.Finish();
}

}  // namespace

void TrafficFeatures::Add(const TensorSpec& spec, bool rows_first, Source source, std::string_view what,
                          bool named) {
  if (spec.dtype == DType::kString) return;
  source.one = IsOne(spec, rows_first);
  const size_t room = kMost - (answers_.classifies() ? kOfClass : 0) - (source.output ? 0 : reserved_);
  if (list_.size() + (source.one ? 1 : 2) > room) {
    ++left_out_;
    return;
  }
  sources_.push_back(source);
  const std::string name = fmt::format("{} {}", what, spec.name);
  const bool input = !source.output;
  if (source.one) {
    list_.push_back({name, static_cast<int32_t>(spec.categories.size()), input});
    return;
  }
  // The only one needs no name.
  for (const char* moment : {"mean", "spread"})
    list_.push_back({fmt::format("{} {}", named ? name : std::string(what), moment), 0, input});
}

TrafficFeatures TrafficFeatures::Of(const ModelInterface& model, const AnswerReader& answers) {
  TrafficFeatures features;
  features.answers_ = answers;
  const auto numbers = [&](size_t i) {
    // Beside a class, whole numbers say the class once more, or which thing it is, not how much.
    return static_cast<int>(i) != answers.output &&
           (!answers.classifies() || IsFloat(model.outputs[i].dtype));
  };
  for (size_t i = 0; i < model.outputs.size(); ++i) features.reserved_ += numbers(i) ? 2 : 0;
  features.reserved_ = std::min(features.reserved_, kMostOfOutputs);
  for (size_t i = 0; i < model.inputs.size(); ++i)
    features.Add(model.inputs[i], model.rows_first, {.tensor = i}, "input", model.inputs.size() > 1);
  for (size_t i = 0; i < model.outputs.size(); ++i) {
    if (!numbers(i)) continue;
    features.Add(model.outputs[i], model.rows_first, {.output = true, .tensor = i}, "output",
                 model.outputs.size() > 1);
  }
  if (answers.classifies()) {
    features.list_.push_back({"confidence", 0, false});
    features.list_.push_back({"class", static_cast<int32_t>(answers.classes.size()), false});
  }
  features.layout_ = LayoutOf(features.list_, model, answers);
  return features;
}

void TrafficFeatures::Read(std::span<const Tensor> inputs, std::span<const Tensor> outputs, int64_t row,
                           int64_t rows, std::span<double> values) const {
  size_t at = 0;
  for (const Source& source : sources_) {
    const std::span<const Tensor> given = source.output ? outputs : inputs;
    const size_t count = source.one ? 1 : 2;
    std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(at), count, kMissing);
    if (source.tensor < given.size() && row < rows) {
      const Tensor& tensor = given[source.tensor];
      const int64_t of_row = tensor.elements() / rows;
      if (!source.one) {
        const Moments moments = MomentsOf(tensor, row * of_row, of_row);
        values[at] = moments.mean;
        values[at + 1] = moments.spread;
      } else if (of_row == 1) {
        const double value = tensor.AsDouble(row);
        const bool missing = !std::isfinite(value) || (list_[at].classes > 0 && value < 0);
        values[at] = missing ? kMissing : value;
      }
    }
    at += count;
  }
  if (!answers_.classifies()) return;
  const ClassAnswer answer = answers_.Read(outputs, row, rows);
  values[at] = answer.index < 0 ? kMissing : answer.confidence;
  values[at + 1] = answer.index < 0 ? kMissing : static_cast<double>(answer.index);
}

ClassAnswer TrafficFeatures::Answer(std::span<const double> values) const {
  if (!answers_.classifies() || std::isnan(values[list_.size() - 1])) return {};
  return {static_cast<int64_t>(values[list_.size() - 1]), values[list_.size() - kOfClass]};
}

void TrafficRows::Add(std::span<const double> of, int64_t revision) {
  values.insert(values.end(), of.begin(), of.end());
  revisions.push_back(revision);
}

std::vector<double> TrafficRows::Column(size_t feature) const {
  std::vector<double> column;
  column.reserve(size());
  for (size_t i = 0; i < size(); ++i) column.push_back(row(i)[feature]);
  return column;
}

TrafficRows TrafficRows::AnsweredBy(int64_t revision) const {
  TrafficRows rows{features, {}, {}};
  for (size_t i = 0; i < size(); ++i) {
    if (revisions[i] == revision) rows.Add(row(i), revision);
  }
  return rows;
}

}  // namespace sinter
