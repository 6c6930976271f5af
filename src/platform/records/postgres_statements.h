// The statements and migrations of records in PostgreSQL.
#pragma once

#include "platform/records/records.h"

namespace sinter {

// Names compare by their bytes, as in SQLite. `sinter_sequence` has one row: whoever writes locks it first,
// so that sequence numbers are given in the order of commits, and readers never miss a smaller one.
inline constexpr const char* kPostgresMigrations[] = {R"sql(
  CREATE TABLE sinter_records (
    kind text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, spec text NOT NULL, status text NOT NULL,
    revision bigint NOT NULL, created_ms bigint NOT NULL, updated_ms bigint NOT NULL,
    created_by text NOT NULL, updated_by text NOT NULL,
    PRIMARY KEY (kind, name));
  CREATE TABLE sinter_history (
    sequence bigint PRIMARY KEY,
    change smallint NOT NULL, at_ms bigint NOT NULL, changed_by text NOT NULL,
    kind text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, spec text NOT NULL, status text NOT NULL,
    created_ms bigint NOT NULL, created_by text NOT NULL);
  CREATE INDEX sinter_history_by_record ON sinter_history (kind, name, sequence);
  CREATE INDEX sinter_history_by_kind ON sinter_history (kind, sequence);
  CREATE TABLE sinter_sequence (only_row boolean PRIMARY KEY CHECK (only_row), last bigint NOT NULL);
  INSERT INTO sinter_sequence VALUES (true, 0);
  CREATE TABLE sinter_leases (
    name text COLLATE "C" PRIMARY KEY, holder text NOT NULL, epoch bigint NOT NULL, ttl_ms bigint NOT NULL,
    version bigint NOT NULL);
)sql"};

#define SINTER_RECORD_COLUMNS \
  "kind, name, spec, status, revision, created_ms, updated_ms, created_by, updated_by"
#define SINTER_CHANGE_COLUMNS \
  "sequence, change, at_ms, changed_by, kind, name, spec, status, created_ms, created_by"

inline constexpr const char* kPostgresGet =
    "SELECT " SINTER_RECORD_COLUMNS " FROM sinter_records WHERE kind = $1 AND name = $2";
inline constexpr const char* kPostgresGetMany =
    "SELECT " SINTER_RECORD_COLUMNS
    " FROM sinter_records WHERE (kind, name) IN (SELECT * FROM unnest($1::text[], $2::text[]))";
// A page, cut where the rows before it hold kPageBytes: the client takes a whole answer into memory at once.
#define SINTER_PAGE(columns, order, rows)                                \
  "SELECT " columns                                                      \
  " FROM (SELECT *, sum(octet_length(spec) + octet_length(status)) OVER" \
  " (ORDER BY " order                                                    \
  " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before"         \
  " FROM (SELECT * FROM " rows                                           \
  ") AS page) AS summed WHERE before IS NULL OR before < 16777216"       \
  " ORDER BY " order

inline constexpr const char* kPostgresListAfter = SINTER_PAGE(
    SINTER_RECORD_COLUMNS, "name", "sinter_records WHERE kind = $1 AND name > $2 ORDER BY name LIMIT $3");
inline constexpr const char* kPostgresListFrom = SINTER_PAGE(
    SINTER_RECORD_COLUMNS, "name", "sinter_records WHERE kind = $1 AND name >= $2 ORDER BY name LIMIT $3");
inline constexpr const char* kPostgresHistory = SINTER_PAGE(
    SINTER_CHANGE_COLUMNS, "sequence", "sinter_history WHERE sequence > $1 ORDER BY sequence LIMIT $2");
inline constexpr const char* kPostgresHistoryOfKind =
    SINTER_PAGE(SINTER_CHANGE_COLUMNS, "sequence",
                "sinter_history WHERE sequence > $1 AND kind = $3 ORDER BY sequence LIMIT $2");
inline constexpr const char* kPostgresHistoryOfRecord =
    SINTER_PAGE(SINTER_CHANGE_COLUMNS, "sequence",
                "sinter_history WHERE sequence > $1 AND kind = $3 AND name = $4 ORDER BY sequence LIMIT $2");
// The row, not max(sequence): the two agree in every snapshot, and this one is always in memory.
inline constexpr const char* kPostgresLast = "SELECT last FROM sinter_sequence";
inline constexpr const char* kPostgresTakeNumbers =
    "UPDATE sinter_sequence SET last = last + $1 RETURNING last";
inline constexpr const char* kPostgresAddHistory =
    "INSERT INTO sinter_history SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::text[],"
    " $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::text[])";
inline constexpr const char* kPostgresPut =
    "INSERT INTO sinter_records SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[],"
    " $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::text[])"
    " ON CONFLICT (kind, name) DO UPDATE SET spec = excluded.spec, status = excluded.status,"
    " revision = excluded.revision, created_ms = excluded.created_ms, updated_ms = excluded.updated_ms,"
    " created_by = excluded.created_by, updated_by = excluded.updated_by";
inline constexpr const char* kPostgresDelete =
    "DELETE FROM sinter_records WHERE (kind, name) IN (SELECT * FROM unnest($1::text[], $2::text[]))";
inline constexpr const char* kPostgresNextKind =
    "SELECT kind FROM sinter_records WHERE kind > $1 ORDER BY kind LIMIT 1";
inline constexpr const char* kPostgresBeginEpoch = "UPDATE sinter_sequence SET last = last + $1";
inline constexpr const char* kPostgresNotify = "NOTIFY sinter_changes";
inline constexpr const char* kPostgresListen = "LISTEN sinter_changes";
inline constexpr const char* kPostgresGetLease =
    "SELECT name, holder, epoch, ttl_ms, version FROM sinter_leases WHERE name = $1";
// Locked until the transaction's end: a takeover waits for the writes of the epoch before it.
inline constexpr const char* kPostgresFence =
    "SELECT name, holder, epoch, ttl_ms, version FROM sinter_leases WHERE name = $1 FOR SHARE";
inline constexpr const char* kPostgresMakeLease =
    "INSERT INTO sinter_leases VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
inline constexpr const char* kPostgresSwapLease =
    "UPDATE sinter_leases SET holder = $2, epoch = $3, ttl_ms = $4, version = $5"
    " WHERE name = $1 AND version = $6";

#undef SINTER_RECORD_COLUMNS
#undef SINTER_CHANGE_COLUMNS
#undef SINTER_PAGE

static_assert(kPageBytes == 16777216);

// All that find something in a table that grows: none of them may scan it.
inline constexpr const char* kPostgresIndexed[] = {
    kPostgresGet,           kPostgresGetMany,         kPostgresListAfter, kPostgresListFrom, kPostgresHistory,
    kPostgresHistoryOfKind, kPostgresHistoryOfRecord, kPostgresDelete,    kPostgresNextKind};

}  // namespace sinter
