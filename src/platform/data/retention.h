// Which versions of data sets are older than they may be kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/data/governance.h"
#include "platform/hub/repositories.h"
#include "platform/records/record_index.h"

namespace sinter {

struct DueVersion {
  RepositoryVersion version;
  Governance governance;
  int64_t due_ms = 0;
};

// Any thread. It reads the versions of those data sets alone that have one that is due.
class Retention {
 public:
  Retention(Records& records, Repositories& datasets);
  // The longest due first. `name`: of that data set alone.
  Result<std::vector<DueVersion>> Due(int64_t now_ms, std::string_view name = {});

 private:
  struct Kept {
    int64_t created_ms = 0;
    bool removed = false;
  };
  Status AddDue(std::string_view name, int64_t now_ms, std::vector<DueVersion>& due);
  Records& records_;
  Repositories& datasets_;
  RecordIndex<int64_t> days_;  // by data set
  RecordIndex<Kept> commits_;
};

}  // namespace sinter
