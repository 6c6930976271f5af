// Who answers for a data set, and what it may be used for.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "platform/records/records.h"

namespace sinter {

inline constexpr std::string_view kGovernanceKind = "dataset_governance";

struct Governance {
  std::string owner;           // a person or a group
  std::string licence;         // "CC-BY-4.0", or a sentence
  std::string purpose;         // what it may be used for
  int64_t retention_days = 0;  // how long it may be kept; 0: no end is said
  bool operator==(const Governance&) const = default;
};

Result<Governance> ReadGovernance(const Record& record);
// Kept as a record beside the data set's versions, with its history. Nothing said yet: all empty.
Result<Governance> GovernanceOf(Records& records, std::string_view dataset);
// Changes the fields that `changes` names: {"owner","licence","purpose","retention_days"}. Errors: a field
// that is none, a text of more than 4,000 bytes, days below 0 or over 36,525.
Result<Governance> SetGovernance(Records& records, std::string_view dataset, const Json& changes,
                                 std::string_view who);
// With "history": who changed it when, newest first, at most 100.
Result<Json> GovernanceJson(Records& records, std::string_view dataset);

}  // namespace sinter
