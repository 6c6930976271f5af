// Records of tracking as they are kept: the first line says of what kind, the next two are its spec and its
// status.
#include <nlohmann/json.hpp>

#include "fuzz/records.h"
#include "fuzz/targets.h"
#include "platform/runs/run.h"
#include "platform/tracking/artifacts.h"
#include "platform/tracking/logged_models.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  auto [kind, record] = RecordOf(input);
  if (kind == "experiment") {
    TRY(const Experiment experiment, ReadExperiment(record));
    SINTER_CHECK(experiment.id == record.name);
    return {};
  }
  if (kind == "artifact") {
    TRY(const ManifestFile file, ReadArtifact(record));
    SINTER_CHECK(file.path == record.name && ParseSha256(file.sha256.Hex()) == file.sha256);
    return {};
  }
  if (kind == "logged_model") {
    TRY(const LoggedModel model, ReadLoggedModel(record));
    SINTER_CHECK(model.id == record.name);
    return {};
  }
  // A run with what clients of tracking know of it.
  TRY(const RunInfo run, ReadRun(record));
  record.spec = RunSpecJson(run).dump();
  record.status = RunStatusJson(run).dump();
  const auto again = ReadRun(record);
  SINTER_CHECK(again.has_value() && again->tracking == run.tracking);
  return {};
}

}  // namespace

FuzzTarget TrackingRecordsTarget() { return {&Run, {ErrorCode::kInvalidArgument}, 2048}; }

}  // namespace sinter
