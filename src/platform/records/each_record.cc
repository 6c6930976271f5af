#include "platform/records/each_record.h"

namespace sinter {

Status ForEachRecord(Records& records, std::string_view kind,
                     const std::function<Status(const Record&)>& visit, std::string_view prefix) {
  RecordQuery query{.kind = std::string(kind), .prefix = std::string(prefix), .after = {}, .limit = 1000};
  do {
    TRY(const RecordPage page, records.List(query));
    for (const Record& record : page.records) TRY_STATUS(visit(record));
    query.after = page.next;
  } while (!query.after.empty());
  return {};
}

}  // namespace sinter
