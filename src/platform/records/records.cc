#include "platform/records/records.h"

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

}  // namespace sinter
