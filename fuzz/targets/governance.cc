// Who answers for a data set, as it is kept: what is accepted is within its bounds.
#include "platform/data/governance.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  Record record;
  record.name = "name";
  record.spec = TextOf(input);
  TRY(const Governance governance, ReadGovernance(record));
  SINTER_CHECK(governance.retention_days >= 0 && governance.retention_days <= 36'525);
  for (const std::string* text : {&governance.owner, &governance.licence, &governance.purpose})
    SINTER_CHECK(text->size() <= 4000);
  return {};
}

}  // namespace

FuzzTarget GovernanceTarget() { return {&Run, {ErrorCode::kInvalidArgument}}; }

}  // namespace sinter
