// All of tracking and registry, over one home.
#pragma once

#include "platform/tracking/artifacts.h"
#include "platform/tracking/experiments.h"
#include "platform/tracking/logged_models.h"
#include "platform/tracking/model_registry.h"
#include "platform/tracking/tracked_runs.h"

namespace sinter {

// Any thread. What it is made from outlives it.
class Tracking {
 public:
  Tracking(Records& records, BlobStore& store, Repositories& models, Runs& run_records, MetricStore& metrics,
           const Clock& with_clock)
      : experiments(records),
        runs(run_records, metrics, experiments, records, with_clock),
        artifacts(records, store, models),
        logged_models(records, experiments, run_records, with_clock),
        registry(records, models, artifacts, store, with_clock),
        clock(with_clock) {}

  Experiments experiments;
  TrackedRuns runs;
  Artifacts artifacts;
  LoggedModels logged_models;
  ModelRegistry registry;
  const Clock& clock;
};

}  // namespace sinter
