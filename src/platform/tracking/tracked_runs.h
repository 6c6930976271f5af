// Runs as MLflow's clients see them: those that they log themselves, and those that Sinter trains.
#pragma once

#include <optional>

#include "platform/runs/run_log.h"
#include "platform/runs/runs.h"
#include "platform/tracking/experiments.h"
#include "platform/tracking/search_filter.h"

namespace sinter {

std::string_view MlflowStatusName(RunState state);  // "SCHEDULED", "RUNNING", "FINISHED", "FAILED", "KILLED"
std::optional<RunState> ParseMlflowStatus(std::string_view name);

// Its inputs that are data sets are JSON texts: {"tags":[{"key","value"}],"dataset":{"name","digest", ...}}.
struct TrackedRun {
  RunInfo info;
  RunSummary summary;
  bool deleted = false;      // itself, or its experiment
  std::string artifact_uri;  // "mlflow-artifacts:/EXPERIMENT/RUN/artifacts"
  std::string name() const { return info.tracking.name.empty() ? info.id : info.tracking.name; }
  std::string user() const { return info.tracking.user.empty() ? info.created_by : info.tracking.user; }
};

struct RunChange {
  std::optional<RunState> state;
  std::optional<int64_t> end_ms;
  std::optional<std::string> name;
};

enum class LifecycleView : uint8_t { kActive, kDeleted, kAll };

struct RunSearch {
  std::vector<std::string> experiments;
  std::string filter;
  LifecycleView view = LifecycleView::kActive;
  std::vector<std::string> order_by;
  int64_t at_most = 1000;  // 1 to 50,000
  std::string page_token;
};

struct RunSearchPage {
  std::vector<TrackedRun> runs;  // newest first, where no order says otherwise
  std::string next_page_token;
};

inline constexpr std::string_view kRunNameTag = "mlflow.runName";

// Any thread.
class TrackedRuns {
 public:
  TrackedRuns(Runs& runs, MetricStore& metrics, Experiments& experiments, Records& records,
              const Clock& clock)
      : runs_(runs), log_(metrics), experiments_(experiments), records_(records), clock_(clock) {}

  // In an experiment that is active (kInvalidArgument). Without a name it gets one.
  Result<TrackedRun> Create(NewOutsideRun run, const TagMap& tags, std::string_view who);
  Result<TrackedRun> Get(std::string_view id);
  // The state of a run that Sinter trains is its attempts' affair (kInvalidArgument).
  Result<TrackedRun> Update(std::string_view id, const RunChange& change, std::string_view who);
  Status Delete(std::string_view id, std::string_view who);
  Status Restore(std::string_view id, std::string_view who);

  // Into a run that is active (kInvalidArgument). The tag mlflow.runName is its name.
  Status Write(std::string_view id, const RunBatch& batch, std::string_view who);
  Status DeleteTag(std::string_view id, std::string_view key);

  Result<RunSearchPage> Search(const RunSearch& search);
  RunLog& log() { return log_; }

 private:
  Result<RunInfo> Find(std::string_view id);  // kNotFound as clients know it
  Result<RunInfo> FindActive(std::string_view id);
  Result<TrackedRun> Complete(RunInfo info);
  Runs& runs_;
  RunLog log_;
  Experiments& experiments_;
  Records& records_;
  const Clock& clock_;
};

}  // namespace sinter
