#include "platform/data/governance.h"

#include <nlohmann/json.hpp>

namespace sinter {
namespace {

constexpr size_t kLongest = 4000;

// The fields that the object names, over those there are.
Result<Governance> Merged(Governance governance, const Json& changes) {
  JsonReader reader(changes, "governance");
  const auto text = [&](std::string_view field, std::string& to) {
    if (!reader.Has(field)) return;
    to = reader.String(field);
    if (to.size() > kLongest) reader.Fail(field, "is longer than 4,000 bytes");
  };
  text("owner", governance.owner);
  text("licence", governance.licence);
  text("purpose", governance.purpose);
  if (reader.Has("retention_days")) {
    governance.retention_days = reader.Int("retention_days");
    if (governance.retention_days < 0 || governance.retention_days > 36'525)
      reader.Fail("retention_days", "must be 0 (no end) to 36,525");
  }
  TRY_STATUS(reader.Finish());
  return governance;
}

Json Fields(const Governance& governance) {
  return {{"owner", governance.owner},
          {"licence", governance.licence},
          {"purpose", governance.purpose},
          {"retention_days", governance.retention_days}};
}

}  // namespace

Result<Governance> ReadGovernance(const Record& record) {
  TRY(const Json spec, ParseJson(record.spec));
  return Merged({}, spec);
}

Result<Governance> GovernanceOf(Records& records, std::string_view dataset) {
  const auto record = records.Get(kGovernanceKind, dataset);
  if (record) return ReadGovernance(*record);
  if (record.error().code == ErrorCode::kNotFound) return Governance();
  return record.error();
}

Result<Governance> SetGovernance(Records& records, std::string_view dataset, const Json& changes,
                                 std::string_view who) {
  TRY(Governance first, Merged({}, changes));
  const auto made =
      records.Create(std::string(kGovernanceKind), std::string(dataset), Fields(first).dump(), "{}", who);
  if (made) return first;
  if (made.error().code != ErrorCode::kAlreadyExists) return made.error();
  Governance result;
  TRY_STATUS(records.Update(kGovernanceKind, dataset, who, [&](Record& record) -> Status {
    TRY(Governance before, ReadGovernance(record));
    TRY(result, Merged(std::move(before), changes));
    record.spec = Fields(result).dump();
    return {};
  }));
  return result;
}

Result<Json> GovernanceJson(Records& records, std::string_view dataset) {
  TRY(const Governance governance, GovernanceOf(records, dataset));
  Json json = Fields(governance);
  ChangeQuery query;
  query.kind = kGovernanceKind;
  query.name = dataset;
  query.limit = 1000;
  TRY(const std::vector<Change> changes, records.History(query));
  json["history"] = Json::array();
  for (size_t i = changes.size(); i > 0 && changes.size() - i < 100; --i) {
    const Change& change = changes[i - 1];
    TRY(const Json spec, ParseJson(change.record.spec));
    json["history"].push_back({{"at_ms", change.at_ms}, {"by", change.by}, {"governance", spec}});
  }
  return json;
}

}  // namespace sinter
