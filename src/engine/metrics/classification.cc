#include "engine/metrics/classification.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace sinter {
namespace {

// The first largest of a row of scores. Errors: a NaN, which compares with nothing.
Result<int64_t> Best(std::span<const float> row, int64_t index) {
  size_t best = 0;
  for (size_t c = 0; c < row.size(); ++c) {
    if (std::isnan(row[c])) return InvalidArgument(fmt::format("scores: row {}, class {} is NaN", index, c));
    if (row[c] > row[best]) best = c;
  }
  return static_cast<int64_t>(best);
}

Status CheckRows(size_t labels, size_t scores, int64_t classes) {
  if (classes > 0 && scores == labels * static_cast<size_t>(classes)) return {};
  return InvalidArgument(
      fmt::format("{} labels need {} x {} scores, {} given", labels, labels, classes, scores));
}

}  // namespace

Estimate WilsonInterval(int64_t hits, int64_t samples, double z) {
  if (samples <= 0) return {0, 0, 1, 0};
  const double n = static_cast<double>(samples);
  const double p = static_cast<double>(hits) / n;
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {p, std::max(0.0, centre - half), std::min(1.0, centre + half), samples};
}

ConfusionMatrix::ConfusionMatrix(int64_t classes)
    : classes_(classes), counts_(static_cast<size_t>(classes * classes), 0) {}

Status ConfusionMatrix::Add(std::span<const int64_t> labels, std::span<const int64_t> predictions) {
  if (labels.size() != predictions.size()) {
    return InvalidArgument(fmt::format("{} labels, {} predictions", labels.size(), predictions.size()));
  }
  auto outside = [&](int64_t c) { return c < 0 || c >= classes_; };
  for (size_t i = 0; i < labels.size(); ++i) {
    if (outside(labels[i]) || outside(predictions[i])) {
      return InvalidArgument(fmt::format("example {}: label {} or prediction {} is outside 0..{}", i,
                                         labels[i], predictions[i], classes_ - 1));
    }
  }
  for (size_t i = 0; i < labels.size(); ++i)
    ++counts_[static_cast<size_t>(labels[i] * classes_ + predictions[i])];
  samples_ += static_cast<int64_t>(labels.size());
  return {};
}

Status ConfusionMatrix::AddScores(std::span<const int64_t> labels, std::span<const float> scores) {
  TRY_STATUS(CheckRows(labels.size(), scores.size(), classes_));
  std::vector<int64_t> predictions(labels.size());
  const size_t width = static_cast<size_t>(classes_);
  for (size_t i = 0; i < labels.size(); ++i) {
    TRY(predictions[i], Best(scores.subspan(i * width, width), static_cast<int64_t>(i)));
  }
  return Add(labels, predictions);
}

Estimate ConfusionMatrix::Accuracy() const {
  int64_t hits = 0;
  for (int64_t c = 0; c < classes_; ++c) hits += At(c, c);
  return WilsonInterval(hits, samples_);
}

double ConfusionMatrix::Precision(int64_t c) const {
  int64_t predicted = 0;
  for (int64_t t = 0; t < classes_; ++t) predicted += At(t, c);
  return predicted == 0 ? 0 : static_cast<double>(At(c, c)) / static_cast<double>(predicted);
}

double ConfusionMatrix::Recall(int64_t c) const {
  int64_t present = 0;
  for (int64_t p = 0; p < classes_; ++p) present += At(c, p);
  return present == 0 ? 0 : static_cast<double>(At(c, c)) / static_cast<double>(present);
}

double ConfusionMatrix::F1(int64_t c) const {
  const double sum = Precision(c) + Recall(c);
  return sum == 0 ? 0 : 2 * Precision(c) * Recall(c) / sum;
}

double ConfusionMatrix::MacroF1() const {
  double sum = 0;
  int64_t present = 0;
  for (int64_t c = 0; c < classes_; ++c) {
    int64_t rows = 0;
    for (int64_t p = 0; p < classes_; ++p) rows += At(c, p);
    if (rows == 0) continue;
    sum += F1(c);
    ++present;
  }
  return present == 0 ? 0 : sum / static_cast<double>(present);
}

Calibration::Calibration(int bins) : bins_(static_cast<size_t>(std::max(bins, 1))) {}

Status Calibration::Add(std::span<const int64_t> labels, std::span<const float> probabilities,
                        int64_t classes) {
  TRY_STATUS(CheckRows(labels.size(), probabilities.size(), classes));
  const size_t width = static_cast<size_t>(classes);
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto row = probabilities.subspan(i * width, width);
    TRY(const int64_t best, Best(row, static_cast<int64_t>(i)));
    const double confidence = std::clamp(static_cast<double>(row[static_cast<size_t>(best)]), 0.0, 1.0);
    const size_t index =
        std::min(bins_.size() - 1, static_cast<size_t>(confidence * static_cast<double>(bins_.size())));
    Bin& bin = bins_[index];
    ++bin.samples;
    bin.hits += best == labels[i];
    bin.confidence += confidence;
  }
  return {};
}

double Calibration::ExpectedError() const {
  int64_t samples = 0;
  double error = 0;
  for (const Bin& bin : bins_) {
    samples += bin.samples;
    error += std::abs(static_cast<double>(bin.hits) - bin.confidence);
  }
  return samples == 0 ? 0 : error / static_cast<double>(samples);
}

}  // namespace sinter
