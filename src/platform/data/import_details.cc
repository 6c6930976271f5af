#include "platform/data/import_details.h"

#include <nlohmann/json.hpp>

namespace sinter {

void KeepImport(const RepositoryVersion& from, Json& details) {
  const Json before = Json::parse(from.details, nullptr, false);
  if (before.is_object() && before.contains("import")) details["import"] = before["import"];
}

}  // namespace sinter
