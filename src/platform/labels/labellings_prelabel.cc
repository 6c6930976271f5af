// Prelabels, made in the background by one thread, one labelling at a time.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/labels/labellings.h"
#include "platform/records/each_record.h"

namespace sinter {
namespace {

constexpr int64_t kRows = 64;  // asked of the model at once, where they lie side by side
constexpr float kLikely = 0.5F;

std::optional<Prelabel> PrelabelOf(std::span<const float> p, const std::vector<std::string>& known,
                                   const LabelRules& rules) {
  const auto has = [&](const std::string& name) {
    return std::ranges::find(rules.classes, name) != rules.classes.end();
  };
  if (rules.task == LabelTask::kClassification) {
    const auto best = static_cast<size_t>(std::ranges::max_element(p) - p.begin());
    if (!has(known[best])) return std::nullopt;
    return Prelabel{{.classes = {known[best]}}, static_cast<double>(p[best]), Margin(p)};
  }
  // Of several labels each is a question of its own: the model is as sure as of the one it is least sure of.
  Prelabel prelabel{{}, 1, 1};
  for (const std::string& name : rules.classes) {
    const auto at = std::ranges::find(known, name) - known.begin();
    if (static_cast<size_t>(at) == known.size()) continue;
    const float likely = p[static_cast<size_t>(at)];
    if (likely >= kLikely) prelabel.value.classes.push_back(name);
    prelabel.confidence = std::min(prelabel.confidence, static_cast<double>(std::max(likely, 1 - likely)));
  }
  prelabel.margin = 2 * prelabel.confidence - 1;
  return prelabel;
}

}  // namespace

Status Labellings::Start() {
  return ForEachRecord(records_, kLabellingKind, [&](const Record& record) -> Status {
    const auto info = ReadLabelling(record);
    if (info && info->open && info->spec.prelabels() && info->prelabels < info->items) Enqueue(info->name);
    return {};
  });
}

void Labellings::Stop() {
  {
    std::lock_guard lock(queue_mutex_);
    stopping_ = true;
    cancel_.Cancel();
  }
  queue_wakes_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Labellings::Enqueue(std::string name) {
  std::lock_guard lock(queue_mutex_);
  if (stopping_) return;
  queue_.push_back(std::move(name));
  if (!thread_.joinable()) thread_ = std::thread([this] { WorkOff(); });
  queue_wakes_.notify_one();
}

void Labellings::WorkOff() {
  while (true) {
    std::string name;
    {
      std::unique_lock lock(queue_mutex_);
      queue_wakes_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      name = std::move(queue_.front());
      queue_.pop_front();
    }
    const Status made = MakePrelabels(name);
    if (made || cancel_.token().Cancelled()) continue;
    // The labelling goes on without them; a start of the server, or reopening it, tries again.
    const std::string problem = made.error().ToString();
    (void)records_.Update(kLabellingKind, name, "server", [&](Record& record) -> Status {
      TRY(LabellingInfo info, ReadLabelling(record));
      info.problem = problem;
      record.status = LabellingStatusText(info);
      return {};
    });
  }
}

Result<std::vector<std::optional<Prelabel>>> Labellings::Ask(Predictor& predictor,
                                                             const DatasetVersion& version,
                                                             const LabellingPlan& plan, int64_t first,
                                                             int64_t count) {
  TRY(const size_t split, version.SplitIndex(plan.spec.split));
  const std::vector<std::string>& known = predictor.classes();
  std::vector<std::optional<Prelabel>> made;
  const CancelToken cancelled = cancel_.token();
  while (static_cast<int64_t>(made.size()) < count) {
    if (cancelled.Cancelled()) return Error{ErrorCode::kCancelled, "the server stops", ""};
    const auto at = static_cast<size_t>(first) + made.size();
    int64_t run = 1;
    while (run < kRows && static_cast<int64_t>(made.size()) + run < count &&
           plan.items[at + static_cast<size_t>(run)].row == plan.items[at].row + run)
      ++run;
    TRY(const std::vector<float> p, predictor.Predict(version, split, plan.items[at].row, run));
    if (p.size() != static_cast<size_t>(run) * known.size())
      return Internal("a predictor gave another number of probabilities than asked for");
    for (int64_t i = 0; i < run; ++i)
      made.push_back(PrelabelOf(std::span(p).subspan(static_cast<size_t>(i) * known.size(), known.size()),
                                known, plan.spec.rules));
  }
  return made;
}

Status Labellings::MakePrelabels(const std::string& name) {
  TRY(LabellingInfo info, Get(name));
  if (!info.spec.prelabels() || !info.open || info.prelabels >= info.items) return {};
  TRY(const LabellingPlan plan, ReadPlan(info));
  const auto id = ParseSha256(info.spec.version);
  if (!id) return Corrupt(fmt::format("labelling {} names no version", name));
  TRY(const auto version, DatasetVersion::Open(store_, *id));
  TRY(const auto predictor, source_.Open(info.model));
  const auto in_common = [&](const std::string& c) {
    return std::ranges::find(info.spec.rules.classes, c) != info.spec.rules.classes.end();
  };
  if (std::ranges::none_of(predictor->classes(), in_common))
    return InvalidArgument(fmt::format("model {} knows none of the classes", info.model));
  while (info.prelabels < info.items) {
    const int64_t first = info.prelabels;
    const int64_t count = std::min(kPrelabelsOfPart, info.items - first);
    TRY(const auto made, Ask(*predictor, *version, plan, first, count));
    const auto part = records_.Create(std::string(kLabellingPartKind),
                                      LabellingPartName(name, "prelabels", first / kPrelabelsOfPart),
                                      PrelabelsText(info.spec.rules.task, made), "{}", "server");
    // Another server, or this one before it was killed, may have made the same.
    if (!part && part.error().code != ErrorCode::kAlreadyExists) return part.error();
    TRY(const Record record, records_.Update(kLabellingKind, name, "server", [&](Record& changed) -> Status {
      TRY(LabellingInfo now, ReadLabelling(changed));
      now.prelabels = std::max(now.prelabels, first + count);
      now.problem.clear();
      changed.status = LabellingStatusText(now);
      return {};
    }));
    TRY(info, ReadLabelling(record));
  }
  return {};
}

}  // namespace sinter
