#include "server/api/all_record_rules.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/data/governance.h"
#include "platform/hub/backup.h"
#include "platform/hub/quota.h"
#include "platform/jobs/job.h"
#include "platform/labels/labelling_needs.h"
#include "platform/runs/run_needs.h"
#include "platform/serving/case_loop_record.h"
#include "platform/serving/service_needs.h"
#include "platform/tracking/tracking_needs.h"
#include "server/api/console_sessions.h"
#include "server/api/dataset_api.h"

namespace sinter {

RecordRules AllRecordRules() {
  std::vector<RecordRule> rules = HubRecordRules();
  for (auto room : {LabellingRecordRules, TrackingRecordRules}) {
    for (RecordRule& rule : room()) rules.push_back(std::move(rule));
  }
  rules.push_back(RunRecordRule());
  rules.push_back(SweepRecordRule());
  rules.push_back(ServiceRecordRule());
  rules.push_back(RolloutRecordRule());
  // A room below the hub cannot say it itself.
  rules.push_back({std::string(kJobKind), [](const Record& record) -> Result<RecordNeeds> {
                     TRY_STATUS(ReadJob(record));
                     return RecordNeeds{.label = fmt::format("job {}", record.name)};
                   }});
  rules.push_back({std::string(kProfileKind), [](const Record& record) -> Result<RecordNeeds> {
                     TRY(const Json spec, ParseJson(record.spec));
                     JsonReader reader(spec, "profile");
                     const auto blob = ParseSha256(reader.String("blob"));
                     if (!blob) reader.Fail("blob", "is no sha256");
                     TRY_STATUS(reader.Finish());
                     return RecordNeeds{.label = fmt::format("profile {}", record.name), .blobs = {*blob}};
                   }});
  for (const std::string_view kind :
       {kQuotaKind, kStoreQuotaKind, kGovernanceKind, kSessionKind, kRestoreKind, kCaseLoopKind})
    rules.push_back(PlainRecordRule(kind));
  return RecordRules(std::move(rules));
}

}  // namespace sinter
