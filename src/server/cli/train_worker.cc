#include "server/cli/train_worker.h"

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/scratch_folder.h"
#include "engine/comm/mpi.h"
#include "platform/data/dataset_version.h"
#include "server/cli/heartbeat.h"
#include "server/cli/http_sinks.h"
#include "server/cli/progress_line.h"
#include "server/cli/train_data.h"
#include "training/trainer/trainer.h"

namespace sinter {
namespace {

std::string Card(const Recipe& recipe, const TrainJob& job, const TrainResult& result) {
  return fmt::format(
      "# {}\n\nTrained by Sinter on {} (run {}), {} steps, seed {}.\n\nTest accuracy {:.4f}, loss {:.4f}, "
      "calibration error {:.4f}.\n\n## Recipe\n\n```yaml\n{}```\n",
      recipe.name, job.dataset, job.run, result.steps, recipe.seed, result.test.confusion.Accuracy().value,
      result.test.loss, result.test.calibration_error, recipe.text);
}

Json Figures(const TrainResult& result) {
  const Estimate accuracy = result.test.confusion.Accuracy();
  return {{"accuracy", accuracy.value},     {"accuracy_low", accuracy.low},
          {"accuracy_high", accuracy.high}, {"macro_f1", result.test.confusion.MacroF1()},
          {"loss", result.test.loss},       {"calibration_error", result.test.calibration_error}};
}

Json Confusion(const ConfusionMatrix& confusion) {
  Json rows = Json::array();
  for (int64_t t = 0; t < confusion.classes(); ++t) {
    Json row = Json::array();
    for (int64_t p = 0; p < confusion.classes(); ++p) row.push_back(confusion.At(t, p));
    rows.push_back(std::move(row));
  }
  return rows;
}

class Worker {
 public:
  explicit Worker(const TrainJob& job) : job_(job) {}

  Status Run() {
    std::unique_ptr<Communicator> communicator;
    if (job_.ranks > 1) {
      TRY(communicator, MpiCommunicator());
      if (communicator->size() != job_.ranks)
        return InvalidArgument(
            fmt::format("mpirun started {} ranks, the job has {}", communicator->size(), job_.ranks));
      rank_ = communicator->rank();
    }
    std::unique_ptr<Heartbeat> heartbeat;
    if (!job_.heartbeats.empty()) {
      TRY(heartbeat, Heartbeat::Begin(job_.heartbeats, rank_));
    }
    TRY(client_, ApiClient::Create(job_.server, job_.token));
    Status done = Train(communicator.get());
    if (rank_ == 0 && !done) {
      const bool cancelled = done.error().code == ErrorCode::kCancelled;
      (void)client_->Post(RunPath() + "/finish", {{"outcome", cancelled ? "cancelled" : "failed"},
                                                  {"message", done.error().ToString()}});
    }
    if (heartbeat != nullptr) heartbeat->Done();
    if (!done && communicator != nullptr) {
      // The others may be waiting for this rank: there is nothing left to tidy up in an orderly way.
      fmt::print(stderr, "rank {}: {}\n", rank_, done.error().ToString());
      MpiAbort(1);
    }
    return done;
  }

 private:
  std::string RunPath() const { return "/runs/" + EscapeSegment(job_.run); }

  Status Train(Communicator* communicator) {
    TRY(const Recipe recipe, ParseRecipe(job_.recipe));
    TRY(const auto blobs, DownloadedBlobs::Create(*client_, RunPath() + "/blobs"));
    const auto version_id = ParseSha256(job_.dataset_version);
    if (!version_id) return InvalidArgument("the job names no version of a data set");
    TRY(const auto version, DatasetVersion::Open(*blobs, *version_id));
    TRY(TrainData data, ReadTrainData(version, recipe));
    ArraySourceOptions source_options;
    source_options.seed = recipe.seed;
    source_options.batch_size = recipe.batch_size;
    source_options.rank = rank_;
    source_options.ranks = job_.ranks;
    // The bits are the same with any number; most of the cores belong to the training itself.
    source_options.threads =
        std::clamp(static_cast<int>(std::thread::hardware_concurrency()) / (4 * job_.ranks), 1, 4);
    source_options.augmentation = recipe.augmentation;
    TRY(const auto source, ArraySource::Create(std::move(data.arrays), source_options));
    // Each sink speaks on a thread of its own.
    TRY(const auto metrics_client, ApiClient::Create(job_.server, job_.token));
    TRY(const auto checkpoint_client, ApiClient::Create(job_.server, job_.token));
    HttpRun run(*metrics_client, job_.run);
    HttpCheckpoints checkpoints(*checkpoint_client, job_.run, job_.resume_from);
    ProgressLine line(stderr, job_.terminal);
    TrainOptions options;
    options.rank = rank_;
    options.ranks = job_.ranks;
    options.communicator = communicator;
    options.on_progress = [&](const TrainProgress& p) { line.Show(p); };
    TRY(const TrainResult result, sinter::Train(recipe, data.examples, *source, run, checkpoints, options));
    if (rank_ != 0) return {};
    return Publish(recipe, result);
  }

  Status Publish(const Recipe& recipe, const TrainResult& result) {
    TRY(const auto folder, ScratchFolder::Create());
    const Path model = folder->path() / "model";
    TRY_STATUS(ExportModel(result.module, result.signature, model));
    TRY_STATUS(WriteFileAtomically(model / "README.md", Card(recipe, job_, result)));
    TRY(const auto store, BlobStore::Open(folder->path() / "store"));
    TRY(const Manifest manifest, StoreFolder(*store, model));
    TRY_STATUS(UploadBlobs(*client_, RunPath() + "/blobs", *store, manifest));
    const Json details = {{"run", job_.run},
                          {"dataset", job_.dataset},
                          {"figures", Figures(result)},
                          {"confusion", Confusion(result.test.confusion)}};
    TRY(const Json version,
        client_->Post(RunPath() + "/model", {{"name", recipe.name},
                                             {"manifest", Json::parse(ManifestText(manifest))},
                                             {"details", details}}));
    const std::string ref = version.value("ref", "");
    TRY_STATUS(
        client_->Post(RunPath() + "/finish", {{"outcome", "succeeded"}, {"message", ""}, {"model", ref}}));
    if (job_.result.empty()) return {};
    const Json left = {{"run", job_.run},
                       {"model", ref},
                       {"steps", result.steps},
                       {"resumed_from_step", result.resumed_from},
                       {"seconds", result.seconds},
                       {"images_per_second", result.images_per_second},
                       {"figures", Figures(result)},
                       {"confusion", Confusion(result.test.confusion)}};
    return WriteFileAtomically(job_.result, left.dump() + "\n");
  }

  const TrainJob& job_;
  int rank_ = 0;
  std::unique_ptr<ApiClient> client_;
};

}  // namespace

Json TrainJobJson(const TrainJob& job) {
  return {{"server", job.server},
          {"run", job.run},
          {"token", job.token},
          {"recipe", job.recipe},
          {"dataset", job.dataset},
          {"dataset_version", job.dataset_version},
          {"resume_from", job.resume_from},
          {"heartbeats", job.heartbeats},
          {"result", job.result},
          {"ranks", job.ranks},
          {"terminal", job.terminal}};
}

Result<TrainJob> ParseTrainJob(std::string_view text) {
  TRY(const Json json, ParseJson(text));
  JsonReader reader(json, "job");
  TrainJob job;
  job.server = reader.String("server");
  job.run = reader.String("run");
  job.token = reader.String("token");
  job.recipe = reader.String("recipe");
  job.dataset = reader.String("dataset");
  job.dataset_version = reader.String("dataset_version");
  job.resume_from = reader.String("resume_from");
  job.heartbeats = reader.String("heartbeats");
  job.result = reader.String("result");
  job.ranks = static_cast<int>(reader.Int("ranks"));
  job.terminal = reader.Bool("terminal", false);
  TRY_STATUS(reader.Finish());
  return job;
}

Status RunTrainJob(const TrainJob& job) {
  signal(SIGPIPE, SIG_IGN);
  return Worker(job).Run();
}

}  // namespace sinter
