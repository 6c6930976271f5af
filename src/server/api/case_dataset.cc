#include "server/api/case_dataset.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/serving/case_table.h"
#include "server/api/case_files.h"

namespace sinter {

Result<Json> WriteCases(Platform& platform, std::string_view name, std::span<const HardCase> cases,
                        std::string_view dataset, std::string_view who, bool to_label) {
  const auto service = platform.services().Find(name);
  if (service == nullptr) return NotFound("there is no such service", "sinter service list");
  const SweepHold hold = platform.store().Hold();
  CaseTable table;
  if (const auto info = service->Info()) {
    TRY(table, MakeCaseTable(platform.store(), info->interface, info->answers, cases, to_label));
  }
  if (table.rows == 0) {
    return Error{ErrorCode::kConflict, fmt::format("service {} has kept no cases", name),
                 "its gates say whether it may: sinter service gates NAME --keep-cases"};
  }
  const Json details = {{"service", name},
                        {"labels", to_label ? "none yet; 'said' is what the model said"
                                            : "what the model said; not checked by anybody"}};
  TRY(const RepositoryVersion version,
      platform.repositories(RepositoryKind::kDataset).Add(dataset, table.manifest, details.dump(), who));
  return Json{{"dataset", version.Ref()}, {"split", kCaseSplit}, {"rows", table.rows}};
}

Result<Json> ExportCases(Platform& platform, std::string_view name, std::string_view dataset,
                         std::string_view who, bool to_label) {
  TRY(const KeptCases kept, ReadKeptCases(platform, name));
  TRY(Json made, WriteCases(platform, name, kept.cases, dataset, who, to_label));
  ForgetCases(platform, name, kept);
  return made;
}

}  // namespace sinter
