#include "platform/records/transaction.h"

#include <fmt/format.h>

namespace sinter {

Result<std::vector<RecordWrite>> CheckWrites(std::span<const RecordWrite> writes) {
  if (writes.size() > 1000) return InvalidArgument("more than 1,000 writes in one transaction");
  std::vector<RecordWrite> checked(writes.begin(), writes.end());
  for (RecordWrite& write : checked) {
    TRY_STATUS(CheckRecordKind(write.kind));
    TRY_STATUS(CheckRecordName(write.name));
    if (write.change == ChangeKind::kDelete) continue;
    TRY(write.spec, CanonicalObject(fmt::format("spec of {} '{}'", write.kind, write.name), write.spec));
    TRY(write.status,
        CanonicalObject(fmt::format("status of {} '{}'", write.kind, write.name), write.status));
  }
  return checked;
}

Result<Record> NextRecord(std::optional<Record> found, const RecordWrite& write, std::string_view who,
                          int64_t now_ms) {
  Record record;
  if (write.change == ChangeKind::kCreate) {
    if (found) {
      return Error{ErrorCode::kAlreadyExists, fmt::format("{} '{}' is there already", write.kind, write.name),
                   "choose another name, or change that one"};
    }
    record.kind = write.kind;
    record.name = write.name;
    record.created_by = who;
    record.created_ms = now_ms;
  } else {
    if (!found) return NotFound(fmt::format("there is no {} '{}'", write.kind, write.name));
    record = *std::move(found);
    if (record.revision != write.revision) {
      return Error{ErrorCode::kConflict,
                   fmt::format("{} '{}' has moved on to revision {}, the change was made to {}", write.kind,
                               write.name, record.revision, write.revision),
                   "read it again and repeat the change"};
    }
  }
  record.updated_by = who;
  record.updated_ms = now_ms;
  if (write.change != ChangeKind::kDelete) {
    record.spec = write.spec;
    record.status = write.status;
  }
  return record;
}

Status CheckFence(const Fence& fence, const std::optional<LeaseRow>& lease) {
  if (lease && lease->epoch == fence.epoch && !lease->holder.empty()) return {};
  const int64_t epoch = lease ? lease->epoch : 0;
  const std::string holder = lease && !lease->holder.empty() ? "'" + lease->holder + "'" : "nobody";
  return Error{ErrorCode::kConflict,
               fmt::format("the write was made under epoch {} of lease '{}', which {} holds under epoch {}",
                           fence.epoch, fence.lease, holder, epoch),
               "the lease was lost: whoever holds it does this work now"};
}

Status CheckLeaseRow(const LeaseRow& next) {
  TRY_STATUS(CheckRecordName(next.name));
  if (!next.holder.empty()) TRY_STATUS(CheckRecordName(next.holder));
  if (next.epoch < 1 || next.ttl_ms < 1)
    return InvalidArgument(
        fmt::format("lease '{}' of epoch {} for {} ms: both begin at 1", next.name, next.epoch, next.ttl_ms));
  return {};
}

Error LeaseMovedOn(std::string_view name) {
  return {ErrorCode::kConflict, fmt::format("lease '{}' was changed by another meanwhile", name), ""};
}

Status CheckPageLimit(int limit) {
  if (limit >= 1 && limit <= 1000) return {};
  return InvalidArgument(fmt::format("a page of {}: 1 to 1,000 are given at once", limit));
}

Status CheckChangeQuery(const ChangeQuery& query) {
  TRY_STATUS(CheckPageLimit(query.limit));
  if (!query.name.empty() && query.kind.empty())
    return InvalidArgument(fmt::format("changes of '{}' need its kind", query.name.substr(0, 100)));
  return {};
}

}  // namespace sinter
