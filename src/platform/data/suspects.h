// Labels that a model confidently disagrees with.
#pragma once

#include <functional>

#include "base/cancel.h"
#include "base/json.h"
#include "platform/data/predictor.h"

namespace sinter {

struct SuspectLabel {
  std::string split;
  int64_t row = 0;
  std::string label, predicted;
  double label_probability = 0, probability = 0;
};

struct SuspectSplit {
  std::string name;
  int64_t rows = 0;       // with a label that the model knows
  int64_t differing = 0;  // of which the model says another class
  int64_t suspects = 0;   // and is confident
};

struct SuspectReport {
  std::vector<SuspectSplit> splits;
  std::vector<SuspectLabel> examples;  // the clearest first, at most 200
};

// Confident learning (Northcutt, Jiang and Chuang, JAIR 2021): the model is confident of class j where it
// gives j at least the mean probability that it gives j on the rows labelled j, in that split. A row is
// suspect when such a j is what the model says and its label is another. On rows that the model was trained
// on it has learnt wrong labels too, and sees fewer. Errors: no label, no class in common.
Result<SuspectReport> FindSuspectLabels(const DatasetVersion& version, Predictor& predictor,
                                        const CancelToken& cancel = {},
                                        const std::function<void(int64_t done, int64_t rows)>& progress = {});
Json SuspectJson(const SuspectReport& report);

}  // namespace sinter
