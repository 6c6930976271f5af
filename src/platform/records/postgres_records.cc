#include "platform/records/postgres_records.h"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "platform/records/postgres.h"
#include "platform/records/postgres_listener.h"
#include "platform/records/postgres_statements.h"
#include "platform/records/transaction.h"

namespace sinter {
namespace {

Record ReadRecord(const PostgresRows& r, int row) {
  return {r.Text(row, 0), r.Text(row, 1), r.Text(row, 2), r.Text(row, 3), r.Int(row, 4),
          r.Int(row, 5),  r.Int(row, 6),  r.Text(row, 7), r.Text(row, 8)};
}

Change ReadChange(const PostgresRows& r, int row) {
  Change change{static_cast<ChangeKind>(r.Int(row, 1)), r.Int(row, 0), r.Int(row, 2), r.Text(row, 3), {}};
  change.record = {r.Text(row, 4), r.Text(row, 5), r.Text(row, 6), r.Text(row, 7), change.sequence,
                   r.Int(row, 8),  change.at_ms,   r.Text(row, 9), change.by};
  return change;
}

std::optional<LeaseRow> ReadLease(const PostgresRows& r) {
  if (r.size() == 0) return std::nullopt;
  return LeaseRow{r.Text(0, 0), r.Text(0, 1), r.Int(0, 2), r.Int(0, 3), r.Int(0, 4)};
}

// Columns of rows that are written in one statement.
class Columns {
 public:
  explicit Columns(size_t count) : texts_(count) {}
  void Add(size_t column, std::string_view text) { texts_[column].emplace_back(text); }
  void Add(size_t column, int64_t number) { texts_[column].push_back(std::to_string(number)); }
  bool empty() const { return texts_[0].empty(); }
  std::string Array(size_t column) const { return PostgresArray(texts_[column]); }

 private:
  std::vector<std::vector<std::string>> texts_;
};

using Key = std::pair<std::string, std::string>;  // kind and name

// What a transaction works on: the records that it touches, as they were and as its writes have left them.
Result<std::map<Key, std::optional<Record>>> ReadTouched(PostgresConnection& db,
                                                         std::span<const RecordWrite> writes) {
  Columns keys(2);
  std::map<Key, std::optional<Record>> touched;
  for (const RecordWrite& write : writes) {
    keys.Add(0, write.kind);
    keys.Add(1, write.name);
    touched.try_emplace({write.kind, write.name});
  }
  TRY(const PostgresRows rows, db.Query(kPostgresGetMany, {keys.Array(0), keys.Array(1)}));
  for (int row = 0; row < rows.size(); ++row) {
    Record record = ReadRecord(rows, row);
    touched[{record.kind, record.name}] = std::move(record);
  }
  return touched;
}

Status CheckFences(PostgresConnection& db, std::span<const RecordWrite> writes) {
  std::map<std::string, std::optional<LeaseRow>> leases;
  for (const RecordWrite& write : writes) {
    if (!write.fence) continue;
    auto [at, first] = leases.try_emplace(write.fence->lease);
    if (first) {
      TRY(const PostgresRows row, db.Query(kPostgresFence, {write.fence->lease}));
      at->second = ReadLease(row);
    }
    TRY_STATUS(CheckFence(*write.fence, at->second));
  }
  return {};
}

Status WriteHistory(PostgresConnection& db, std::span<const RecordWrite> writes,
                    std::span<const Record> records) {
  Columns c(10);
  for (size_t i = 0; i < records.size(); ++i) {
    const Record& r = records[i];
    c.Add(0, r.revision);
    c.Add(1, static_cast<int64_t>(writes[i].change));
    c.Add(2, r.updated_ms);
    c.Add(3, r.updated_by);
    c.Add(4, r.kind);
    c.Add(5, r.name);
    c.Add(6, r.spec);
    c.Add(7, r.status);
    c.Add(8, r.created_ms);
    c.Add(9, r.created_by);
  }
  TRY_STATUS(db.Query(kPostgresAddHistory, {c.Array(0), c.Array(1), c.Array(2), c.Array(3), c.Array(4),
                                            c.Array(5), c.Array(6), c.Array(7), c.Array(8), c.Array(9)}));
  return {};
}

Status WriteRecords(PostgresConnection& db, const std::map<Key, std::optional<Record>>& touched) {
  Columns gone(2), c(9);
  for (const auto& [key, record] : touched) {
    if (!record) {
      gone.Add(0, key.first);
      gone.Add(1, key.second);
      continue;
    }
    const Record& r = *record;
    c.Add(0, r.kind);
    c.Add(1, r.name);
    c.Add(2, r.spec);
    c.Add(3, r.status);
    c.Add(4, r.revision);
    c.Add(5, r.created_ms);
    c.Add(6, r.updated_ms);
    c.Add(7, r.created_by);
    c.Add(8, r.updated_by);
  }
  if (!gone.empty()) TRY_STATUS(db.Query(kPostgresDelete, {gone.Array(0), gone.Array(1)}));
  if (c.empty()) return {};
  TRY_STATUS(db.Query(kPostgresPut, {c.Array(0), c.Array(1), c.Array(2), c.Array(3), c.Array(4), c.Array(5),
                                     c.Array(6), c.Array(7), c.Array(8)}));
  return {};
}

class PostgresRecords final : public Records {
 public:
  PostgresRecords(std::unique_ptr<PostgresDatabase> database, const Clock& clock)
      : database_(std::move(database)),
        clock_(clock),
        listener_(database_->address(), kPostgresListen, signal()) {}

  Result<Record> Get(std::string_view kind, std::string_view name) override {
    if (!CheckRecordKind(kind) || !CheckRecordName(name)) return NoRecord(kind, name);
    std::optional<Record> record;
    TRY_STATUS(database_->Read([&](PostgresConnection& db) -> Status {
      TRY(const PostgresRows rows, db.Query(kPostgresGet, {kind, name}));
      if (rows.size() > 0) record = ReadRecord(rows, 0);
      return {};
    }));
    if (!record) return NoRecord(kind, name);
    return *std::move(record);
  }

  Result<RecordPage> List(const RecordQuery& q) override {
    TRY_STATUS(CheckPageLimit(q.limit));
    const bool after = q.after >= q.prefix;
    const std::string& bound = after ? q.after : q.prefix;
    if (!CheckRecordKind(q.kind) || (!bound.empty() && !CheckRecordName(bound))) return RecordPage();
    RecordPage page;
    TRY_STATUS(database_->Read([&](PostgresConnection& db) -> Status {
      page = {};
      TRY(const PostgresRows rows, db.Query(after ? kPostgresListAfter : kPostgresListFrom,
                                            {q.kind, bound, std::to_string(q.limit + 1)}));
      size_t bytes = 0;
      for (int row = 0; row < rows.size(); ++row) {
        Record record = ReadRecord(rows, row);
        if (!record.name.starts_with(q.prefix)) return {};  // names are in order: no more will
        if (page.records.size() == static_cast<size_t>(q.limit)) {
          page.next = page.records.back().name;
          return {};
        }
        bytes += record.spec.size() + record.status.size();
        page.records.push_back(std::move(record));
      }
      if (bytes >= kPageBytes) page.next = page.records.back().name;  // the server has cut it
      return {};
    }));
    return page;
  }

  Result<std::vector<Record>> Apply(std::span<const RecordWrite> writes, std::string_view who) override {
    TRY(const auto checked, CheckWrites(writes));
    if (checked.empty()) return std::vector<Record>();
    const int64_t now_ms = clock_.UnixMillis();
    std::vector<Record> records;
    TRY_STATUS(database_->Write([&](PostgresConnection& db) -> Status {
      records.clear();
      // From here to the commit no other transaction writes, and all that were before are seen.
      TRY(const PostgresRows numbers, db.Query(kPostgresTakeNumbers, {std::to_string(checked.size())}));
      int64_t sequence = numbers.Int(0, 0) - static_cast<int64_t>(checked.size());
      TRY_STATUS(CheckFences(db, checked));
      TRY(auto touched, ReadTouched(db, checked));
      for (const RecordWrite& write : checked) {
        std::optional<Record>& now = touched[{write.kind, write.name}];
        TRY(Record record, NextRecord(now, write, who, now_ms));
        record.revision = ++sequence;
        now = write.change == ChangeKind::kDelete ? std::nullopt : std::optional(record);
        records.push_back(std::move(record));
      }
      TRY_STATUS(WriteHistory(db, checked, records));
      TRY_STATUS(WriteRecords(db, touched));
      return db.RunScript(kPostgresNotify);
    }));
    signal().Bump();
    return records;
  }

  Result<std::vector<Change>> History(const ChangeQuery& q) override {
    TRY_STATUS(CheckChangeQuery(q));
    if (!q.kind.empty() && !CheckRecordKind(q.kind)) return std::vector<Change>();
    if (!q.name.empty() && !CheckRecordName(q.name)) return std::vector<Change>();
    std::vector<Change> changes;
    TRY_STATUS(database_->Read([&](PostgresConnection& db) -> Status {
      changes.clear();
      const std::string after = std::to_string(q.after), limit = std::to_string(q.limit);
      auto rows = q.kind.empty()   ? db.Query(kPostgresHistory, {after, limit})
                  : q.name.empty() ? db.Query(kPostgresHistoryOfKind, {after, limit, q.kind})
                                   : db.Query(kPostgresHistoryOfRecord, {after, limit, q.kind, q.name});
      if (!rows) return std::move(rows).error();
      changes.reserve(static_cast<size_t>(rows->size()));
      for (int row = 0; row < rows->size(); ++row) changes.push_back(ReadChange(*rows, row));
      return {};
    }));
    return changes;
  }

  Result<int64_t> LastSequence() override {
    int64_t last = 0;
    TRY_STATUS(database_->Read([&](PostgresConnection& db) -> Status {
      TRY(const PostgresRows rows, db.Query(kPostgresLast));
      last = rows.Int(0, 0);
      return {};
    }));
    return last;
  }

  Result<std::vector<std::string>> Kinds() override {
    std::vector<std::string> kinds;
    TRY_STATUS(database_->Read([&](PostgresConnection& db) -> Status {
      kinds.clear();
      while (true) {
        TRY(const PostgresRows rows,
            db.Query(kPostgresNextKind, {kinds.empty() ? std::string_view() : kinds.back()}));
        if (rows.size() == 0) return {};
        kinds.push_back(rows.Text(0, 0));
      }
    }));
    return kinds;
  }

  // The database's administrators look after its files: amcheck is not for whoever merely uses it.
  Status CheckIntegrity() override {
    TRY_STATUS(LastSequence());
    return {};
  }
  Status Backup(const Path& folder) override { return BackupPostgresRecords(database_->address(), folder); }

  Status BeginEpoch() override {
    return database_->Write([&](PostgresConnection& db) -> Status {
      TRY_STATUS(db.Query(kPostgresBeginEpoch, {std::to_string(kEpoch)}));
      return {};
    });
  }

  Result<LeaseRow> GetLease(std::string_view name) override {
    std::optional<LeaseRow> lease;
    if (CheckRecordName(name)) {
      TRY_STATUS(database_->Read([&](PostgresConnection& db) -> Status {
        TRY(const PostgresRows rows, db.Query(kPostgresGetLease, {name}));
        lease = ReadLease(rows);
        return {};
      }));
    }
    if (!lease) return NotFound(fmt::format("nobody has held a lease '{}'", name.substr(0, 100)));
    return *std::move(lease);
  }

  Result<LeaseRow> SwapLease(LeaseRow next, int64_t version) override {
    TRY_STATUS(CheckLeaseRow(next));
    next.version = version + 1;
    const std::string epoch = std::to_string(next.epoch), ttl = std::to_string(next.ttl_ms),
                      now = std::to_string(next.version);
    TRY_STATUS(database_->Write([&](PostgresConnection& db) -> Status {
      auto rows = version == 0 ? db.Query(kPostgresMakeLease, {next.name, next.holder, epoch, ttl, now})
                               : db.Query(kPostgresSwapLease,
                                          {next.name, next.holder, epoch, ttl, now, std::to_string(version)});
      if (!rows) return std::move(rows).error();
      if (rows->Affected() == 0) return LeaseMovedOn(next.name);
      return {};
    }));
    return next;
  }

  // Notifications come at once; this is for when the session that listens is lost.
  std::chrono::milliseconds PollInterval() const override { return std::chrono::milliseconds(1000); }

 private:
  // The server refuses what is no UTF-8, or has a NUL; nothing of that kind is ever there.
  static Error NoRecord(std::string_view kind, std::string_view name) {
    return NotFound(fmt::format("there is no {} '{}'", kind.substr(0, 100), name.substr(0, 520)));
  }
  std::unique_ptr<PostgresDatabase> database_;
  const Clock& clock_;
  PostgresListener listener_;  // last: it ends before what it wakes
};

}  // namespace

Result<std::unique_ptr<Records>> OpenPostgresRecords(std::string address, const Clock& clock) {
  TRY(auto database, PostgresDatabase::Open(std::move(address), "records", kPostgresMigrations));
  return std::unique_ptr<Records>(std::make_unique<PostgresRecords>(std::move(database), clock));
}

}  // namespace sinter
