// A ref and its repository as they were read, for the files of this room.
#pragma once

#include <optional>
#include <string>

#include "platform/hub/repositories.h"
#include "platform/hub/repository_records.h"

namespace sinter {

struct Repositories::Head {
  std::string name;                  // of the repository
  std::string ref_name;              // "refs/heads/main"
  std::optional<Record> repository;  // none: it is to be made
  std::optional<Record> ref;         // none: it is to be made
  int64_t latest = 0;
  GitId commit;  // where the ref stands
  bool is_main() const { return ref_name == "refs/heads/main"; }
};

}  // namespace sinter
