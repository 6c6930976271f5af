// One resource of each kind is made through the interfaces that users have. Its records are then written
// again under other names: every record is one that its room wrote, but for the names in it.
#include "bench/platform/fill.h"

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/data/governance.h"
#include "platform/data/import_table.h"
#include "platform/hub/tokens.h"
#include "platform/labels/labellings.h"
#include "platform/runs/sweep.h"
#include "server/api/platform.h"

namespace sinter {
namespace {

constexpr std::string_view kWho = "ann";
constexpr int kAtOnce = 20;  // resources of each kind in a transaction
constexpr int64_t kStart = 1'700'000'000'000;
constexpr const char* kRecipe =
    "name: digits\ndata: {dataset: bench/data-000000}\nmodel:\n  layers:\n    - flatten\n"
    "    - dense: {units: 32, activation: relu}\n    - dense: {units: 10}\n"
    "optimizer: {kind: adam, learning_rate: 0.001}\nepochs: 10\nbatch_size: 50\nseed: 3\n";

// A text that stands in the records of the first, and what it is in those of another.
struct Varied {
  std::string first;
  std::function<std::string(int)> of;
};

enum class Of : uint8_t { kAll, kEven, kOdd };  // runs are of two sorts, half of each

struct Prototype {
  Record record;
  std::vector<Varied> varied;
  Of of = Of::kAll;
};

std::string Replaced(std::string text, const std::vector<Varied>& varied, int number) {
  for (const Varied& one : varied) {
    const std::string to = one.of(number);
    for (size_t at = text.find(one.first); at != text.npos; at = text.find(one.first, at + to.size()))
      text.replace(at, one.first.size(), to);
  }
  return text;
}

Varied Numbered(const std::string& name) {
  return {name + "-000000", [name](int number) { return fmt::format("{}-{:06}", name, number); }};
}

class Filler {
 public:
  Filler(Platform& platform, int count) : platform_(platform), records_(platform.records()), count_(count) {}

  Status MakeFirst(const Path& scratch) {
    for (const char* name : {"data", "model", "trained", "outside", "job", "service", "labelling", "sweep",
                             "token", "experiment", "registered"})
      names_.push_back(Numbered(name));
    TRY_STATUS(MakeRepositories(scratch));
    TRY_STATUS(MakeTrainedRun());
    TRY_STATUS(MakeOutsideRun());
    TRY_STATUS(MakeJob());
    TRY_STATUS(MakeService());
    TRY_STATUS(MakeLabelling());
    TRY_STATUS(MakeSweep());
    TRY_STATUS(platform_.tokens().Create("token-000000", {TokenScope::Level::kRead, "", 0}, kWho));
    TRY_STATUS(platform_.tracking().registry.Create("registered-000000", "", {}, kWho));
    return MakeExperiment();
  }

  Status MakeOthers() {
    TRY_STATUS(FindPrototypes());
    for (int begin = 1; begin < count_; begin += kAtOnce) {
      std::vector<RecordWrite> writes;
      for (int number = begin; number < std::min(count_, begin + kAtOnce); ++number) {
        for (const Prototype& prototype : prototypes_) {
          if (prototype.of != Of::kAll && (prototype.of == Of::kOdd) != (number % 2 == 1)) continue;
          const auto text = [&](const std::string& first) {
            return Replaced(first, prototype.varied, number);
          };
          writes.push_back(RecordWrite::Create(prototype.record.kind, text(prototype.record.name),
                                               text(prototype.record.spec), text(prototype.record.status)));
        }
      }
      for (size_t at = 0; at < writes.size(); at += 1000)
        TRY_STATUS(
            records_.Apply(std::span(writes).subspan(at, std::min<size_t>(1000, writes.size() - at)), kWho));
    }
    return LogAll();
  }

  // In the order of time, as servers write them.
  Status Charge() {
    std::vector<CostEntry> entries;
    for (int number = 0; number < count_; ++number) {
      const std::string run = Replaced(number % 2 == 0 ? "trained-000000" : "outside-000000", names_, number);
      entries.push_back({fmt::format("run {}.1", run), kStart + number,
                         fmt::format("owner{:02}", number % 50), run, "", 60.0 + number, 0});
    }
    return platform_.costs().Put(entries);
  }

 private:
  Result<ManifestFile> File(std::string path, std::string_view text) {
    TRY(const BlobInfo blob, platform_.store().Put(text));
    return ManifestFile{std::move(path), blob.size, blob.digest};
  }

  Status MakeRepositories(const Path& scratch) {
    std::string rows = "text,label\n";
    for (int i = 0; i < 40; ++i) rows += fmt::format("row {},{}\n", i, i % 2 == 0 ? "even" : "odd");
    const Path path = scratch / "train.csv";
    TRY_STATUS(WriteFileAtomically(path, rows));
    TableImport import;
    import.splits = {{"train", {path}}};
    TRY(const ImportedDataset imported, ImportTables(platform_.store(), import));
    TRY(data_, platform_.repositories(RepositoryKind::kDataset)
                   .Add("bench/data-000000", imported.manifest, "{}", kWho));
    TRY_STATUS(SetGovernance(
        records_, "bench/data-000000",
        {{"owner", "ann"}, {"licence", "CC-BY-4.0"}, {"purpose", "figures"}, {"retention_days", 3650}},
        kWho));
    std::vector<ManifestFile> files;
    TRY(files.emplace_back(), File("model.onnx", "weights"));
    TRY(files.emplace_back(), File("signature.json", "{}"));
    TRY(const Manifest manifest, Manifest::Make(std::move(files)));
    TRY_STATUS(platform_.repositories(RepositoryKind::kModel)
                   .Add("bench/model-000000", manifest, R"({"accuracy":0.9,"run":"trained-000000"})", kWho));
    return {};
  }

  Status MakeTrainedRun() {
    NewRun wanted;
    wanted.name = "trained";
    wanted.id = "trained-000000";
    wanted.recipe = kRecipe;
    wanted.dataset = data_.Ref();
    wanted.dataset_version = data_.id;
    Runs& runs = platform_.runs();
    TRY_STATUS(runs.Create(wanted, kWho));
    TRY_STATUS(runs.StartAttempt(wanted.id, kWho));
    TRY_STATUS(runs.ReportProgress(wanted.id, 1, 1000, 1000, 60));
    std::vector<ManifestFile> files;
    TRY(files.emplace_back(), File("states/w", "weights"));
    TRY(const Manifest manifest, Manifest::Make(std::move(files)));
    for (const int64_t step : {500, 1000}) TRY_STATUS(runs.AddCheckpoint(wanted.id, 1, step, manifest));
    TRY_STATUS(runs.Finish(wanted.id, 1, RunState::kSucceeded, "", "bench/model-000000@1"));
    return {};
  }

  Status MakeOutsideRun() {
    Tracking& tracking = platform_.tracking();
    TRY(const TrackedRun run, tracking.runs.Create({"0", "outside-000000", "ann", kStart}, {}, kWho));
    TRY_STATUS(tracking.runs.Update(run.info.id, {RunState::kSucceeded, kStart + 60'000, {}}, kWho));
    outside_ = {run.info.id, [](int number) { return fmt::format("{:032x}", number); }};
    TRY(const BlobInfo blob, platform_.store().Put("flavors: {}\n"));
    TRY_STATUS(tracking.artifacts.Put(fmt::format("0/{}/artifacts/model/MLmodel", run.info.id), blob, kWho));
    TRY(const LoggedModel model,
        tracking.logged_models.Create({"0", "model", "", run.info.id, {}, {{"lr", "0.1"}}}, kWho));
    names_.push_back(outside_);
    // Clients' clocks do not follow the order of the ids.
    names_.push_back({fmt::format("{}", kStart), [](int number) {
                        return fmt::format("{}", kStart + int64_t{number} * 7919 % 1'000'003);
                      }});
    names_.push_back({model.id, [](int number) { return fmt::format("m-{:032x}", number); }});
    return {};
  }

  Status MakeJob() {
    JobInfo job;
    job.home = platform_.home().id();
    job.spec.title = "train digits";
    job.spec.owner = kWho;
    job.spec.command = {"/usr/bin/sinter", "train-job"};
    job.spec.run = "trained-000000";
    job.state = JobState::kSucceeded;
    job.attempts.push_back(
        {.number = 1, .started_ms = kStart, .ended_ms = kStart + 60'000, .cpu_seconds = 60});
    return Create(kJobKind, "job-000000", JobSpecText(job.spec), JobStatusText(job));
  }

  Status MakeService() {
    ServiceInfo service;
    service.name = "service-000000";
    service.home = "elsewhere";
    service.model = "bench/model-000000@1";
    service.current = {"1", service.model};
    service.next_revision = 2;
    service.history.push_back({kStart, std::string(kWho), "deploy", {}, service.current, {}});
    TRY_STATUS(Create(kServiceKind, service.name, ServiceSpecText(service), ServiceStatusText(service)));
    RolloutInfo rollout;
    rollout.service = service.name;
    rollout.name = RolloutName(rollout.service, "2");
    rollout.from = service.current;
    rollout.to = {"2", service.model};
    rollout.by = kWho;
    rollout.asked_ms = kStart;
    rollout.state = RolloutState::kDone;
    return Create(kRolloutKind, rollout.name, RolloutSpecText(rollout), RolloutStatusText(rollout));
  }

  Status MakeLabelling() {
    TRY(LabellingSpec spec,
        ReadLabellingSpec({{"dataset", "bench/data-000000"}, {"task", "classification"}}));
    TRY_STATUS(platform_.labellings().Create("labelling-000000", std::move(spec), kWho));
    TRY_STATUS(platform_.labellings().Answer("labelling-000000", 0, kWho, {{"skip", true}}, kWho));
    return {};
  }

  Status MakeSweep() {
    SweepInfo sweep;
    sweep.name = "sweep-000000";
    sweep.home = platform_.home().id();
    sweep.text =
        "name: sweep-000000\nrecipe: r.yaml\nsearch: random\ntrials: 4\nmetric: acc\n"
        "parameters: {optimizer.learning_rate: {log_uniform: [0.001, 1]}}\n";
    sweep.recipe = kRecipe;
    sweep.dataset = data_.Ref();
    sweep.owner = kWho;
    sweep.over = true;
    sweep.states.assign(4, {.phase = TrialPhase::kDone, .job = "job-000000", .values = {0.9}});
    TRY_STATUS(ExpandSweepInfo(sweep));
    return Create(kSweepKind, sweep.name, SweepSpecText(sweep), SweepStatusText(sweep));
  }

  Status MakeExperiment() {
    TRY(const Experiment made, platform_.tracking().experiments.Create("experiment-000000", "", {}, kWho));
    names_.push_back(
        {made.id, [](int number) { return fmt::format("{:018}", 300'000'000'000'000'000 + number); }});
    return {};
  }

  Status Create(std::string_view kind, std::string name, std::string spec, std::string status) {
    TRY_STATUS(records_.Create(std::string(kind), std::move(name), std::move(spec), std::move(status), kWho));
    return {};
  }

  // Every record whose name is varied.
  Status FindPrototypes() {
    TRY(const auto kinds, records_.Kinds());
    for (const std::string& kind : kinds) {
      TRY(const RecordPage page, records_.List({.kind = kind, .prefix = {}, .after = {}, .limit = 1000}));
      for (const Record& record : page.records) {
        Prototype prototype{record, names_, Of::kAll};
        if (kind == kTokenByNameKind || kind == kTokenByHashKind) {
          TRY(const Json spec, ParseJson(record.spec));
          const std::string hash = spec.value("hash", ""), name = spec.value("name", "");
          prototype.varied.push_back(
              {hash, [hash](int number) { return HashText(fmt::format("{} {}", hash, number)).Hex(); }});
          if (!name.contains("-000000")) continue;
        } else if (Replaced(record.name, names_, 1) == record.name) {
          continue;
        }
        const std::string all = record.name + record.spec;
        if (kind == "run" || kind == kTokenByNameKind || kind == kTokenByHashKind) {
          if (all.contains("trained-000000")) prototype.of = Of::kEven;
          if (record.name == outside_.first) prototype.of = Of::kOdd;
        }
        prototypes_.push_back(std::move(prototype));
      }
    }
    return {};
  }

  // Writers that wait together share commits.
  Status LogAll() {
    constexpr int kWriters = 16;
    std::atomic<int> next{0};
    std::atomic<bool> failed{false};
    std::vector<std::thread> writers;
    writers.reserve(kWriters);
    for (int w = 0; w < kWriters; ++w) {
      writers.emplace_back([&] {
        for (int number; !failed && (number = next++) < count_;) {
          const std::string run =
              number == 0 ? "trained-000000"
                          : Replaced(number % 2 == 0 ? "trained-000000" : outside_.first, names_, number);
          const double value = static_cast<double>(number * 7919 % 10'007) / 10'007;
          const RunBatch batch{
              {{"val/accuracy", 1000, value, kStart}, {"train/loss", 1000, 1 - value, kStart}},
              {{RunNote::kParameter, "lr", fmt::format("{}", 0.001 * (number % 7))},
               {RunNote::kTag, "team", number % 3 == 0 ? "red" : "blue"}}};
          if (!platform_.tracking().runs.log().Write(run, batch)) failed = true;
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
    return failed ? Status(Internal("what runs logged could not be written")) : Status();
  }

  Platform& platform_;
  Records& records_;
  const int count_;
  std::vector<Varied> names_;
  Varied outside_;
  RepositoryVersion data_;
  std::vector<Prototype> prototypes_;
};

}  // namespace

Status FillHome(const Path& home, int count) {
  if (count < 2 || count > 1'000'000) return InvalidArgument("2 to 1,000,000 of each kind");
  TRY(const auto platform, Platform::Open(home));
  const TemporaryFolder scratch;
  Filler filler(*platform, count);
  TRY_STATUS(filler.MakeFirst(scratch.path()));
  TRY_STATUS(filler.MakeOthers());
  return filler.Charge();
}

}  // namespace sinter
