#include "platform/records/record_index.h"

#include <malloc.h>

#include <unordered_map>

#include "platform/records/each_record.h"

namespace sinter {
namespace {

constexpr int kPage = 1000;

}  // namespace

Status KindFollower::CatchUp() {
  Status done = seen_ < 0 ? ReadAll() : ReadNews();
  if (!done) {  // half of it may be there
    Clear();
    seen_ = -1;
  }
  return done;
}

Status KindFollower::ReadAll() {
  Clear();
  // First: what comes while the records are read is read again as news, and changes nothing.
  TRY(const int64_t last, records_.LastSequence());
  TRY_STATUS(ForEachRecord(records_, kind_, [this](const Record& record) { return Put(record); }));
  seen_ = last;
  // Reading all of a kind leaves more in the allocator than the facts that are kept.
  ::malloc_trim(0);
  return {};
}

Status KindFollower::ReadNews() {
  TRY(const int64_t last, records_.LastSequence());
  for (size_t looked = 0; seen_ < last;) {
    if (looked > 2 * Size() + kPage) return ReadAll();
    TRY(const auto changes, records_.History({.after = seen_, .kind = kind_, .name = {}, .limit = kPage}));
    std::unordered_map<std::string_view, const Change*> newest;  // a record may have changed often
    for (const Change& change : changes) newest[change.record.name] = &change;
    for (const auto& [name, change] : newest) {
      if (change->change == ChangeKind::kDelete)
        Remove(change->record.name);
      else
        TRY_STATUS(Put(change->record));
    }
    looked += changes.size();
    seen_ = changes.empty() ? last : changes.back().sequence;
  }
  return {};
}

Status ForEachNamed(Records& records, std::string_view kind, const std::vector<std::string>& names,
                    const std::function<Status(const Record&)>& visit) {
  for (const std::string& name : names) {
    const auto record = records.Get(kind, name);
    if (!record && record.error().code == ErrorCode::kNotFound) continue;
    if (!record) return record.error();
    TRY_STATUS(visit(*record));
  }
  return {};
}

}  // namespace sinter
