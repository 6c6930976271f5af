#include "platform/serving/ctc.h"

#include <algorithm>
#include <cmath>

namespace sinter {
namespace {

constexpr double kRounding = 1e-3;  // of a sum of probabilities

// The probability of the likeliest of a frame's symbols.
double Likeliest(std::span<const float> frame, double best) {
  double sum = 0;
  bool probabilities = true;
  for (const float score : frame) {
    sum += static_cast<double>(score);
    probabilities = probabilities && score >= 0;
  }
  if (probabilities && std::abs(sum - 1) < kRounding) return best;
  double exponentials = 0;
  for (const float score : frame) exponentials += std::exp(static_cast<double>(score) - best);
  return 1 / exponentials;
}

}  // namespace

Result<CtcText> CtcTextOf(std::span<const float> scores, std::span<const std::string> symbols) {
  if (std::ranges::count(symbols, "") != 1)
    return InvalidArgument("the classes of a transcription hold one blank: the empty name");
  if (scores.empty() || scores.size() % symbols.size() != 0)
    return InvalidArgument("a transcription gives a score for each class, frame by frame");
  if (std::ranges::any_of(scores, [](float score) { return !std::isfinite(score); }))
    return InvalidArgument("a transcription gives scores that are no numbers");
  CtcText decoded;
  double logs = 0;
  size_t before = symbols.size();
  const size_t frames = scores.size() / symbols.size();
  for (size_t t = 0; t < frames; ++t) {
    const auto frame = scores.subspan(t * symbols.size(), symbols.size());
    const auto best = static_cast<size_t>(std::ranges::max_element(frame) - frame.begin());
    logs += std::log(std::max(1e-12, Likeliest(frame, static_cast<double>(frame[best]))));
    if (best != before) decoded.text += symbols[best];
    before = best;
  }
  decoded.confidence = std::min(1.0, std::exp(logs / static_cast<double>(frames)));
  return decoded;
}

}  // namespace sinter
