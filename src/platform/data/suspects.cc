#include "platform/data/suspects.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter {
namespace {

constexpr int64_t kRows = 256;
constexpr size_t kExamples = 200;

struct Judged {
  int64_t row = 0;
  int64_t label = 0, best = 0;  // the model's classes
  float label_probability = 0, probability = 0;
};

double Margin(const SuspectLabel& s) { return s.probability - s.label_probability; }

}  // namespace

Result<SuspectReport> FindSuspectLabels(const DatasetVersion& version, Predictor& predictor,
                                        const CancelToken& cancel,
                                        const std::function<void(int64_t, int64_t)>& progress) {
  TRY(const size_t label, version.LabelColumn());
  const DatasetInfo& info = version.info();
  const std::vector<std::string>& known = predictor.classes();
  std::vector<int64_t> to_model;  // by the data set's class; -1: the model does not know it
  to_model.reserve(info.columns[label].classes.size());
  for (const std::string& name : info.columns[label].classes) {
    const auto found = std::ranges::find(known, name);
    to_model.push_back(found == known.end() ? -1 : found - known.begin());
  }
  if (std::ranges::all_of(to_model, [](int64_t c) { return c < 0; }))
    return InvalidArgument(
        fmt::format("the model knows none of the classes of '{}'", info.columns[label].name));
  int64_t all = 0, done = 0;
  for (size_t s = 0; s < info.splits.size(); ++s) all += version.Rows(s);
  SuspectReport report;
  for (size_t s = 0; s < info.splits.size(); ++s) {
    SuspectSplit split{info.splits[s].name};
    std::vector<Judged> judged;
    std::vector<double> sums(known.size());
    std::vector<int64_t> counts(known.size());
    for (int64_t begin = 0; begin < version.Rows(s); begin += kRows) {
      if (cancel.Cancelled()) return Error{ErrorCode::kCancelled, "the search was stopped", ""};
      const int64_t count = std::min(kRows, version.Rows(s) - begin);
      TRY(const std::vector<float> p, predictor.Predict(version, s, begin, count));
      if (p.size() != static_cast<size_t>(count) * known.size())
        return Internal("a predictor gave another number of probabilities than asked for");
      for (int64_t i = 0; i < count; ++i) {
        const int64_t given = version.Class(s, label, begin + i);
        if (given < 0 || to_model[static_cast<size_t>(given)] < 0) continue;
        const auto at =
            p.begin() + static_cast<std::ptrdiff_t>(i) * static_cast<std::ptrdiff_t>(known.size());
        const auto best = std::max_element(at, at + static_cast<std::ptrdiff_t>(known.size()));
        const int64_t own = to_model[static_cast<size_t>(given)];
        sums[static_cast<size_t>(own)] += at[own];
        ++counts[static_cast<size_t>(own)];
        ++split.rows;
        if (best - at == own) continue;
        ++split.differing;
        judged.push_back({begin + i, own, best - at, at[own], *best});
      }
      if (progress) progress(done + begin + count, all);
    }
    for (const Judged& j : judged) {
      const auto best = static_cast<size_t>(j.best);
      // A class that no row is labelled with: nothing tells what confident is there.
      if (counts[best] == 0 || j.probability < sums[best] / static_cast<double>(counts[best])) continue;
      ++split.suspects;
      report.examples.push_back({split.name, j.row, known[static_cast<size_t>(j.label)], known[best],
                                 j.label_probability, j.probability});
    }
    std::ranges::stable_sort(report.examples, std::greater(), Margin);
    if (report.examples.size() > kExamples) report.examples.resize(kExamples);
    done += version.Rows(s);
    report.splits.push_back(std::move(split));
  }
  return report;
}

Json SuspectJson(const SuspectReport& report) {
  Json splits = Json::array(), examples = Json::array();
  for (const SuspectSplit& s : report.splits) {
    splits.push_back(
        {{"name", s.name}, {"rows", s.rows}, {"differing", s.differing}, {"suspects", s.suspects}});
  }
  for (const SuspectLabel& e : report.examples) {
    examples.push_back({{"split", e.split},
                        {"row", e.row},
                        {"label", e.label},
                        {"predicted", e.predicted},
                        {"label_probability", e.label_probability},
                        {"probability", e.probability}});
  }
  return {{"splits", std::move(splits)}, {"examples", std::move(examples)}};
}

}  // namespace sinter
