#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/subprocess.h"
#include "server/cli/code.h"
#include "server/cli/context.h"
#include "server/cli/heartbeat.h"
#include "server/cli/job_folder.h"
#include "server/cli/output.h"
#include "server/cli/train_worker.h"
#include "training/trainer/recipe.h"

namespace sinter {
namespace {

using std::chrono::milliseconds;

std::string recipe_path, resume, job_path;
int ranks = 1;

// A stalled rank is named within ten seconds of its last sign of life.
constexpr milliseconds kPatience(6000);

void KillRanks(const HeartbeatMonitor& monitor, int count) {
  for (int r = 0; r < count; ++r) {
    if (const pid_t pid = monitor.PidOf(r); pid > 0) kill(pid, SIGKILL);
  }
}

// Runs the ranks under Open MPI's mpirun and watches them.
Status Launch(const TrainJob& job, const Path& job_file) {
  TRY(const auto monitor, HeartbeatMonitor::Create(job.heartbeats, job.ranks));
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  SubprocessOptions options;
  options.arguments = {"mpirun", "--oversubscribe", "--bind-to", "none", "-n", std::to_string(job.ranks)};
  if (geteuid() == 0) options.arguments.push_back("--allow-run-as-root");
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  for (const std::string& word : {self, std::string("train-worker"), job_file.string()})
    options.arguments.push_back(word);
  // Quiet about what is absent on one machine; the processors are shared between the ranks. Each name is as
  // Open MPI 4 has it, or 5 (sm, prte); neither minds the other's.
  options.environment = {{"OMPI_MCA_btl", "self,vader,tcp"},
                         {"OMPI_MCA_btl_tcp_if_include", "lo"},
                         {"OMPI_MCA_orte_execute_quiet", "1"},
                         {"OMPI_MCA_orte_abort_on_non_zero_status", "1"},
                         // What ranks leave behind when they are killed goes with the job's folder.
                         {"OMPI_MCA_btl_vader_backing_directory", job_file.parent_path().string()},
                         {"OMPI_MCA_btl_sm_backing_directory", job_file.parent_path().string()},
                         {"OMPI_MCA_orte_tmpdir_base", job_file.parent_path().string()},
                         {"PRTE_MCA_prte_tmpdir_base", job_file.parent_path().string()},
                         {"SINTER_THREADS", std::to_string(std::max(1, cores / job.ranks))}};
  TRY(Subprocess mpirun, Subprocess::Start(options));
  std::string problem;
  bool told = false;
  for (;;) {
    const auto ended = mpirun.WaitFor(milliseconds(100));
    // mpirun would end all ranks at once; rank 0 alone saves, and then ends the others.
    if (Interrupted() && !std::exchange(told, true) && monitor->PidOf(0) > 0)
      kill(monitor->PidOf(0), SIGTERM);
    if (problem.empty()) problem = monitor->Check(kPatience);
    if (ended) {
      if (ended->Ok()) return {};
      KillRanks(*monitor, job.ranks);  // of an mpirun that was killed itself they would go on for a moment
      if (told) problem = "interrupted, and saved";
      return Error{ErrorCode::kUnavailable,
                   problem.empty() ? fmt::format("the ranks ended with {}", ended->ToString()) : problem,
                   fmt::format("go on from the last checkpoint with: sinter train --resume {}", job.run)};
    }
    if (!problem.empty()) {
      // The ranks first: mpirun then sees that they ended and ends by itself.
      KillRanks(*monitor, job.ranks);
      if (!mpirun.WaitFor(milliseconds(3000))) mpirun.Stop(milliseconds(2000));
      return Error{ErrorCode::kUnavailable, problem,
                   fmt::format("go on from the last checkpoint with: sinter train --resume {}", job.run)};
    }
  }
}

// One rank in this process, or several under mpirun that meet in `folder`.
Status RunRanks(TrainJob job, const Path& folder) {
  ListenForInterrupts();
  Status done;
  if (job.ranks == 1) {
    done = RunTrainJob(job);
  } else {
    job.heartbeats = (folder / "heartbeats").string();
    const Path job_file = folder / "job.json";
    const mode_t before = umask(0077);
    done = WriteFileAtomically(job_file, TrainJobJson(job).dump());
    umask(before);
    if (done) done = Launch(job, job_file);
    if (!done) {
      // Rank 0 may have told already; then this is a repetition, or too late, and nothing is lost.
      if (const auto run_client = ApiClient::Create(job.server, job.token))
        (void)(*run_client)
            ->Post("/runs/" + EscapeSegment(job.run) + "/finish",
                   {{"outcome", "failed"}, {"message", done.error().message}});
    }
  }
  if (!done) return std::move(done).error().In(fmt::format("run {}", job.run));
  return {};
}

// What can be seen before anything is started.
Status CheckRanks(const Recipe& recipe) {
  if (ranks <= recipe.batch_size) return {};
  return InvalidArgument(fmt::format("a batch of {} does not reach {} ranks", recipe.batch_size, ranks),
                         "give fewer ranks or a larger batch_size");
}

// What a job of the queue runs: the server has begun the attempt, and says all of it in the environment.
Status TrainAsJob() {
  const char* text = std::getenv(kTrainJobVariable);
  if (text == nullptr)
    return InvalidArgument(fmt::format("{} is not set: the server's queue starts this", kTrainJobVariable));
  TRY(const TrainJob job, ParseTrainJob(text));
  unsetenv(kTrainJobVariable);
  TRY(const auto folder, JobFolder::Create());
  fmt::print(stderr, "run {} on {}\n", job.run, job.dataset);
  return RunRanks(job, folder->path());
}

Status Train(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  TrainJob job;
  Json run;
  if (resume.empty()) {
    TRY(job.recipe, ReadFile(recipe_path, uint64_t{1} << 20));
    auto recipe = ParseRecipe(job.recipe);
    if (!recipe) return std::move(recipe).error().In(recipe_path);
    TRY_STATUS(CheckRanks(*recipe));
    TRY(run, client->Post("/runs", {{"name", recipe->name},
                                    {"recipe", job.recipe},
                                    {"dataset", recipe->dataset},
                                    {"ranks", ranks},
                                    {"code", CodeOf(Path(recipe_path).parent_path())}}));
  } else {
    TRY(run, client->Get("/runs/" + EscapeSegment(resume)));
    job.recipe = run.value("recipe", "");
    ranks = ranks > 1 ? ranks : run.value("ranks", 1);
    TRY(const Recipe recipe, ParseRecipe(job.recipe));
    TRY_STATUS(CheckRanks(recipe));
  }
  job.server = client->origin();
  job.run = run.value("id", "");
  job.dataset = run.value("dataset", "");
  job.dataset_version = run.value("dataset_version", "");
  job.ranks = ranks;
  job.terminal = isatty(STDERR_FILENO) != 0;
  TRY(const Json attempt, client->Post("/runs/" + EscapeSegment(job.run) + "/attempts", Json::object()));
  job.token = attempt.value("token", "");
  if (!attempt["resume_from"].is_null()) job.resume_from = attempt["resume_from"].value("manifest", "");
  TRY(const auto folder, JobFolder::Create());
  job.result = (folder->path() / "result.json").string();
  fmt::print(stderr, "run {} on {}{}\n", job.run, job.dataset,
             job.resume_from.empty()
                 ? ""
                 : fmt::format(", from step {}", attempt["resume_from"].value("step", int64_t{0})));
  TRY_STATUS(RunRanks(job, folder->path()));
  TRY(const std::string text, ReadFile(job.result));
  if (context.json) {
    fmt::print("{}", text);
    return {};
  }
  TRY(const Json result, ParseJson(text));
  fmt::print("{}  accuracy {:.4f}  {} steps  {:.0f} images/s\n", result.value("model", ""),
             result["figures"].value("accuracy", 0.0), TextOf(result, "steps"),
             result.value("images_per_second", 0.0));
  return {};
}

}  // namespace

void AddTrainCommand(CLI::App& app, CliContext& context) {
  CLI::App* train = app.add_subcommand("train", "Trains what a recipe says; the model goes to the server");
  train->add_option("recipe", recipe_path, "A YAML file (docs/recipe.schema.json)");
  train->add_option("--resume", resume, "Go on with this run, from its last checkpoint");
  train->add_option("--ranks", ranks, "Processes that share the work, under Open MPI")
      ->check(CLI::Range(1, 4096));
  AddPlatformOptions(*train, context);
  train->callback([&context] {
    if (recipe_path.empty() == resume.empty())
      throw CLI::ValidationError("train", "give a recipe, or --resume RUN");  // caught by the parser's caller
    context.action = [&context] { return Train(context); };
  });
  CLI::App* queued = app.add_subcommand("train-job", "")->group("");
  queued->callback([&context] { context.action = &TrainAsJob; });
  // What mpirun starts; not for people.
  CLI::App* worker = app.add_subcommand("train-worker", "")->group("");
  worker->add_option("job", job_path)->required();
  worker->callback([&context] {
    context.action = []() -> Status {
      TRY(const std::string text, ReadFile(job_path, uint64_t{16} << 20));
      TRY(const TrainJob job, ParseTrainJob(text));
      ListenForInterrupts();
      return RunTrainJob(job);
    };
  });
}

}  // namespace sinter
