#include "platform/records/sqlite_records.h"

#include <algorithm>

#include <fmt/format.h>

#include "platform/records/sqlite.h"
#include "platform/records/sqlite_statements.h"
#include "platform/records/transaction.h"

namespace sinter {
namespace {

Record ReadRecord(const SqliteQuery& row) {
  return {row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Int(4),
          row.Int(5),  row.Int(6),  row.Text(7), row.Text(8)};
}

Change ReadChange(const SqliteQuery& row) {
  Change change{static_cast<ChangeKind>(row.Int(1)), row.Int(0), row.Int(2), row.Text(3), {}};
  change.record = {row.Text(4), row.Text(5),  row.Text(6), row.Text(7), change.sequence,
                   row.Int(8),  change.at_ms, row.Text(9), change.by};
  return change;
}

Result<std::optional<Record>> FindRecord(SqliteConnection& db, std::string_view kind, std::string_view name) {
  TRY(SqliteQuery query, db.Query(kSqliteGet));
  TRY(const bool found, query.Bind(0, kind).Bind(1, name).Step());
  return found ? std::optional(ReadRecord(query)) : std::nullopt;
}

Result<std::optional<LeaseRow>> FindLease(SqliteConnection& db, std::string_view name) {
  TRY(SqliteQuery query, db.Query(kSqliteGetLease));
  TRY(const bool found, query.Bind(0, name).Step());
  if (!found) return std::optional<LeaseRow>();
  return std::optional(LeaseRow{query.Text(0), query.Text(1), query.Int(2), query.Int(3), query.Int(4)});
}

Result<int64_t> AddHistory(SqliteConnection& db, ChangeKind change, const Record& record) {
  TRY(SqliteQuery query, db.Query(kSqliteAddHistory));
  query.Bind(0, static_cast<int64_t>(change)).Bind(1, record.updated_ms).Bind(2, record.updated_by);
  query.Bind(3, record.kind).Bind(4, record.name).Bind(5, record.spec).Bind(6, record.status);
  TRY(const bool row, query.Bind(7, record.created_ms).Bind(8, record.created_by).Step());
  SINTER_CHECK(row);
  return query.Int(0);
}

Status PutRecord(SqliteConnection& db, const Record& record) {
  TRY(SqliteQuery query, db.Query(kSqlitePut));
  query.Bind(0, record.kind).Bind(1, record.name).Bind(2, record.spec).Bind(3, record.status);
  query.Bind(4, record.revision).Bind(5, record.created_ms).Bind(6, record.updated_ms);
  return query.Bind(7, record.created_by).Bind(8, record.updated_by).Run();
}

Result<Record> ApplyOne(SqliteConnection& db, const RecordWrite& write, std::string_view who,
                        int64_t now_ms) {
  TRY(auto found, FindRecord(db, write.kind, write.name));
  TRY(Record record, NextRecord(std::move(found), write, who, now_ms));
  TRY(record.revision, AddHistory(db, write.change, record));
  if (write.change != ChangeKind::kDelete) {
    TRY_STATUS(PutRecord(db, record));
    return record;
  }
  TRY(SqliteQuery query, db.Query(kSqliteDelete));
  TRY_STATUS(query.Bind(0, write.kind).Bind(1, write.name).Run());
  return record;
}

class SqliteRecords final : public Records {
 public:
  SqliteRecords(std::unique_ptr<SqliteDatabase> database, const Clock& clock)
      : database_(std::move(database)), clock_(clock) {}

  Result<Record> Get(std::string_view kind, std::string_view name) override {
    std::optional<Record> record;
    TRY_STATUS(database_->Read([&](SqliteConnection& db) -> Status {
      TRY(record, FindRecord(db, kind, name));
      return {};
    }));
    if (!record) return NotFound(fmt::format("there is no {} '{}'", kind, name));
    return *std::move(record);
  }

  Result<RecordPage> List(const RecordQuery& q) override {
    TRY_STATUS(CheckPageLimit(q.limit));
    RecordPage page;
    TRY_STATUS(database_->Read([&](SqliteConnection& db) -> Status {
      const bool after = q.after >= q.prefix;
      TRY(SqliteQuery query, db.Query(after ? kSqliteListAfter : kSqliteListFrom));
      query.Bind(0, q.kind).Bind(1, after ? q.after : q.prefix).Bind(2, int64_t{q.limit} + 1);
      for (size_t bytes = 0;;) {
        TRY(const bool row, query.Step());
        if (!row) return {};
        Record record = ReadRecord(query);
        if (!record.name.starts_with(q.prefix)) return {};  // names are in order: no more will
        if (page.records.size() == static_cast<size_t>(q.limit) || bytes >= kPageBytes) {
          page.next = page.records.back().name;
          return {};
        }
        bytes += record.spec.size() + record.status.size();
        page.records.push_back(std::move(record));
      }
    }));
    return page;
  }

  Result<std::vector<Record>> Apply(std::span<const RecordWrite> writes, std::string_view who) override {
    TRY(const auto checked, CheckWrites(writes));
    const int64_t now_ms = clock_.UnixMillis();
    std::vector<Record> records;
    records.reserve(checked.size());
    TRY_STATUS(database_->Write([&](SqliteConnection& db) -> Status {
      records.clear();  // the shared commit may have failed before
      for (const RecordWrite& write : checked) {
        if (!write.fence) continue;
        TRY(const auto lease, FindLease(db, write.fence->lease));
        TRY_STATUS(CheckFence(*write.fence, lease));
      }
      for (const RecordWrite& write : checked) {
        TRY(Record record, ApplyOne(db, write, who, now_ms));
        records.push_back(std::move(record));
      }
      return {};
    }));
    if (!records.empty()) signal().Bump();
    return records;
  }

  Result<std::vector<Change>> History(const ChangeQuery& q) override {
    TRY_STATUS(CheckChangeQuery(q));
    std::vector<Change> changes;
    TRY_STATUS(database_->Read([&](SqliteConnection& db) -> Status {
      TRY(SqliteQuery query, db.Query(q.kind.empty()   ? kSqliteHistory
                                      : q.name.empty() ? kSqliteHistoryOfKind
                                                       : kSqliteHistoryOfRecord));
      query.Bind(0, q.after).Bind(1, int64_t{q.limit});
      if (!q.kind.empty()) query.Bind(2, q.kind);
      if (!q.name.empty()) query.Bind(3, q.name);
      for (size_t bytes = 0; bytes < kPageBytes;) {
        TRY(const bool row, query.Step());
        if (!row) return {};
        changes.push_back(ReadChange(query));
        bytes += changes.back().record.spec.size() + changes.back().record.status.size();
      }
      return {};
    }));
    return changes;
  }

  Result<int64_t> LastSequence() override {
    int64_t last = 0;
    TRY_STATUS(database_->Read([&](SqliteConnection& db) -> Status {
      TRY(SqliteQuery query, db.Query(kSqliteLast));
      TRY_STATUS(query.Step());
      last = query.Int(0);
      return {};
    }));
    return last;
  }

  Result<std::vector<std::string>> Kinds() override {
    std::vector<std::string> kinds;
    TRY_STATUS(database_->Read([&](SqliteConnection& db) -> Status {
      std::string last;
      while (true) {
        TRY(SqliteQuery query, db.Query(kSqliteNextKind));
        TRY(const bool row, query.Bind(0, last).Step());
        if (!row) return {};
        last = query.Text(0);
        kinds.push_back(last);
      }
    }));
    return kinds;
  }

  Status CheckIntegrity() override { return database_->CheckIntegrity(); }
  Status Backup(const Path& folder) override { return database_->BackupTo(folder / kSqliteBackup); }

  Status BeginEpoch() override {
    return database_->Write([&](SqliteConnection& db) -> Status {
      TRY(SqliteQuery query, db.Query(kSqliteBeginEpoch));
      return query.Bind(0, kEpoch).Run();
    });
  }

  Result<LeaseRow> GetLease(std::string_view name) override {
    std::optional<LeaseRow> lease;
    TRY_STATUS(database_->Read([&](SqliteConnection& db) -> Status {
      TRY(lease, FindLease(db, name));
      return {};
    }));
    if (!lease) return NotFound(fmt::format("nobody has held a lease '{}'", name));
    return *std::move(lease);
  }

  Result<LeaseRow> SwapLease(LeaseRow next, int64_t version) override {
    TRY_STATUS(CheckLeaseRow(next));
    TRY_STATUS(database_->Write([&](SqliteConnection& db) -> Status {
      TRY(const auto found, FindLease(db, next.name));
      if ((found ? found->version : 0) != version) return LeaseMovedOn(next.name);
      next.version = version + 1;
      TRY(SqliteQuery query, db.Query(kSqlitePutLease));
      query.Bind(0, next.name).Bind(1, next.holder).Bind(2, next.epoch).Bind(3, next.ttl_ms);
      return query.Bind(4, next.version).Run();
    }));
    return next;
  }

  // A look costs some 20 us, and only a home that two programs share has writes of others.
  std::chrono::milliseconds PollInterval() const override { return std::chrono::milliseconds(50); }

 private:
  std::unique_ptr<SqliteDatabase> database_;
  const Clock& clock_;
};

}  // namespace

Status RestoreSqliteRecords(const Path& folder, const Path& path) {
  std::error_code error;
  std::filesystem::copy_file(folder / kSqliteBackup, path, error);
  if (error) return SystemError(error.value(), "cannot copy the records to", path);
  return {};
}

Result<std::unique_ptr<Records>> OpenSqliteRecords(const Path& path, const Clock& clock) {
  TRY(auto database, SqliteDatabase::Open(path, kSqliteMigrations));
  return std::unique_ptr<Records>(std::make_unique<SqliteRecords>(std::move(database), clock));
}

}  // namespace sinter
