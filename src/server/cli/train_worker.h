// One rank of a training job.
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
  bool terminal = false;  // progress on one line that is written over
};
Json TrainJobJson(const TrainJob& job);
Result<TrainJob> ParseTrainJob(std::string_view text);

// Trains; rank 0 uploads the model and reports how the run ended. With more than one rank this process is
// one that mpirun started.
Status RunTrainJob(const TrainJob& job);

}  // namespace sinter
