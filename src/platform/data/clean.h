// Steps applied to a version of a data set, one after another.
#pragma once

#include "base/cancel.h"
#include "platform/data/clean_steps.h"
#include "platform/data/frame.h"

namespace sinter {

struct CleanExample {
  std::string split;
  int64_t row = 0;  // of the version that was cleaned
  std::string before, after;
};

struct StepReport {
  CleanStep step;
  int64_t rows = 0;                    // before it
  int64_t touched = 0;                 // rows that it changed or left out
  int64_t left = 0;                    // after it
  std::vector<CleanExample> examples;  // at most 5
  std::string note;                    // what was filled in, say
};

// Changes the frame. The same steps on the same version give the same frame. Errors begin with "step N (line
// L): " and name what does not fit: column, split and row.
Result<std::vector<StepReport>> ApplySteps(Frame& frame, const std::vector<CleanStep>& steps,
                                           const CancelToken& cancel = {});
Json StepReportsJson(const std::vector<StepReport>& reports);

}  // namespace sinter
