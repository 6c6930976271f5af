// Records as they are kept: the first line says of what kind, the next two are its spec and its status. What
// is read, written and read again is equal.
#include <nlohmann/json.hpp>

#include "fuzz/records.h"
#include "fuzz/targets.h"
#include "platform/hub/repository_records.h"
#include "platform/jobs/launch.h"
#include "platform/runs/run.h"
#include "platform/serving/rollout_record.h"
#include "platform/serving/service_record.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  auto [kind, record] = RecordOf(input);
  if (kind == "run") {
    TRY(const RunInfo run, ReadRun(record));
    record.spec = RunSpecJson(run).dump();
    record.status = RunStatusJson(run).dump();
    const auto again = ReadRun(record);
    SINTER_CHECK(again.has_value() && RunSpecJson(*again).dump() == record.spec &&
                 RunStatusJson(*again).dump() == record.status);
    return {};
  }
  if (kind == "service") {
    TRY(const ServiceInfo service, ReadService(record));
    record.spec = ServiceSpecText(service);
    record.status = ServiceStatusText(service);
    const auto again = ReadService(record);
    SINTER_CHECK(again.has_value() && ServiceSpecText(*again) == record.spec &&
                 ServiceStatusText(*again) == record.status);
    return {};
  }
  if (kind == "job") {
    TRY(const JobInfo job, ReadJob(record));
    record.spec = JobSpecText(job.spec);
    record.status = JobStatusText(job);
    const auto again = ReadJob(record);
    SINTER_CHECK(again.has_value() && JobSpecText(again->spec) == record.spec &&
                 JobStatusText(*again) == record.status);
    (void)CheckJobSpec(job.spec);
    return {};
  }
  if (kind == "job_quota") {
    TRY(const JobQuota quota, ParseJobQuota(record.spec, "quota"));
    const auto again = ParseJobQuota(JobQuotaText(quota), "quota");
    SINTER_CHECK(again.has_value() && JobQuotaText(*again) == JobQuotaText(quota));
    return {};
  }
  if (kind == "job_launch") {
    TRY(const JobLaunch launch, ParseJobLaunch(record.spec));
    const auto again = ParseJobLaunch(JobLaunchText(launch));
    SINTER_CHECK(again.has_value() && JobLaunchText(*again) == JobLaunchText(launch));
    TRY(const JobExit exit, ParseJobExit(record.status));
    const auto ended = ParseJobExit(JobExitText(exit));
    SINTER_CHECK(ended.has_value() && JobExitText(*ended) == JobExitText(exit));
    return {};
  }
  if (kind == "commit") {
    TRY(RepositoryVersion version, ReadCommit(record));
    record.spec = CommitSpecText(version);
    record.status = CommitStatusText(version.number);
    const auto again = ReadCommit(record);
    SINTER_CHECK(again.has_value() && CommitSpecText(*again) == record.spec);
    return {};
  }
  if (kind == "pack") {
    record.name = PartName("name", "0123456789012345678901234567890123456789");
    TRY(const GitPack pack, ReadPack("name", record));
    record.spec = PackSpecText(pack);
    SINTER_CHECK(ReadPack("name", record).has_value());
    return {};
  }
  if (kind == "ref") {
    TRY(const GitId target, ReadTarget(record, "target"));
    SINTER_CHECK(ParseGitId(target.Hex()) == target);
    return {};
  }
  if (kind == "repository") {
    TRY(const RepositoryInfo info, ReadRepository(record));
    record.status = RepositoryStatusText(info.latest);
    SINTER_CHECK(ReadRepository(record).has_value());
    return {};
  }
  if (kind == "rollout") {
    TRY(const RolloutInfo rollout, ReadRollout(record));
    record.spec = RolloutSpecText(rollout);
    record.status = RolloutStatusText(rollout);
    const auto again = ReadRollout(record);
    SINTER_CHECK(again.has_value() && RolloutSpecText(*again) == record.spec &&
                 RolloutStatusText(*again) == record.status);
    return {};
  }
  if (kind == "gates") {
    TRY(const Json json, ParseJson(record.spec));
    TRY(const Gates gates, ReadGates(json, "gates"));
    const auto again = ReadGates(GatesJson(gates), "gates");
    SINTER_CHECK(again.has_value() && GatesJson(*again) == GatesJson(gates));
    return {};
  }
  TRY(const std::string text, CanonicalObject("object", record.spec));
  const auto again = CanonicalObject("object", text);
  SINTER_CHECK(again.has_value() && *again == text);
  return {};
}

}  // namespace

FuzzTarget RecordsTarget() { return {&Run, {ErrorCode::kInvalidArgument}}; }

}  // namespace sinter
