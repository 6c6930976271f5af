// What requests and answers look like, as figures that can be compared.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/hash.h"
#include "engine/tensor/tensor.h"
#include "platform/serving/answer_reader.h"
#include "platform/serving/model_interface.h"

namespace sinter {

struct TrafficFeature {
  std::string name;     // "input petal", "input mean", "output price", "confidence", "class"
  int32_t classes = 0;  // above 0: a value is the index of one of so many, and none is more than another
  bool of_input = false;
};

// The features of a model's requests and answers. Of an input that is one number or one class a row, that; of
// any other the mean and the spread (standard deviation) of its first 4,096 numbers. Of a classifier's answer
// the class and the confidence; of other outputs of numbers the same as of inputs. Made once; any thread.
class TrafficFeatures {
 public:
  static constexpr size_t kMost = 256;  // the inputs' come first
  static TrafficFeatures Of(const ModelInterface& model, const AnswerReader& answers);

  std::span<const TrafficFeature> list() const { return list_; }
  size_t size() const { return list_.size(); }
  int64_t left_out() const { return left_out_; }  // inputs and outputs for which there was no room
  // Of one row of a request and its answer: a value for each feature. NaN: it is missing, or no number; so is
  // what there is of outputs where none are given. Allocates nothing.
  void Read(std::span<const Tensor> inputs, std::span<const Tensor> outputs, int64_t row, int64_t rows,
            std::span<double> values) const;
  // What the classifier said, from values that were read; of other models no class.
  ClassAnswer Answer(std::span<const double> values) const;
  // Whether values of one are values of the other: by a hash of the list, for it is asked of every request.
  bool operator==(const TrafficFeatures& other) const { return layout_ == other.layout_; }

 private:
  struct Source {
    bool output = false;
    size_t tensor = 0;
    bool one = false;  // value: its only number; else two values, mean and spread
  };
  void Add(const TensorSpec& spec, bool rows_first, Source source, std::string_view what, bool named);
  std::vector<TrafficFeature> list_;
  std::vector<Source> sources_;  // in the order of the features
  AnswerReader answers_;
  size_t reserved_ = 0;  // room for outputs
  int64_t left_out_ = 0;
  Sha256Digest layout_;
};

// Values of the same features, one row after another, and by which revision (its number) each was answered.
struct TrafficRows {
  TrafficFeatures features;
  std::vector<double> values;
  std::vector<int64_t> revisions;
  size_t size() const { return revisions.size(); }
  std::span<const double> row(size_t i) const {
    return std::span(values).subspan(i * features.size(), features.size());
  }
  void Add(std::span<const double> of, int64_t revision);
  std::vector<double> Column(size_t feature) const;
  TrafficRows AnsweredBy(int64_t revision) const;
};

}  // namespace sinter
