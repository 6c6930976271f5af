#include "platform/records/sqlite_records.h"

#include <algorithm>

#include <fmt/format.h>

#include "platform/records/sqlite.h"

namespace sinter {
namespace {

// `history` keeps every change for ever (pruning is for later); AUTOINCREMENT: a number is never given twice.
constexpr const char* kMigrations[] = {R"sql(
  CREATE TABLE records (
    kind TEXT NOT NULL, name TEXT NOT NULL, spec TEXT NOT NULL, status TEXT NOT NULL,
    revision INTEGER NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
    created_by TEXT NOT NULL, updated_by TEXT NOT NULL,
    PRIMARY KEY (kind, name)) WITHOUT ROWID;
  CREATE TABLE history (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    change INTEGER NOT NULL, at_ms INTEGER NOT NULL, by TEXT NOT NULL,
    kind TEXT NOT NULL, name TEXT NOT NULL, spec TEXT NOT NULL, status TEXT NOT NULL,
    created_ms INTEGER NOT NULL, created_by TEXT NOT NULL);
  CREATE INDEX history_by_record ON history (kind, name, sequence);
)sql"};

constexpr const char* kGet =
    "SELECT kind, name, spec, status, revision, created_ms, updated_ms, created_by, updated_by"
    " FROM records WHERE kind = ?1 AND name = ?2";
constexpr const char* kList =
    "SELECT kind, name, spec, status, revision, created_ms, updated_ms, created_by, updated_by"
    " FROM records WHERE kind = ?1 AND name > ?2 AND name >= ?3 ORDER BY name LIMIT ?4";

Record ReadRecord(const SqliteQuery& row) {
  return {row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Int(4),
          row.Int(5),  row.Int(6),  row.Text(7), row.Text(8)};
}

Result<Record> GetRecord(SqliteConnection& db, std::string_view kind, std::string_view name) {
  TRY(SqliteQuery query, db.Query(kGet));
  TRY(const bool found, query.Bind(0, kind).Bind(1, name).Step());
  if (!found) return NotFound(fmt::format("there is no {} '{}'", kind, name));
  return ReadRecord(query);
}

Result<int64_t> AddHistory(SqliteConnection& db, ChangeKind change, const Record& record) {
  TRY(SqliteQuery query,
      db.Query("INSERT INTO history (change, at_ms, by, kind, name, spec, status, created_ms, created_by)"
               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING sequence"));
  query.Bind(0, static_cast<int64_t>(change)).Bind(1, record.updated_ms).Bind(2, record.updated_by);
  query.Bind(3, record.kind).Bind(4, record.name).Bind(5, record.spec).Bind(6, record.status);
  TRY(const bool row, query.Bind(7, record.created_ms).Bind(8, record.created_by).Step());
  SINTER_CHECK(row);
  return query.Int(0);
}

Status PutRecord(SqliteConnection& db, const Record& record) {
  TRY(SqliteQuery query,
      db.Query("INSERT OR REPLACE INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
  query.Bind(0, record.kind).Bind(1, record.name).Bind(2, record.spec).Bind(3, record.status);
  query.Bind(4, record.revision).Bind(5, record.created_ms).Bind(6, record.updated_ms);
  return query.Bind(7, record.created_by).Bind(8, record.updated_by).Run();
}

Status CheckLimit(int limit) {
  if (limit >= 1 && limit <= 1000) return {};
  return InvalidArgument(fmt::format("a page of {}: 1 to 1,000 are given at once", limit));
}

class SqliteRecords final : public Records {
 public:
  SqliteRecords(std::unique_ptr<SqliteDatabase> database, const Clock& clock)
      : database_(std::move(database)), clock_(clock) {}

  Result<Record> Get(std::string_view kind, std::string_view name) override {
    Record record;
    TRY_STATUS(database_->Read([&](SqliteConnection& db) -> Status {
      TRY(record, GetRecord(db, kind, name));
      return {};
    }));
    return record;
  }

  Result<RecordPage> List(const RecordQuery& q) override {
    TRY_STATUS(CheckLimit(q.limit));
    RecordPage page;
    TRY_STATUS(database_->Read([&](SqliteConnection& db) -> Status {
      TRY(SqliteQuery query, db.Query(kList));
      query.Bind(0, q.kind).Bind(1, q.after).Bind(2, q.prefix).Bind(3, int64_t{q.limit} + 1);
      while (true) {
        TRY(const bool row, query.Step());
        if (!row) return {};
        Record record = ReadRecord(query);
        if (!record.name.starts_with(q.prefix)) return {};  // names are in order: no more will
        if (page.records.size() == static_cast<size_t>(q.limit)) {
          page.next = page.records.back().name;
          return {};
        }
        page.records.push_back(std::move(record));
      }
    }));
    return page;
  }

  Result<std::vector<Record>> Apply(std::span<const RecordWrite> writes, std::string_view who) override {
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
    std::vector<Record> records;
    TRY_STATUS(database_->Write([&](SqliteConnection& db) -> Status {
      for (const RecordWrite& write : checked) {
        TRY(Record record, ApplyOne(db, write, who));
        records.push_back(std::move(record));
      }
      return {};
    }));
    return records;
  }

  Result<std::vector<Change>> History(const ChangeQuery& q) override {
    TRY_STATUS(CheckLimit(q.limit));
    std::vector<Change> changes;
    TRY_STATUS(database_->Read([&](SqliteConnection& db) -> Status {
      TRY(SqliteQuery query,
          db.Query("SELECT sequence, change, at_ms, by, kind, name, spec, status, created_ms, created_by"
                   " FROM history WHERE sequence > ?1 AND (?2 = '' OR kind = ?2) AND (?3 = '' OR name = ?3)"
                   " ORDER BY sequence LIMIT ?4"));
      query.Bind(0, q.after).Bind(1, q.kind).Bind(2, q.name).Bind(3, int64_t{q.limit});
      while (true) {
        TRY(const bool row, query.Step());
        if (!row) return {};
        Change change{static_cast<ChangeKind>(query.Int(1)), query.Int(0), query.Int(2), query.Text(3), {}};
        change.record = {query.Text(4), query.Text(5), query.Text(6), query.Text(7), change.sequence,
                         query.Int(8),  change.at_ms,  query.Text(9), change.by};
        changes.push_back(std::move(change));
      }
    }));
    return changes;
  }

  Result<int64_t> LastSequence() override {
    int64_t last = 0;
    TRY_STATUS(database_->Read([&](SqliteConnection& db) -> Status {
      TRY(SqliteQuery query, db.Query("SELECT coalesce(max(sequence), 0) FROM history"));
      TRY_STATUS(query.Step());
      last = query.Int(0);
      return {};
    }));
    return last;
  }

 private:
  Result<Record> ApplyOne(SqliteConnection& db, const RecordWrite& write, std::string_view who) {
    Record record;
    auto found = GetRecord(db, write.kind, write.name);
    if (!found && found.error().code != ErrorCode::kNotFound) return std::move(found).error();
    if (write.change == ChangeKind::kCreate) {
      if (found) {
        return Error{ErrorCode::kAlreadyExists,
                     fmt::format("{} '{}' is there already", write.kind, write.name),
                     "choose another name, or change that one"};
      }
      record.kind = write.kind;
      record.name = write.name;
      record.created_by = who;
      record.created_ms = clock_.UnixMillis();
    } else {
      if (!found) return std::move(found).error();
      record = *std::move(found);
      if (record.revision != write.revision) {
        return Error{ErrorCode::kConflict,
                     fmt::format("{} '{}' has moved on to revision {}, the change was made to {}", write.kind,
                                 write.name, record.revision, write.revision),
                     "read it again and repeat the change"};
      }
    }
    record.updated_by = who;
    record.updated_ms = clock_.UnixMillis();
    if (write.change != ChangeKind::kDelete) {
      record.spec = write.spec;
      record.status = write.status;
    }
    TRY(record.revision, AddHistory(db, write.change, record));
    if (write.change != ChangeKind::kDelete) {
      TRY_STATUS(PutRecord(db, record));
      return record;
    }
    TRY(SqliteQuery query, db.Query("DELETE FROM records WHERE kind = ?1 AND name = ?2"));
    TRY_STATUS(query.Bind(0, write.kind).Bind(1, write.name).Run());
    return record;
  }

  std::unique_ptr<SqliteDatabase> database_;
  const Clock& clock_;
};

}  // namespace

Result<std::unique_ptr<Records>> OpenSqliteRecords(const Path& path, const Clock& clock) {
  TRY(auto database, SqliteDatabase::Open(path, kMigrations));
  return std::unique_ptr<Records>(std::make_unique<SqliteRecords>(std::move(database), clock));
}

}  // namespace sinter
