// How far labellers agree.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "platform/labels/values.h"

namespace sinter {

// Whether two values are one vote: the same class, the same classes, all boxes matched, the same spans, the
// same words.
bool SameLabel(LabelTask task, const LabelValue& a, const LabelValue& b);

// 0 (nothing in common) to 1, the same both ways round. Classification: 1 or 0. Multi-label: Jaccard's index
// of the sets, 1 where both are empty. Boxes and spans: 2 * matched / (all of a and b), which is the F1 of
// one against the other; boxes match in pairs of one class by an IoU of at least 0.5, the best first
// (Everingham et al., The PASCAL VOC Challenge, IJCV 2010), spans where they are equal. Transcripts: 1 -
// words that differ (Levenshtein) / words of the longer one.
double LabelAgreement(LabelTask task, const LabelValue& a, const LabelValue& b);

// Intersection over union.
double BoxOverlap(const LabelBox& a, const LabelBox& b);
// Word error rate: substitutions, deletions and insertions that make `said` of `reference`, by the words of
// the reference. Words are what blanks divide. None where the reference has no word.
std::optional<double> WordErrorRate(std::string_view reference, std::string_view said);

struct Kappa {
  std::optional<double> value;  // none: no items, or chance alone explains everything (expected is 1)
  int64_t items = 0;
  double observed = 0, expected = 0;
};

// Cohen's kappa of two labellers over the items that both labelled, each a pair of categories (numbers from
// 0): (p_o - p_e) / (1 - p_e), p_e by the labellers' own distributions. Cohen, A Coefficient of Agreement
// for Nominal Scales, Educational and Psychological Measurement 20(1), 1960.
Kappa CohenKappa(std::span<const std::pair<int64_t, int64_t>> items);

// Fleiss' kappa: counts[i][j] of `raters` labellers put item i into category j; the sum of every row is
// `raters`, two or more. Fleiss, Measuring Nominal Scale Agreement Among Many Raters, Psychological Bulletin
// 76(5), 1971.
Kappa FleissKappa(std::span<const std::vector<int64_t>> counts, int64_t raters);

}  // namespace sinter
