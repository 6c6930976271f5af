#include "server/cli/train_worker.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/scratch_folder.h"
#include "base/thread_pool.h"
#include "engine/comm/mpi.h"
#include "platform/data/dataset_version.h"
#include "platform/hub/card.h"
#include "server/cli/heartbeat.h"
#include "server/cli/http_sinks.h"
#include "server/cli/progress_line.h"
#include "server/cli/system_metrics.h"
#include "server/cli/train_data.h"
#include "training/trainer/trainer.h"

namespace sinter {
namespace {

// Made before a signal can come: the handler may not allocate.
CancelSource& InterruptSource() {
  static CancelSource source;
  return source;
}

// "u8 [28, 28]": one example, as its users send it.
std::string TypeText(DType dtype, const std::vector<int64_t>& shape) {
  return fmt::format("{} [{}]", DTypeName(dtype), fmt::join(shape, ", "));
}

// From the signature, the run and what was measured.
Card ModelCard(const Recipe& recipe, const TrainJob& job, const TrainResult& result) {
  Card card;
  card.name = recipe.name;
  card.task = result.signature.task;
  std::ranges::replace(card.task, '_', '-');  // as Hugging Face spells tasks
  card.library = "sinter";
  card.tags = {"onnx", "sinter"};
  card.datasets = {job.dataset};
  const ConfusionMatrix& confusion = result.test.confusion;
  const std::pair<const char*, double> metrics[] = {{"accuracy", confusion.Accuracy().value},
                                                    {"macro_f1", confusion.MacroF1()},
                                                    {"loss", result.test.loss},
                                                    {"calibration_error", result.test.calibration_error}};
  for (const auto& [name, value] : metrics) card.metrics.push_back({name, fmt::format("{:.4f}", value)});
  card.body =
      fmt::format("# {}\n\nTrained by Sinter on {} (run {}), {} steps, seed {}.\n\n## Takes and gives\n\n",
                  recipe.name, job.dataset, job.run, result.steps, recipe.seed);
  for (const SignatureInput& input : result.signature.inputs)
    card.body += fmt::format("- takes `{}`: {}\n", input.name, TypeText(input.dtype, input.shape));
  for (const SignatureOutput& output : result.signature.outputs)
    card.body += fmt::format("- gives `{}`: {}\n", output.name, TypeText(output.dtype, output.shape));
  if (!result.signature.classes.empty())
    card.body += fmt::format("- classes: {}\n", fmt::join(result.signature.classes, ", "));
  card.body += "\n## Figures on the test split\n\n";
  for (const CardMetric& metric : card.metrics)
    card.body += fmt::format("- {}: {}\n", metric.name, metric.value);
  card.body += fmt::format("\n## Recipe\n\n```yaml\n{}```\n", recipe.text);
  return card;
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
    TRY(client_, Connect());
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
  // A server that is started again goes on with this attempt: all that a run reports may be told twice.
  Result<std::unique_ptr<ApiClient>> Connect() const {
    TRY(auto client, ApiClient::Create(job_.server, job_.token));
    client->BePatient(std::chrono::seconds(job_.patience_s));
    return client;
  }
  std::string RunPath() const { return "/runs/" + EscapeSegment(job_.run); }

  Status Train(Communicator* communicator) {
    TRY(const Recipe recipe, ParseRecipe(job_.recipe));
    TRY(const auto blobs, DownloadedBlobs::Create(*client_, RunPath() + "/blobs"));
    const auto version_id = ParseSha256(job_.dataset_version);
    if (!version_id) return InvalidArgument("the job names no version of a data set");
    TRY(const auto version, DatasetVersion::Open(*blobs, *version_id));
    TRY(TrainData data, ReadTrainData(version, recipe));
    if (rank_ == 0 && !data.predicts.empty()) fmt::print(stderr, "predicts {}\n", data.predicts);
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
    TRY(const auto metrics_client, Connect());
    TRY(const auto checkpoint_client, Connect());
    HttpRun run(*metrics_client, job_.run);
    // Ranks are mpirun's children: their memory and core time are one figure.
    SystemMetrics system(run, job_.ranks > 1 ? getppid() : getpid(), ThreadPool::Shared().threads());
    HttpCheckpoints checkpoints(*checkpoint_client, job_.run, job_.resume_from);
    ProgressLine line(stderr, job_.terminal);
    TrainOptions options;
    options.interrupt = InterruptSource().token();
    options.rank = rank_;
    options.ranks = job_.ranks;
    options.communicator = communicator;
    options.until_epoch = job_.until_epoch;
    options.on_progress = [&](const TrainProgress& p) { line.Show(p); };
    TRY(const TrainResult result,
        sinter::Train(recipe, data.examples, *source, system, checkpoints, options));
    if (rank_ != 0) return {};
    if (!result.paused) return Publish(recipe, result);
    TRY_STATUS(client_->Post(
        RunPath() + "/finish",
        {{"outcome", "paused"},
         {"message", fmt::format("trained {} of {} epochs", job_.until_epoch, recipe.epochs)}}));
    return {};
  }

  Status Publish(const Recipe& recipe, const TrainResult& result) {
    TRY(const auto folder, ScratchFolder::Create());
    const Path model = folder->path() / "model";
    TRY_STATUS(ExportModel(result.module, result.signature, model));
    TRY_STATUS(WriteFileAtomically(model / kCardFile, CardText(ModelCard(recipe, job_, result))));
    TRY(const FolderFiles files, FolderFiles::Read(model));
    TRY_STATUS(UploadBlobs(*client_, RunPath() + "/blobs", files, files.manifest()));
    const Json details = {{"run", job_.run},
                          {"dataset", job_.dataset},
                          {"figures", Figures(result)},
                          {"confusion", Confusion(result.test.confusion)}};
    TRY(const Json version,
        client_->Post(RunPath() + "/model", {{"name", recipe.name},
                                             {"manifest", Json::parse(ManifestText(files.manifest()))},
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

void ListenForInterrupts() {
  InterruptSource();
  struct sigaction action{};
  action.sa_handler = [](int) { InterruptSource().Cancel(); };
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  for (const int signal : {SIGTERM, SIGINT}) sigaction(signal, &action, nullptr);
}

bool Interrupted() { return InterruptSource().token().Cancelled(); }

Status RunTrainJob(const TrainJob& job) {
  signal(SIGPIPE, SIG_IGN);
  return Worker(job).Run();
}

}  // namespace sinter
