// A training's progress, for people.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

#include "base/clock.h"
#include "training/trainer/trainer.h"

namespace sinter {

// "epoch 2 step 80/400 loss 0.4321 5120 images/s 42 s left", and what share of the time was spent waiting
// for data where that is more than a twentieth.
std::string ProgressText(const TrainProgress& progress);

// On a terminal one line that is written over, cut to the terminal's width; elsewhere a plain line every
// five seconds, and the first and the last. One thread.
class ProgressLine {
 public:
  ProgressLine(std::FILE* out, bool terminal, const Clock& clock = Clock::Real())
      : out_(out), terminal_(terminal), clock_(clock) {}
  ~ProgressLine() { End(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void Show(const TrainProgress& progress);
  // What comes next, an error say, begins on a line of its own.
  void End();

 private:
  size_t Columns() const;
  std::FILE* out_;
  bool terminal_, shown_ = false, open_ = false;
  const Clock& clock_;
  Nanoseconds at_{0};
};

}  // namespace sinter
