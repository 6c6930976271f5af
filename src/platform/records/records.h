// The resources of the platform, behind an interface: SQLite in the home now, a database server later.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "platform/records/record.h"

namespace sinter {

// One write of a transaction.
struct RecordWrite {
  ChangeKind change = ChangeKind::kCreate;
  std::string kind;
  std::string name;
  std::string spec;
  std::string status;
  int64_t revision = 0;  // of update and delete: the one that was read

  static RecordWrite Create(std::string kind, std::string name, std::string spec, std::string status = "{}");
  static RecordWrite Update(const Record& changed);  // its revision is the one that was read
  static RecordWrite Delete(const Record& read);
};

struct RecordQuery {
  std::string kind;
  std::string prefix;  // of names
  std::string after;   // the page starts after this name
  int limit = 100;     // 1 to 1,000
};

struct RecordPage {
  std::vector<Record> records;  // by name, in the order of its bytes
  std::string next;             // `after` of the next page; empty at the end
};

struct ChangeQuery {
  int64_t after = 0;  // sequence
  std::string kind;   // empty: all
  std::string name;   // empty: all
  int limit = 100;    // 1 to 1,000
};

// Any thread. What a write returned is durable. Readers never wait for writers.
class Records {
 public:
  virtual ~Records() = default;

  virtual Result<Record> Get(std::string_view kind, std::string_view name) = 0;
  virtual Result<RecordPage> List(const RecordQuery& query) = 0;
  // All of the writes or none, in one step: the records as they are after. kAlreadyExists for a name that is
  // taken, kNotFound, kConflict where the revision moved on. At most 1,000.
  virtual Result<std::vector<Record>> Apply(std::span<const RecordWrite> writes, std::string_view who) = 0;
  // The history after a sequence number, oldest first: what a watch sends, and what it resumes from.
  virtual Result<std::vector<Change>> History(const ChangeQuery& query) = 0;
  virtual Result<int64_t> LastSequence() = 0;

  Result<Record> Create(std::string kind, std::string name, std::string spec, std::string status,
                        std::string_view who);
  Result<Record> CompareAndSwap(const Record& changed, std::string_view who);
  Status Delete(const Record& read, std::string_view who);
  // Reads, lets `change` work on the copy, compares and swaps; again where somebody was faster (bounded).
  Result<Record> Update(std::string_view kind, std::string_view name, std::string_view who,
                        const std::function<Status(Record&)>& change);
};

}  // namespace sinter
