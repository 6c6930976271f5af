// What the ranks of a training run are told: by `sinter train`, or by the queue.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"

namespace sinter {

// What the launcher tells its ranks, in a file: mode 0600, since it holds the run's token.
struct TrainJob {
  std::string server, run, token, recipe, dataset, dataset_version;
  std::string resume_from;  // a checkpoint's manifest; empty: from the beginning
  std::string heartbeats;   // the file of heartbeat.h; empty: nobody watches
  std::string result;       // where rank 0 leaves what came of it, as JSON
  int ranks = 1;
  int64_t until_epoch = 0;  // where training pauses; 0: nowhere
  int64_t patience_s = 0;   // how long a server that is away is waited for
  bool terminal = false;    // progress on one line that is written over
};
Json TrainJobJson(const TrainJob& job);
Result<TrainJob> ParseTrainJob(std::string_view text);

// Where the queue puts it for `sinter train-job`.
inline constexpr const char* kTrainJobVariable = "SINTER_TRAIN_JOB";

}  // namespace sinter
