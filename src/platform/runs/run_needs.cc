#include "platform/runs/run_needs.h"

#include <fmt/format.h>

#include "platform/runs/run.h"
#include "platform/runs/sweep.h"

namespace sinter {

RecordRule RunRecordRule() {
  return {"run", [](const Record& record) -> Result<RecordNeeds> {
            TRY(const RunInfo run, ReadRun(record));
            RecordNeeds needs{.label = fmt::format("run {}", run.id)};
            for (const RunCheckpoint& checkpoint : run.checkpoints)
              needs.manifests.push_back(checkpoint.manifest);
            // A run of a client outside has no data set of ours.
            if (!run.done() && run.dataset_version != Sha256Digest{})
              needs.manifests.push_back(run.dataset_version);
            return needs;
          }};
}

RecordRule SweepRecordRule() {
  return {std::string(kSweepKind), [](const Record& record) -> Result<RecordNeeds> {
            TRY(const SweepInfo sweep, ReadSweep(record));
            RecordNeeds needs{.label = fmt::format("sweep {}", sweep.name)};
            if (!sweep.over) needs.versions.emplace_back(RepositoryKind::kDataset, sweep.dataset);
            return needs;
          }};
}

}  // namespace sinter
