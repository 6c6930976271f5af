// For tests: every implementation of Records, so that a suite runs on each of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "platform/records/records.h"

namespace sinter {

// A database of one kind, empty at first. Open as often as there are to be users of it.
class RecordsBackend {
 public:
  virtual ~RecordsBackend() = default;
  virtual Result<std::unique_ptr<Records>> Open(const Clock& clock = Clock::Real()) = 0;
  // What Records::Backup left in a folder, into this one, which nobody opened yet.
  virtual Status Restore(const Path& folder) = 0;
};

// One that joins adds a line in backends.cc.
std::vector<std::string> RecordsBackends();
// Errors: its server is not installed, or does not start. One server for the whole process.
Result<std::unique_ptr<RecordsBackend>> MakeRecordsBackend(const std::string& name);

}  // namespace sinter
