#include "platform/labels/agreement.h"

#include <algorithm>
#include <map>

namespace sinter {
namespace {

constexpr double kSameBox = 0.5;

size_t MatchedBoxes(const std::vector<LabelBox>& a, const std::vector<LabelBox>& b) {
  struct Pair {
    double overlap;
    size_t i, j;
  };
  std::vector<Pair> pairs;
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < b.size(); ++j) {
      const double overlap = a[i].label == b[j].label ? BoxOverlap(a[i], b[j]) : 0;
      if (overlap >= kSameBox) pairs.push_back({overlap, i, j});
    }
  }
  std::ranges::stable_sort(pairs, std::greater(), &Pair::overlap);
  std::vector<bool> used_a(a.size()), used_b(b.size());
  size_t matched = 0;
  for (const Pair& p : pairs) {
    if (used_a[p.i] || used_b[p.j]) continue;
    used_a[p.i] = used_b[p.j] = true;
    ++matched;
  }
  return matched;
}

template <class T>
size_t Common(const std::vector<T>& a, const std::vector<T>& b) {
  return static_cast<size_t>(
      std::ranges::count_if(a, [&](const T& one) { return std::ranges::find(b, one) != b.end(); }));
}

double Share(size_t part, size_t whole) {
  return whole == 0 ? 1 : static_cast<double>(part) / static_cast<double>(whole);
}

std::vector<std::string_view> Words(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::vector<std::string_view> words;
  for (size_t at = text.find_first_not_of(kBlanks); at != text.npos;
       at = text.find_first_not_of(kBlanks, at)) {
    const size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

// Levenshtein's distance. What both begin and end with costs nothing, and is most of it: two people write
// down what one said.
size_t Distance(std::span<const std::string_view> a, std::span<const std::string_view> b) {
  while (!a.empty() && !b.empty() && a.front() == b.front()) a = a.subspan(1), b = b.subspan(1);
  while (!a.empty() && !b.empty() && a.back() == b.back())
    a = a.first(a.size() - 1), b = b.first(b.size() - 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

Kappa FromShares(int64_t items, double observed, double expected) {
  Kappa kappa{std::nullopt, items, observed, expected};
  // 1 up to the rounding of the sums: one category alone.
  if (expected < 1 - 1e-12) kappa.value = (observed - expected) / (1 - expected);
  return kappa;
}

}  // namespace

double BoxOverlap(const LabelBox& a, const LabelBox& b) {
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  const double common = width * height;
  if (width <= 0 || height <= 0 || common <= 0) return 0;
  return common / (a.width * a.height + b.width * b.height - common);
}

std::optional<double> WordErrorRate(std::string_view reference, std::string_view said) {
  const auto a = Words(reference), b = Words(said);
  if (a.empty()) return std::nullopt;
  return static_cast<double>(Distance(a, b)) / static_cast<double>(a.size());
}

double LabelAgreement(LabelTask task, const LabelValue& a, const LabelValue& b) {
  switch (task) {
    case LabelTask::kClassification:
      return a.classes == b.classes ? 1 : 0;
    case LabelTask::kMultilabel: {
      const size_t common = Common(a.classes, b.classes);
      return Share(common, a.classes.size() + b.classes.size() - common);
    }
    case LabelTask::kBoxes:
      return Share(2 * MatchedBoxes(a.boxes, b.boxes), a.boxes.size() + b.boxes.size());
    case LabelTask::kSpans:
      return Share(2 * Common(a.spans, b.spans), a.spans.size() + b.spans.size());
    case LabelTask::kTranscript:
      break;
  }
  const auto x = Words(a.text), y = Words(b.text);
  return 1 - (x.empty() && y.empty() ? 0 : Share(Distance(x, y), std::max(x.size(), y.size())));
}

bool SameLabel(LabelTask task, const LabelValue& a, const LabelValue& b) {
  return LabelAgreement(task, a, b) == 1;
}

Kappa CohenKappa(std::span<const std::pair<int64_t, int64_t>> items) {
  const auto n = static_cast<double>(items.size());
  if (items.empty()) return {};
  std::map<int64_t, double> first, second;
  double same = 0;
  for (const auto& [a, b] : items) {
    ++first[a];
    ++second[b];
    if (a == b) ++same;
  }
  double expected = 0;
  for (const auto& [category, count] : first) {
    if (const auto other = second.find(category); other != second.end())
      expected += count / n * (other->second / n);
  }
  return FromShares(static_cast<int64_t>(items.size()), same / n, expected);
}

Kappa FleissKappa(std::span<const std::vector<int64_t>> counts, int64_t raters) {
  if (counts.empty() || raters < 2) return {};
  const auto items = static_cast<double>(counts.size()), n = static_cast<double>(raters);
  std::vector<double> shares;
  double observed = 0;
  for (const std::vector<int64_t>& row : counts) {
    shares.resize(std::max(shares.size(), row.size()));
    double squares = 0;
    for (size_t j = 0; j < row.size(); ++j) {
      const auto count = static_cast<double>(row[j]);
      squares += count * count;
      shares[j] += count / (items * n);
    }
    observed += (squares - n) / (n * (n - 1)) / items;
  }
  double expected = 0;
  for (const double share : shares) expected += share * share;
  return FromShares(static_cast<int64_t>(counts.size()), observed, expected);
}

}  // namespace sinter
