// The statements and migrations of records in SQLite, apart so that a test can ask for their query plans.
#pragma once

namespace sinter {

// `history` keeps every change for ever (pruning is for later); AUTOINCREMENT: a number is never given twice.
inline constexpr const char* kSqliteMigrations[] = {
    R"sql(
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
)sql",
    R"sql(
  CREATE INDEX history_by_kind ON history (kind, sequence);
  CREATE TABLE leases (
    name TEXT PRIMARY KEY, holder TEXT NOT NULL, epoch INTEGER NOT NULL, ttl_ms INTEGER NOT NULL,
    version INTEGER NOT NULL) WITHOUT ROWID;
)sql"};

#define SINTER_RECORD_COLUMNS \
  "kind, name, spec, status, revision, created_ms, updated_ms, created_by, updated_by"
#define SINTER_CHANGE_COLUMNS "sequence, change, at_ms, by, kind, name, spec, status, created_ms, created_by"

inline constexpr const char* kSqliteGet =
    "SELECT " SINTER_RECORD_COLUMNS " FROM records WHERE kind = ?1 AND name = ?2";
// One lower bound, the greater of `after` and `prefix`, so that the index is entered where the page begins.
inline constexpr const char* kSqliteListAfter =
    "SELECT " SINTER_RECORD_COLUMNS " FROM records WHERE kind = ?1 AND name > ?2 ORDER BY name LIMIT ?3";
inline constexpr const char* kSqliteListFrom =
    "SELECT " SINTER_RECORD_COLUMNS " FROM records WHERE kind = ?1 AND name >= ?2 ORDER BY name LIMIT ?3";
inline constexpr const char* kSqliteHistory =
    "SELECT " SINTER_CHANGE_COLUMNS " FROM history WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";
inline constexpr const char* kSqliteHistoryOfKind =
    "SELECT " SINTER_CHANGE_COLUMNS
    " FROM history WHERE sequence > ?1 AND kind = ?3 ORDER BY sequence LIMIT ?2";
inline constexpr const char* kSqliteHistoryOfRecord =
    "SELECT " SINTER_CHANGE_COLUMNS
    " FROM history WHERE sequence > ?1 AND kind = ?3 AND name = ?4 ORDER BY sequence LIMIT ?2";
inline constexpr const char* kSqliteLast = "SELECT coalesce(max(sequence), 0) FROM history";
inline constexpr const char* kSqliteNextKind =
    "SELECT kind FROM records WHERE kind > ?1 ORDER BY kind LIMIT 1";
inline constexpr const char* kSqliteBeginEpoch =
    "UPDATE sqlite_sequence SET seq = seq + ?1 WHERE name = 'history'";
inline constexpr const char* kSqliteAddHistory =
    "INSERT INTO history (change, at_ms, by, kind, name, spec, status, created_ms, created_by)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING sequence";
inline constexpr const char* kSqlitePut =
    "INSERT OR REPLACE INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
inline constexpr const char* kSqliteDelete = "DELETE FROM records WHERE kind = ?1 AND name = ?2";
inline constexpr const char* kSqliteGetLease =
    "SELECT name, holder, epoch, ttl_ms, version FROM leases WHERE name = ?1";
inline constexpr const char* kSqlitePutLease = "INSERT OR REPLACE INTO leases VALUES (?1, ?2, ?3, ?4, ?5)";

#undef SINTER_RECORD_COLUMNS
#undef SINTER_CHANGE_COLUMNS

// All that only read, or find what they write: none of them may scan a table.
inline constexpr const char* kSqliteIndexed[] = {kSqliteGet,     kSqliteListAfter,     kSqliteListFrom,
                                                 kSqliteHistory, kSqliteHistoryOfKind, kSqliteHistoryOfRecord,
                                                 kSqliteLast,    kSqliteDelete,        kSqliteGetLease,
                                                 kSqliteNextKind};

}  // namespace sinter
