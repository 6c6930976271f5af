// What the registry keeps besides the hub's versions, for the files of this room.
#pragma once

#include "platform/tracking/model_registry.h"

namespace sinter {

inline constexpr std::string_view kRegisteredKind = "registered_model";
inline constexpr std::string_view kRegisteredVersionKind = "registered_model_version";

struct ModelRegistry::Entry {
  std::string name;
  std::string repository;
  std::optional<Record> record;  // none: a repository that nobody registered
  std::string description;
  TagMap tags;
  bool deleted = false;
  bool moved = false;  // renamed: another model has the repository
  int64_t first = 1;   // versions before this one are deleted with the model that had them
  int64_t created_ms = 0, updated_ms = 0;
  std::string created_by;
};

struct ModelRegistry::Said {
  std::string description;
  std::string stage = "None";
  TagMap tags;
  bool deleted = false;
};

}  // namespace sinter
