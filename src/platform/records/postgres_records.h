// Records in a PostgreSQL database, which several servers may share.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "platform/records/records.h"

namespace sinter {

// `address` is a URI, postgresql://USER@HOST:PORT/DATABASE; the tables are made where they are absent.
// Writes of all servers are in one order, by a row that each transaction locks first; their commits are told
// by NOTIFY. A server that does not answer is kUnavailable, and is asked again at the next call.
// `clock` must outlive it.
Result<std::unique_ptr<Records>> OpenPostgresRecords(std::string address, const Clock& clock = Clock::Real());

// What Backup() leaves in its folder: a dump of Sinter's tables, by PostgreSQL's own pg_dump. It is put into
// a database that has none of them yet (kAlreadyExists), all or nothing. kNotFound where PostgreSQL's client
// programs are not installed.
inline constexpr const char* kPostgresBackup = "records.pgdump";
Status BackupPostgresRecords(const std::string& address, const Path& folder);
Status RestorePostgresRecords(const Path& folder, const std::string& address);

}  // namespace sinter
