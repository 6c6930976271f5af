#include "platform/records/records.h"

#include <algorithm>

#include <fmt/format.h>

namespace sinter {

RecordWrite RecordWrite::Create(std::string kind, std::string name, std::string spec, std::string status) {
  return {ChangeKind::kCreate, std::move(kind), std::move(name), std::move(spec), std::move(status), 0};
}

RecordWrite RecordWrite::Update(const Record& changed) {
  return {ChangeKind::kUpdate, changed.kind, changed.name, changed.spec, changed.status, changed.revision};
}

RecordWrite RecordWrite::Delete(const Record& read) {
  return {ChangeKind::kDelete, read.kind, read.name, {}, {}, read.revision};
}

RecordWrite RecordWrite::Under(Fence held) && {
  fence = std::move(held);
  return std::move(*this);
}

Result<Record> Records::Create(std::string kind, std::string name, std::string spec, std::string status,
                               std::string_view who) {
  const RecordWrite write =
      RecordWrite::Create(std::move(kind), std::move(name), std::move(spec), std::move(status));
  TRY(auto records, Apply({&write, 1}, who));
  return std::move(records.front());
}

Result<Record> Records::CompareAndSwap(const Record& changed, std::string_view who) {
  const RecordWrite write = RecordWrite::Update(changed);
  TRY(auto records, Apply({&write, 1}, who));
  return std::move(records.front());
}

Status Records::Delete(const Record& read, std::string_view who) {
  const RecordWrite write = RecordWrite::Delete(read);
  TRY_STATUS(Apply({&write, 1}, who));
  return {};
}

Result<Record> Records::Update(std::string_view kind, std::string_view name, std::string_view who,
                               const std::function<Status(Record&)>& change) {
  constexpr int kAttempts = 100;
  for (int attempt = 0;; ++attempt) {
    TRY(Record record, Get(kind, name));
    TRY_STATUS(change(record));
    auto swapped = CompareAndSwap(record, who);
    if (swapped || swapped.error().code != ErrorCode::kConflict || attempt == kAttempts) return swapped;
  }
}

// The history is never pruned, so that every number that was given is there.
Status Records::CheckGiven(int64_t sequence) {
  if (sequence == 0) return {};
  TRY(const int64_t last, LastSequence());
  std::vector<Change> changes;
  if (sequence > 0 && sequence <= last) {
    TRY(changes, History({.after = sequence - 1, .kind = {}, .name = {}, .limit = 1}));
  }
  if (!changes.empty() && changes[0].sequence == sequence) return {};
  return Error{ErrorCode::kConflict,
               fmt::format("changes after {} are asked for, which is none of these; the last one is {}",
                           sequence, last),
               "the records were restored: read everything again"};
}

Result<std::vector<Change>> Records::WaitForChanges(ChangeQuery query, Deadline deadline,
                                                    const CancelToken& cancel) {
  TRY_STATUS(CheckGiven(query.after));
  for (int64_t looked_at = -1;;) {
    const uint64_t seen = signal_.Count();
    // Before the history: whatever it then does not show is not of this query, up to here.
    TRY(const int64_t last, LastSequence());
    if (last != looked_at) {
      TRY(auto changes, History(query));
      if (!changes.empty()) return changes;
      looked_at = query.after = last;
    }
    if (cancel.Cancelled()) return Error{ErrorCode::kCancelled, "waiting for changes was cancelled", ""};
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) return std::vector<Change>();
    signal_.WaitBeyond(seen, std::min<Deadline>(deadline, now + PollInterval()), cancel);
  }
}

}  // namespace sinter
