// Prelabels, made in the background by one thread, one labelling at a time.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/labels/labellings.h"
#include "platform/records/each_record.h"

namespace sinter {
namespace {

constexpr int64_t kRows = 64;  // asked of the model at once, where they lie side by side

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

Result<std::vector<std::optional<Prelabel>>> Labellings::Ask(Prelabeller& model,
                                                             const DatasetVersion& version,
                                                             const LabellingPlan& plan, int64_t first,
                                                             int64_t count) {
  TRY(const size_t split, version.SplitIndex(plan.spec.split));
  std::vector<std::optional<Prelabel>> made;
  const CancelToken cancelled = cancel_.token();
  while (static_cast<int64_t>(made.size()) < count) {
    if (cancelled.Cancelled()) return Error{ErrorCode::kCancelled, "the server stops", ""};
    const auto at = static_cast<size_t>(first) + made.size();
    int64_t run = 1;
    while (run < kRows && static_cast<int64_t>(made.size()) + run < count &&
           plan.items[at + static_cast<size_t>(run)].row == plan.items[at].row + run)
      ++run;
    TRY(auto said, model.Say(version, split, plan.items[at].row, run));
    if (said.size() != static_cast<size_t>(run))
      return Internal("a model said another number of prelabels than asked for");
    std::ranges::move(said, std::back_inserter(made));
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
  TRY(const auto model, source_.Open(info.model, info.spec));
  const int64_t each = PrelabelsOfPart(info.spec.rules.task);
  while (info.prelabels < info.items) {
    const int64_t first = info.prelabels;
    const int64_t count = std::min(each, info.items - first);
    TRY(const auto made, Ask(*model, *version, plan, first, count));
    const auto part =
        records_.Create(std::string(kLabellingPartKind), LabellingPartName(name, "prelabels", first / each),
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
