// How good a classifier is, from its scores and the true labels.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace sinter {

// A number with its 95% interval.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;
  int64_t samples = 0;
};

// Wilson's score interval for `hits` of `samples` (E. B. Wilson, 1927); 95% with z = 1.96. No samples: [0,1].
Estimate WilsonInterval(int64_t hits, int64_t samples, double z = 1.959963985);

// Counts of (true class, predicted class), filled batch by batch. One thread.
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(int64_t classes);
  // Errors: a label or a prediction outside 0..classes-1; spans of unequal length.
  Status Add(std::span<const int64_t> labels, std::span<const int64_t> predictions);
  // Scores [n, classes], row-major; the prediction is the first largest. A NaN is an error that names its
  // row.
  Status AddScores(std::span<const int64_t> labels, std::span<const float> scores);

  int64_t classes() const { return classes_; }
  int64_t samples() const { return samples_; }
  int64_t At(int64_t truth, int64_t predicted) const {
    return counts_[static_cast<size_t>(truth * classes_ + predicted)];
  }
  Estimate Accuracy() const;
  // Of class c; 0 where nothing was predicted (precision) or present (recall).
  double Precision(int64_t c) const;
  double Recall(int64_t c) const;
  double F1(int64_t c) const;
  double MacroF1() const;  // mean over the classes that are present

 private:
  int64_t classes_;
  int64_t samples_ = 0;
  std::vector<int64_t> counts_;
};

// Expected calibration error: the mean over equal-width bins of confidence of |accuracy - confidence|,
// weighted by the bins' samples (Naeini et al., AAAI 2015). Scores are probabilities [n, classes].
class Calibration {
 public:
  explicit Calibration(int bins = 15);
  Status Add(std::span<const int64_t> labels, std::span<const float> probabilities, int64_t classes);
  double ExpectedError() const;

 private:
  struct Bin {
    int64_t samples = 0;
    int64_t hits = 0;
    double confidence = 0;
  };
  std::vector<Bin> bins_;
};

}  // namespace sinter
