// What clients log about a run besides its curves: parameters, tags, inputs and outputs; and curves as they
// log them, where a step may come more than once. Beside the metrics, so that a batch is one transaction.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "platform/runs/metric_store.h"

namespace sinter {

enum class RunNote : uint8_t { kParameter = 0, kTag = 1, kDataset = 2, kModelInput = 3, kModelOutput = 4 };

struct RunNoteValue {
  RunNote kind = RunNote::kTag;
  std::string key, value;
};

struct RunBatch {
  std::vector<MetricPoint> points;  // any step, also below 0
  std::vector<RunNoteValue> notes;
};

// All that is known of a run at once: of each metric its newest point, by step, then time, then value.
struct RunSummary {
  std::vector<MetricPoint> latest;  // by name
  std::map<std::string, std::string, std::less<>> parameters, tags;
  std::vector<RunNoteValue> inputs;  // the other kinds, by kind and key
};

struct MetricHistory {
  std::vector<MetricPoint> points;  // by step, then time, then value
  bool more = false;
};

// Any thread. What Write returned survives a crash and a power failure.
class RunLog {
 public:
  explicit RunLog(MetricStore& metrics) : database_(metrics.database()) {}

  // All of it or nothing. A point that is there, equal in all, is not added again. A parameter never changes
  // (kInvalidArgument; the same value again is fine); other notes are replaced. Names are at most 1,000
  // bytes; a run has 1,000 metrics at most.
  Status Write(std::string_view run, const RunBatch& batch);
  Status DeleteNote(std::string_view run, RunNote kind, std::string_view key);  // kNotFound

  Result<RunSummary> Summary(std::string_view run);
  Result<std::vector<RunSummary>> Summaries(std::span<const std::string> runs);
  // Every point of a metric, the first `skip` left out, `limit` (1 to 100,000) at most; none where the run
  // has no such metric.
  Result<MetricHistory> History(std::string_view run, std::string_view name, int64_t skip, int64_t limit);
  // The steps of a metric within a range, by step, each once; bounded by `limit`.
  Result<std::vector<int64_t>> Steps(std::string_view run, std::string_view name, int64_t from, int64_t to,
                                     int64_t limit);
  // The newest point at a step of a metric, for each of the steps that has one.
  Result<std::vector<MetricPoint>> AtSteps(std::string_view run, std::string_view name,
                                           std::span<const int64_t> steps);

  // What every run has under one name, by run: for searches.
  Result<std::unordered_map<std::string, double>> LatestOfAll(std::string_view name);
  Result<std::unordered_map<std::string, std::string>> NotesOfAll(RunNote kind, std::string_view key);
  Result<std::unordered_map<std::string, std::vector<std::string>>> NotesOfAll(RunNote kind);

 private:
  SqliteDatabase& database_;
};

}  // namespace sinter
