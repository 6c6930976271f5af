// Texts out of frames, as models give them that were trained by connectionist temporal classification.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace sinter {

struct CtcText {
  std::string text;
  double confidence = 0;  // the geometric mean of the path's probabilities, frame by frame
};

// The likeliest symbol of each frame, repeated ones once, blanks left out: the best path, not the likeliest
// text. `scores` holds a number for each symbol, frame after frame: probabilities, or what a softmax makes
// probabilities. `symbols`: what each writes; the blank writes nothing (""). Errors: no blank, or two; scores
// that are no whole frames, or no numbers. Source: Graves et al., "Connectionist Temporal Classification"
// (ICML 2006), section 3.2.
Result<CtcText> CtcTextOf(std::span<const float> scores, std::span<const std::string> symbols);

}  // namespace sinter
