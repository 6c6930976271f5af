// The resources of the platform, behind an interface: SQLite in the home, or PostgreSQL for several servers.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/cancel.h"
#include "base/file.h"
#include "platform/records/change_signal.h"
#include "platform/records/record.h"

namespace sinter {

// Proof of a lease: a write that carries one is refused (kConflict) once somebody else has had the lease.
struct Fence {
  std::string lease;
  int64_t epoch = 0;
};

// One write of a transaction.
struct RecordWrite {
  ChangeKind change = ChangeKind::kCreate;
  std::string kind;
  std::string name;
  std::string spec;
  std::string status;
  int64_t revision = 0;  // of update and delete: the one that was read
  std::optional<Fence> fence;

  static RecordWrite Create(std::string kind, std::string name, std::string spec, std::string status = "{}");
  static RecordWrite Update(const Record& changed);  // its revision is the one that was read
  static RecordWrite Delete(const Record& read);
  RecordWrite Under(Fence held) &&;  // the same write, fenced
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
  std::string name;   // empty: all; needs a kind
  int limit = 100;    // 1 to 1,000
};

// A lease as it is kept. Apart from the records: it is renewed every few seconds, and would fill the history.
struct LeaseRow {
  std::string name;    // like a record's
  std::string holder;  // empty: released
  int64_t epoch = 0;   // grows with every new holder
  int64_t ttl_ms = 0;
  int64_t version = 0;  // grows with every change of the row, renewals too
  bool operator==(const LeaseRow&) const = default;
};

// Pages end early after so many bytes of specs and statuses: 1,000 records of the largest kind are 8 GiB.
inline constexpr size_t kPageBytes = size_t{16} << 20;

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
  // The kinds of which there is a record, in order.
  virtual Result<std::vector<std::string>> Kinds() = 0;

  // Reads all of the database that it can tell the soundness of: kCorrupt.
  virtual Status CheckIntegrity() = 0;
  // Everything as of one moment, while others write, into `folder`: a file that RestoreRecords of the
  // implementation takes.
  virtual Status Backup(const Path& folder) = 0;
  // For records that were restored, before anybody uses them: sequence numbers go on far above every one that
  // may have been given after the backup, so that whoever follows changes from there is told (kConflict).
  virtual Status BeginEpoch() = 0;
  static constexpr int64_t kEpoch = int64_t{1} << 32;

  // The lease's row; kNotFound where it was never held.
  virtual Result<LeaseRow> GetLease(std::string_view name) = 0;
  // Writes `next` where the row still has `version` (0: there is none), else kConflict; next.version is set.
  virtual Result<LeaseRow> SwapLease(LeaseRow next, int64_t version) = 0;

  // Bumped by every write of this process, and by those of others where the database tells of them.
  ChangeSignal& signal() { return signal_; }
  // How often to look for the writes of other processes nevertheless.
  virtual std::chrono::milliseconds PollInterval() const = 0;

  using Deadline = std::chrono::steady_clock::time_point;
  // History(query), once it has something: at once for writes of this process, within PollInterval() for
  // those of others. Empty at the deadline; kCancelled. Holds the thread. kConflict for a sequence number
  // that was never given: the caller saw another database, or this one before it was restored.
  Result<std::vector<Change>> WaitForChanges(ChangeQuery query, Deadline deadline,
                                             const CancelToken& cancel = {});

  // kConflict for a sequence number that no change here has, and is not 0.
  Status CheckGiven(int64_t sequence);

  Result<Record> Create(std::string kind, std::string name, std::string spec, std::string status,
                        std::string_view who);
  Result<Record> CompareAndSwap(const Record& changed, std::string_view who);
  Status Delete(const Record& read, std::string_view who);
  // Reads, lets `change` work on the copy, compares and swaps; again where somebody was faster (bounded).
  Result<Record> Update(std::string_view kind, std::string_view name, std::string_view who,
                        const std::function<Status(Record&)>& change);

 private:
  ChangeSignal signal_;
};

}  // namespace sinter
