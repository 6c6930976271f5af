#include "platform/records/testing/counting_records.h"

namespace sinter {

Result<Record> CountingRecords::Get(std::string_view kind, std::string_view name) {
  ++read_;
  return records_.Get(kind, name);
}

Result<RecordPage> CountingRecords::List(const RecordQuery& query) {
  auto page = records_.List(query);
  if (page) read_ += std::ssize(page->records);
  return page;
}

Result<std::vector<Change>> CountingRecords::History(const ChangeQuery& query) {
  auto changes = records_.History(query);
  if (changes) read_ += std::ssize(*changes);
  return changes;
}

}  // namespace sinter
