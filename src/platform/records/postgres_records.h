// Records in a PostgreSQL database, which several servers may share.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "platform/records/records.h"

namespace sinter {

// `address` is a URI, postgresql://USER@HOST:PORT/DATABASE; the tables are made where they are absent.
// Writes of all servers are in one order, by a row that each transaction locks first; their commits are told
// by NOTIFY. A server that does not answer is kUnavailable, and is asked again at the next call.
// `clock` must outlive it.
Result<std::unique_ptr<Records>> OpenPostgresRecords(std::string address, const Clock& clock = Clock::Real());

}  // namespace sinter
