#include "platform/runs/run_needs.h"

#include <fmt/format.h>

#include "platform/runs/run.h"

namespace sinter {

RecordRule RunRecordRule() {
  return {"run", [](const Record& record) -> Result<RecordNeeds> {
            TRY(const RunInfo run, ReadRun(record));
            RecordNeeds needs{.label = fmt::format("run {}", run.id)};
            for (const RunCheckpoint& checkpoint : run.checkpoints)
              needs.manifests.push_back(checkpoint.manifest);
            if (!run.done()) needs.manifests.push_back(run.dataset_version);
            return needs;
          }};
}

}  // namespace sinter
