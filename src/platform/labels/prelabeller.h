// What a model says of rows before people do, as prelabels: from probabilities, boxes, texts. Where those
// come from this room does not know.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/data/predictor.h"
#include "platform/labels/board.h"

namespace sinter {

// One thread.
class Prelabeller {
 public:
  virtual ~Prelabeller() = default;
  // Of rows begin to begin + count of a split, as many; none where the model says nothing that the labelling
  // knows.
  virtual Result<std::vector<std::optional<Prelabel>>> Say(const DatasetVersion& version, size_t split,
                                                           int64_t begin, int64_t count) = 0;
};

// For classification the likeliest class, for multi-label those that are likely enough. kInvalidArgument
// where the predictor knows none of the classes.
Result<std::unique_ptr<Prelabeller>> PrelabelClasses(std::unique_ptr<Predictor> predictor,
                                                     const LabellingSpec& spec);

struct Detection {
  LabelBox box;  // may leave the picture
  double score = 0;
};
inline constexpr size_t kMostDetections = 100;  // boxes of one prelabel: the surest
// Boxes of the rules' classes with a score of at least the threshold, cut to the picture; of those of one
// class that overlap by more than half (IoU), the surest alone. The confidence is the one of the least sure
// question: of a box that stands its score, of one that does not 1 - score.
Prelabel PrelabelBoxes(std::vector<Detection> found, const LabelRules& rules, double threshold);

// None of a text that no transcript may be: too long, no UTF-8.
std::optional<Prelabel> PrelabelText(std::string text, double confidence);

}  // namespace sinter
