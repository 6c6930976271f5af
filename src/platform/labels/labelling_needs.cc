#include "platform/labels/labelling_needs.h"

#include <fmt/format.h>

#include "platform/labels/labelling_record.h"

namespace sinter {

std::vector<RecordRule> LabellingRecordRules() {
  return {{std::string(kLabellingKind),
           [](const Record& record) -> Result<RecordNeeds> {
             TRY(const LabellingInfo labelling, ReadLabelling(record));
             RecordNeeds needs{.label = fmt::format("labelling {}", labelling.name)};
             if (labelling.open)
               needs.versions.emplace_back(RepositoryKind::kDataset, labelling.spec.dataset);
             return needs;
           }},
          PlainRecordRule(kLabellingPartKind),
          PlainRecordRule(kLabelKind)};
}

}  // namespace sinter
