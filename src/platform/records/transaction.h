// The rules of a transaction that every implementation of Records shares: functions of what is there and what
// is to be written. For the implementations.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "platform/records/records.h"

namespace sinter {

// The writes with their texts in canonical form. Errors: too many, or something that is no record.
Result<std::vector<RecordWrite>> CheckWrites(std::span<const RecordWrite> writes);
// The record after the write, before it has its new revision; of a delete, what the history keeps.
// Errors: kAlreadyExists, kNotFound, kConflict.
Result<Record> NextRecord(std::optional<Record> found, const RecordWrite& write, std::string_view who,
                          int64_t now_ms);
// kConflict unless the lease is held under that very epoch.
Status CheckFence(const Fence& fence, const std::optional<LeaseRow>& lease);
Status CheckLeaseRow(const LeaseRow& next);
Error LeaseMovedOn(std::string_view name);

Status CheckPageLimit(int limit);
Status CheckChangeQuery(const ChangeQuery& query);

}  // namespace sinter
