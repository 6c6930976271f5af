#include "platform/labels/labelling_needs.h"

#include <fmt/format.h>

#include "platform/labels/labelling_record.h"

namespace sinter {

std::vector<RecordRule> LabellingRecordRules() {
  return {{std::string(kLabellingKind),
           [](const Record& record) -> Result<RecordNeeds> {
             TRY(const LabellingInfo labelling, ReadLabelling(record));
             RecordNeeds needs{.label = fmt::format("labelling {}", labelling.name)};
             const auto version = ParseSha256(labelling.spec.version);
             if (!version)
               return Error{ErrorCode::kCorrupt,
                            fmt::format("labelling {}: its version is no sha256", labelling.name), ""};
             needs.manifests.push_back(*version);
             return needs;
           }},
          PlainRecordRule(kLabellingPartKind),
          PlainRecordRule(kLabelKind)};
}

}  // namespace sinter
