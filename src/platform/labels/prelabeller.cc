#include "platform/labels/prelabeller.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/utf8.h"
#include "platform/labels/agreement.h"

namespace sinter {
namespace {

constexpr double kOverlap = 0.5;
constexpr size_t kClassesTold = 5;

bool Has(const LabelRules& rules, std::string_view name) {
  return std::ranges::find(rules.classes, name) != rules.classes.end();
}

std::optional<Prelabel> PrelabelOf(std::span<const float> p, const std::vector<std::string>& known,
                                   const LabelRules& rules, double threshold) {
  if (rules.task == LabelTask::kClassification) {
    const auto best = static_cast<size_t>(std::ranges::max_element(p) - p.begin());
    if (!Has(rules, known[best])) return std::nullopt;
    return Prelabel{{.classes = {known[best]}}, static_cast<double>(p[best]), Margin(p)};
  }
  // Of several labels each is a question of its own: the model is as sure as of the one it is least sure of.
  Prelabel prelabel{{}, 1, 1};
  for (const std::string& name : rules.classes) {
    const auto at = std::ranges::find(known, name) - known.begin();
    if (static_cast<size_t>(at) == known.size()) continue;
    const double likely = p[static_cast<size_t>(at)];
    if (likely >= threshold) prelabel.value.classes.push_back(name);
    prelabel.confidence = std::min(prelabel.confidence, likely >= threshold ? likely : 1 - likely);
  }
  prelabel.margin = 2 * prelabel.confidence - 1;
  return prelabel;
}

class ClassPrelabeller final : public Prelabeller {
 public:
  ClassPrelabeller(std::unique_ptr<Predictor> predictor, const LabellingSpec& spec)
      : predictor_(std::move(predictor)), rules_(spec.rules), threshold_(spec.threshold) {}
  Result<std::vector<std::optional<Prelabel>>> Say(const DatasetVersion& version, size_t split, int64_t begin,
                                                   int64_t count) override {
    const std::vector<std::string>& known = predictor_->classes();
    TRY(const std::vector<float> p, predictor_->Predict(version, split, begin, count));
    if (p.size() != static_cast<size_t>(count) * known.size())
      return Internal("a predictor gave another number of probabilities than asked for");
    std::vector<std::optional<Prelabel>> made;
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      const auto row = std::span(p).subspan(i * known.size(), known.size());
      made.push_back(PrelabelOf(row, known, rules_, threshold_));
    }
    return made;
  }

 private:
  std::unique_ptr<Predictor> predictor_;
  const LabelRules rules_;
  const double threshold_;
};

// Within the picture; none where nothing of it is.
std::optional<LabelBox> Cut(const LabelBox& box) {
  if (!std::isfinite(box.x) || !std::isfinite(box.y) || !std::isfinite(box.width) ||
      !std::isfinite(box.height))
    return std::nullopt;
  LabelBox cut = box;
  const auto side = [](double& from, double& size) {
    const double to = std::clamp(from + size, 0.0, 1.0);
    from = std::clamp(from, 0.0, 1.0);
    size = to - from;
  };
  side(cut.x, cut.width);
  side(cut.y, cut.height);
  if (cut.width <= 0 || cut.height <= 0) return std::nullopt;
  return cut;
}

}  // namespace

Result<std::unique_ptr<Prelabeller>> PrelabelClasses(std::unique_ptr<Predictor> predictor,
                                                     const LabellingSpec& spec) {
  const std::vector<std::string>& known = predictor->classes();
  if (std::ranges::none_of(known, [&](const std::string& c) { return Has(spec.rules, c); }))
    return InvalidArgument(
        fmt::format("the model knows none of the classes; it says {}",
                    fmt::join(std::span(known).first(std::min(known.size(), kClassesTold)), ", ")));
  return std::unique_ptr<Prelabeller>(new ClassPrelabeller(std::move(predictor), spec));
}

Prelabel PrelabelBoxes(std::vector<Detection> found, const LabelRules& rules, double threshold) {
  std::erase_if(found, [&](const Detection& one) {
    return !std::isfinite(one.score) || one.score < 0 || !Has(rules, one.box.label);
  });
  std::ranges::stable_sort(found, std::greater<>(), &Detection::score);
  Prelabel prelabel{{}, 1, 1};
  std::vector<LabelBox>& kept = prelabel.value.boxes;
  for (const Detection& one : found) {
    const auto box = Cut(one.box);
    if (!box) continue;
    // The same thing, seen twice.
    const auto same = [&](const LabelBox& other) {
      return other.label == box->label && BoxOverlap(other, *box) > kOverlap;
    };
    if (std::ranges::any_of(kept, same)) continue;
    const double score = std::min(one.score, 1.0);
    if (score >= threshold) kept.push_back(*box);
    prelabel.confidence = std::min(prelabel.confidence, score >= threshold ? score : 1 - score);
    if (kept.size() == kMostDetections) break;
  }
  prelabel.margin = 2 * prelabel.confidence - 1;
  return prelabel;
}

std::optional<Prelabel> PrelabelText(std::string text, double confidence) {
  if (text.size() > kTranscriptBytes || !IsUtf8(text) || !std::isfinite(confidence)) return std::nullopt;
  const double sure = std::clamp(confidence, 0.0, 1.0);
  return Prelabel{{.text = std::move(text)}, sure, 2 * sure - 1};
}

}  // namespace sinter
