// The sweeps of a server: accepted, driven to their end, paused, cancelled.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/jobs/jobs.h"
#include "platform/records/record_index.h"
#include "platform/runs/metric_store.h"
#include "platform/runs/sweep.h"

namespace sinter {

struct SweepsOptions {
  std::string home;  // whose sweeps these are: their jobs are in this server's queue
  // Makes the trial's run, where there is none yet, and the job that `states[trial].job` names. Twice the
  // same does nothing. An error that a second try would not mend fails the trial.
  std::function<Status(const SweepInfo& sweep, size_t trial)> submit;
};

// A ControllerLoop drives them; the rest by any thread. What it is given outlives it.
class Sweeps final : public PureController<SweepSnapshot, SweepAction> {
 public:
  Sweeps(Records& records, Jobs& jobs, MetricStore& metrics, SweepsOptions options)
      : records_(records),
        jobs_(jobs),
        metrics_(metrics),
        options_(std::move(options)),
        created_(records, std::string(kSweepKind),
                 [](const Record& record) -> Result<int64_t> { return record.created_ms; }) {}

  // `sweep` with its text, recipe, dataset, owner and code. kAlreadyExists where the name is taken.
  Result<SweepInfo> Create(SweepInfo sweep, std::string_view who);
  Result<SweepInfo> Get(std::string_view name);
  Result<std::vector<SweepInfo>> List(size_t limit = 100);  // newest first
  // kConflict: it is over, or was cancelled.
  Result<SweepInfo> SetWish(std::string_view name, SweepWish wish, std::string_view who);

  std::vector<std::string> Kinds() const override { return {std::string(kSweepKind)}; }

 protected:
  Result<SweepSnapshot> Observe(const std::string& name) override;
  Decision<SweepAction> Decide(const SweepSnapshot& snapshot) const override { return DecideSweep(snapshot); }
  Status Act(const std::string& name, const SweepAction& action, const Fence& fence) override;

 private:
  Status Change(const std::string& name, const Fence& fence, const std::function<void(SweepInfo&)>& change);
  Status SubmitTrial(const std::string& name, size_t trial, const Fence& fence);
  Result<std::optional<TrialJob>> SeeJob(const SweepInfo& sweep, size_t trial);
  Records& records_;
  Jobs& jobs_;
  MetricStore& metrics_;
  const SweepsOptions options_;
  RecordIndex<int64_t> created_;  // when, in Unix time
};

}  // namespace sinter
