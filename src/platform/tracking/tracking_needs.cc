#include "platform/tracking/tracking_needs.h"

#include <fmt/format.h>

#include "platform/tracking/artifacts.h"
#include "platform/tracking/experiments.h"
#include "platform/tracking/logged_models.h"
#include "platform/tracking/registry_entries.h"

namespace sinter {

std::vector<RecordRule> TrackingRecordRules() {
  std::vector<RecordRule> rules{{std::string(kArtifactKind), [](const Record& record) -> Result<RecordNeeds> {
                                   TRY(const ManifestFile file, ReadArtifact(record));
                                   return RecordNeeds{.label = fmt::format("artifact {}", file.path),
                                                      .blobs = {file.sha256}};
                                 }}};
  rules.push_back({std::string(kExperimentKind), [](const Record& record) -> Result<RecordNeeds> {
                     TRY_STATUS(ReadExperiment(record));
                     return RecordNeeds{.label = fmt::format("experiment {}", record.name)};
                   }});
  rules.push_back({std::string(kLoggedModelKind), [](const Record& record) -> Result<RecordNeeds> {
                     TRY_STATUS(ReadLoggedModel(record));
                     return RecordNeeds{.label = fmt::format("logged model {}", record.name)};
                   }});
  for (const std::string_view kind : {kExperimentNameKind, kRegisteredKind, kRegisteredVersionKind})
    rules.push_back(PlainRecordRule(kind));
  return rules;
}

}  // namespace sinter
