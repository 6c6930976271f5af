// The training itself: batches in, metrics and checkpoints out.
#pragma once

#include <functional>
#include <string>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/file.h"
#include "engine/metrics/classification.h"
#include "training/trainer/batch_source.h"
#include "training/trainer/program.h"
#include "training/trainer/sinks.h"

namespace sinter {

struct TrainProgress {
  int64_t step = 0, steps = 0;
  int64_t epoch = 0;  // from 1
  double loss = 0;
  double images_per_second = 0;  // over all ranks, since the last report
  double seconds_left = 0;
  double waiting_share = 0;  // of the time since the last report: training waited for data
};

struct TrainOptions {
  int rank = 0, ranks = 1;
  Communicator* communicator = nullptr;  // with more than one rank
  ThreadPool* pool = nullptr;            // null: the process's
  CancelToken cancel;
  // Asked on rank 0 after each step: then a checkpoint of that step is written, and training ends.
  CancelToken interrupt;
  const Clock* clock = nullptr;  // what time is measured by; null: the real one
  // The epoch, from 1, after which training pauses: its last step is saved and measured. 0: to the end.
  int64_t until_epoch = 0;
  // About every half second, and at the end; null: nobody looks. On the caller's thread.
  std::function<void(const TrainProgress&)> on_progress;
};

struct Evaluation {
  ConfusionMatrix confusion{1};
  double loss = 0;  // mean cross-entropy
  double calibration_error = 0;
};

struct TrainResult {
  Module module;  // with the trained weights: @forward to export, @predict to use
  Signature signature;
  Evaluation test;           // rank 0 alone has it
  int64_t steps = 0;         // done
  bool paused = false;       // by TrainOptions::until_epoch, before the recipe's end
  int64_t resumed_from = 0;  // the checkpoint's step; 0: from the beginning
  double seconds = 0;        // of training, evaluation apart
  double images_per_second = 0;
};

// Trains to the end of the recipe, from the sink's latest checkpoint where there is one. With the same
// recipe, data, build, chip, threads and ranks it gives the same bits, interrupted or not. Rank 0 alone
// writes to the sinks; all ranks read the checkpoint. Errors: a loss or gradient that is not finite
// (kInvalidArgument, naming step and tensor), whatever a sink or source says, kCancelled,
// kUnavailable once interrupted and saved.
Result<TrainResult> Train(const Recipe& recipe, const ExampleSpec& examples, BatchSource& source,
                          RunSink& run, CheckpointSink& checkpoints, const TrainOptions& options);

// The model on the whole test split, by @predict.
Result<Evaluation> Evaluate(Executable& executable, BatchSource& source, int64_t classes);

// FOLDER/model.onnx and FOLDER/signature.json.
Status ExportModel(const Module& module, const Signature& signature, const Path& folder);

}  // namespace sinter
