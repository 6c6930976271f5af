#include "platform/serving/service_needs.h"

#include <fmt/format.h>

#include "platform/serving/rollout_record.h"
#include "platform/serving/service_record.h"

namespace sinter {
namespace {

void AddModel(const RevisionRef& revision, RecordNeeds& needs) {
  if (!revision.model.empty()) needs.versions.emplace_back(RepositoryKind::kModel, revision.model);
}

void AddGolden(const Gates& gates, RecordNeeds& needs) {
  if (gates.golden) needs.versions.emplace_back(RepositoryKind::kDataset, gates.golden->dataset);
}

}  // namespace

RecordRule ServiceRecordRule() {
  return {std::string(kServiceKind), [](const Record& record) -> Result<RecordNeeds> {
            TRY(const ServiceInfo service, ReadService(record));
            RecordNeeds needs{.label = fmt::format("service {}", service.name)};
            AddModel(service.current, needs);
            if (service.previous) AddModel(*service.previous, needs);
            AddGolden(service.gates, needs);
            return needs;
          }};
}

RecordRule RolloutRecordRule() {
  return {std::string(kRolloutKind), [](const Record& record) -> Result<RecordNeeds> {
            TRY(const RolloutInfo rollout, ReadRollout(record));
            RecordNeeds needs{.label = fmt::format("rollout {}", rollout.name)};
            if (IsFinal(rollout.state)) return needs;
            AddModel(rollout.from, needs);
            AddModel(rollout.to, needs);
            AddGolden(rollout.gates, needs);
            return needs;
          }};
}

}  // namespace sinter
