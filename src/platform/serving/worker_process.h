// A process that runs a model for a replica: what crashes there takes no one with it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/scratch_folder.h"
#include "base/worker_channel.h"
#include "platform/serving/batcher.h"
#include "platform/serving/model_interface.h"
#include "platform/serving/warm_up.h"

namespace sinter {

// What is started: the program and its first words; "--socket PATH --model FILE --rows N" follow. As it is:
// this program's own `replica-worker`. Set before any service is loaded.
void SetWorkerCommand(std::vector<std::string> command);

// The model as worker processes find it: one function of the module, in a folder of its own that lasts as
// long as somebody holds this.
class WorkerModel {
 public:
  static Result<std::shared_ptr<const WorkerModel>> Write(const Module& module, std::string_view function);
  const Path& folder() const { return folder_->path(); }
  Path file() const { return folder_->path() / "model.onnx"; }

 private:
  std::unique_ptr<ScratchFolder> folder_;
};

// One process, started anew when it ends by itself. One thread. Memory: a run's inputs and outputs.
class WorkerProcess {
 public:
  WorkerProcess(std::shared_ptr<const WorkerModel> model, int64_t max_rows)
      : model_(std::move(model)), max_rows_(max_rows) {}
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  // Starts it and lets it warm up. Errors are those of the model; kUnavailable where the process ended.
  Result<WarmUpReport> Start();
  // kUnavailable where the process ended in this run, which may be tried again; the next run starts another
  // one, after a pause that doubles with each end in a row (0.1 s to 10 s). Valid until the next run.
  // `threads` of its engine's are used at most; 0: all.
  Result<std::span<const Value>> Run(std::span<const Tensor> inputs, const CancelToken& cancel,
                                     int threads = 0);
  pid_t pid() const { return channel_.pid(); }

 private:
  Error Ended(std::string_view when);
  std::shared_ptr<const WorkerModel> model_;
  const int64_t max_rows_;
  WorkerChannel channel_;
  int ends_in_a_row_ = 0;
  std::chrono::steady_clock::time_point not_before_;
  std::vector<Value> outputs_;
};

// The process itself: connects, loads, warms, answers until the socket closes. Gives the exit code.
int ReplicaWorkerMain(const Path& socket, const Path& model, int64_t max_rows);

}  // namespace sinter
