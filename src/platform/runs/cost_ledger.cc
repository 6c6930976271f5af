#include "platform/runs/cost_ledger.h"

#include <cmath>

#include <fmt/format.h>

#include "platform/records/record.h"
#include "platform/records/sqlite.h"

namespace sinter {
namespace {

constexpr const char* kMigrations[] = {R"sql(
  CREATE TABLE entries (
    id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, owner TEXT NOT NULL, run TEXT NOT NULL, service TEXT NOT NULL,
    core_seconds REAL NOT NULL, gpu_seconds REAL NOT NULL) WITHOUT ROWID;
  CREATE INDEX entries_at ON entries (at_ms);
  CREATE TABLE price (one INTEGER PRIMARY KEY CHECK (one = 1), core_hour REAL NOT NULL, gpu_hour REAL NOT NULL,
                      currency TEXT NOT NULL);
)sql"};

constexpr std::pair<CostBy, std::string_view> kNames[] = {
    {CostBy::kRun, "run"}, {CostBy::kOwner, "owner"}, {CostBy::kService, "service"}};

// Statements are kept by the literal's address.
#define SINTER_SUM_BY(column)                                                         \
  "SELECT " column                                                                    \
  ", sum(core_seconds), sum(gpu_seconds), count(DISTINCT nullif(run, '')), count(*) " \
  "FROM entries WHERE at_ms >= ?1 AND " column " <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1000"
const char* SumQuery(CostBy by) {
  switch (by) {
    case CostBy::kRun:
      return SINTER_SUM_BY("run");
    case CostBy::kOwner:
      return SINTER_SUM_BY("owner");
    case CostBy::kService:
      return SINTER_SUM_BY("service");
  }
  return "";
}
#undef SINTER_SUM_BY

bool Good(double value) { return std::isfinite(value) && value >= 0; }

Status CheckEntry(const CostEntry& entry) {
  TRY_STATUS(CheckRecordName(entry.id));
  for (const std::string* name : {&entry.owner, &entry.run, &entry.service})
    if (!name->empty()) TRY_STATUS(CheckRecordName(*name));
  if (Good(entry.core_seconds) && Good(entry.gpu_seconds)) return {};
  return InvalidArgument(fmt::format("entry '{}': seconds count from 0", entry.id));
}

SqliteQuery& BindEntry(SqliteQuery& query, const CostEntry& e) {
  return query.Bind(0, e.id)
      .Bind(1, e.at_ms)
      .Bind(2, e.owner)
      .Bind(3, e.run)
      .Bind(4, e.service)
      .Bind(5, e.core_seconds)
      .Bind(6, e.gpu_seconds);
}

}  // namespace

std::string_view CostByName(CostBy by) {
  for (const auto& [b, name] : kNames)
    if (b == by) return name;
  return "";
}

std::optional<CostBy> ParseCostBy(std::string_view name) {
  for (const auto& [by, n] : kNames)
    if (n == name) return by;
  return std::nullopt;
}

CostLedger::CostLedger(std::unique_ptr<SqliteDatabase> database) : database_(std::move(database)) {}
CostLedger::~CostLedger() = default;

Result<std::unique_ptr<CostLedger>> CostLedger::Open(const Path& path) {
  TRY(auto database, SqliteDatabase::Open(path, kMigrations));
  return std::unique_ptr<CostLedger>(new CostLedger(std::move(database)));
}

Status CostLedger::Put(std::span<const CostEntry> entries) {
  return PutAll(entries, "INSERT OR REPLACE INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
}

Status CostLedger::PutMissing(std::span<const CostEntry> entries) {
  return PutAll(entries, "INSERT OR IGNORE INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
}

Status CostLedger::PutAll(std::span<const CostEntry> entries, const char* statement) {
  for (const CostEntry& entry : entries) TRY_STATUS(CheckEntry(entry));
  return database_->Write([&](SqliteConnection& db) -> Status {
    for (const CostEntry& e : entries) {
      TRY(SqliteQuery insert, db.Query(statement));
      TRY_STATUS(BindEntry(insert, e).Run());
    }
    return {};
  });
}

Status CostLedger::Add(const CostEntry& e) {
  TRY_STATUS(CheckEntry(e));
  return database_->Write([&](SqliteConnection& db) -> Status {
    TRY(SqliteQuery insert,
        db.Query("INSERT INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET "
                 "core_seconds = core_seconds + excluded.core_seconds, "
                 "gpu_seconds = gpu_seconds + excluded.gpu_seconds"));
    return BindEntry(insert, e).Run();
  });
}

Result<std::vector<CostItem>> CostLedger::Sum(CostBy by, int64_t since_ms) {
  std::vector<CostItem> items;
  TRY_STATUS(database_->Read([&](SqliteConnection& db) -> Status {
    TRY(SqliteQuery query, db.Query(SumQuery(by)));
    query.Bind(0, since_ms);
    while (true) {
      TRY(const bool row, query.Step());
      if (!row) return {};
      items.push_back({query.Text(0), query.Real(1), query.Real(2), query.Int(3), query.Int(4)});
    }
  }));
  return items;
}

Result<CostPrice> CostLedger::Price() {
  CostPrice price;
  TRY_STATUS(database_->Read([&](SqliteConnection& db) -> Status {
    TRY(SqliteQuery query, db.Query("SELECT core_hour, gpu_hour, currency FROM price"));
    TRY(const bool row, query.Step());
    if (row) price = {query.Real(0), query.Real(1), query.Text(2)};
    return {};
  }));
  return price;
}

Status CostLedger::SetPrice(const CostPrice& price) {
  if (!Good(price.core_hour) || !Good(price.gpu_hour)) return InvalidArgument("prices count from 0");
  TRY_STATUS(CheckRecordName(price.currency));
  if (price.currency.size() > 16) return InvalidArgument("a currency's name has at most 16 bytes");
  return database_->Write([&](SqliteConnection& db) -> Status {
    TRY(SqliteQuery insert, db.Query("INSERT OR REPLACE INTO price VALUES (1, ?1, ?2, ?3)"));
    return insert.Bind(0, price.core_hour).Bind(1, price.gpu_hour).Bind(2, price.currency).Run();
  });
}

Status CostLedger::BackupTo(const Path& file) { return database_->BackupTo(file); }

}  // namespace sinter
