// One rank of a training job.
#pragma once

#include "base/result.h"
#include "server/api/train_job.h"

namespace sinter {

// From here on SIGTERM and SIGINT ask this process to save what was trained and end; a second one ends it at
// once.
void ListenForInterrupts();
bool Interrupted();

// Trains; rank 0 uploads the model and reports how the run ended. With more than one rank this process is
// one that mpirun started. Interrupted, rank 0 saves a checkpoint first.
Status RunTrainJob(const TrainJob& job);

}  // namespace sinter
