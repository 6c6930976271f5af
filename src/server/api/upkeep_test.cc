// Garbage, fsck and backup over a home that has every kind of resource.
#include "server/api/upkeep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/data/governance.h"
#include "platform/data/import_idx.h"
#include "platform/data/testing.h"
#include "platform/hub/backup.h"
#include "platform/labels/labellings.h"
#include "platform/records/sqlite.h"
#include "platform/runs/sweep.h"
#include "platform/runs/testing.h"
#include "server/api/all_record_rules.h"
#include "server/api/console_sessions.h"
#include "server/api/dataset_api.h"
#include "server/api/hub_api.h"

namespace sinter {
namespace {

using ::testing::Contains;

class UpkeepTest : public testing::Test {
 protected:
  void SetUp() override {
    home_ = folder_.path() / "home";
    platform_ = *Platform::Open(home_);
    WriteSplit(folder_.path(), "train", 12, 3);
    Fill();
  }
  Repositories& data() { return platform_->repositories(RepositoryKind::kDataset); }
  Repositories& models() { return platform_->repositories(RepositoryKind::kModel); }
  BlobStore& store() { return platform_->store(); }
  RunInfo Trained() {
    const auto runs = *platform_->runs().List();
    return *std::ranges::find_if(runs, [](const RunInfo& run) { return !run.checkpoints.empty(); });
  }

  ManifestFile File(std::string path, std::string_view text) {
    const BlobInfo blob = *store().Put(text);
    return {std::move(path), blob.size, blob.digest};
  }
  Manifest Model(std::string_view weights) {
    return *Manifest::Make({File("model.onnx", weights), File("signature.json", "{}")});
  }

  // One of each kind at least: a kind that is added to the program and not here fails the test of kinds.
  void Fill() {
    const auto imported = *ImportIdx(store(), {*FindIdxSplits(folder_.path()), {}});
    ASSERT_TRUE(data().Add("me/d", imported.manifest, "", "ann"));
    ASSERT_TRUE(ShowProfile(*platform_, "me/d"));
    ASSERT_TRUE(SetGovernance(platform_->records(), "me/d", {{"owner", "ann"}}, "ann"));
    ASSERT_TRUE(models().Add("me/m", Model(std::string(5000, '\xfe')), "", "ann"));
    ASSERT_TRUE(models().Add("me/m", Model(std::string(5000, '\xff')), "", "ann"));
    const auto version = *data().Find("me/d");
    auto run = *platform_->runs().Create({"fit", "recipe", "me/d@1", version.id, 1}, "ann");
    const auto attempt = *platform_->runs().StartAttempt(run.id, "ann");
    ASSERT_TRUE(platform_->runs().AddCheckpoint(
        run.id, 1, 10, *Manifest::Make({File("states/w", std::string(3000, '\3'))})));
    const MetricPoint point{"loss", 1, 0.5, 1};
    ASSERT_TRUE(platform_->metrics().Append(run.id, {&point, 1}));
    ServiceInfo service;
    service.name = "s";
    service.model = "me/m@1";
    service.current = {"1", "me/m@1"};
    service.next_revision = 2;
    Create(kServiceKind, "s", ServiceSpecText(service), ServiceStatusText(service));
    RolloutInfo rollout;
    rollout.name = "s/2";
    rollout.service = "s";
    rollout.from = {"1", "me/m@1"};
    rollout.to = {"2", "me/m@2"};
    Create(kRolloutKind, "s/2", RolloutSpecText(rollout), RolloutStatusText(rollout));
    JobInfo job;
    job.spec.owner = "ann";
    job.spec.command = {"true"};
    Create(kJobKind, "j-1", JobSpecText(job.spec), JobStatusText(job));
    Create(kQuotaKind, "ann", JobQuotaText({}));
    Create(kStoreQuotaKind, "home", R"({"bytes":1000000000})");
    Create(kSessionKind, "s", "{}");
    Create(kRestoreKind, "1", "{}");
    FillTracking();
    const auto spec = ReadLabellingSpec({{"dataset", "me/d"}});
    ASSERT_TRUE(spec) << spec.error().ToString();
    const auto labelling = platform_->labellings().Create("l", *spec, "ann");
    ASSERT_TRUE(labelling) << labelling.error().ToString();
    ASSERT_TRUE(platform_->labellings().Answer("l", 0, "ann", {{"skip", true}}, "ann"));
    const SweepInfo sweep = SmallSweep("me/d@1");
    Create(kSweepKind, "rates", SweepSpecText(sweep), SweepStatusText(sweep));
    ASSERT_TRUE(platform_->LocalToken());
    MakeOld();
  }
  void FillTracking() {
    Tracking& tracking = platform_->tracking();
    ASSERT_TRUE(tracking.experiments.Create("e", "", {}, "ann"));
    const auto run = tracking.runs.Create({}, {}, "ann");
    ASSERT_TRUE(run) << run.error().ToString();
    const std::string path = "0/" + run->info.id + "/artifacts/model/MLmodel";
    ASSERT_TRUE(tracking.artifacts.Put(path, *store().Put("flavors: {}\n"), "ann"));
    ASSERT_TRUE(tracking.logged_models.Create({"0", "m", "", run->info.id, {}, {}}, "ann"));
    ASSERT_TRUE(tracking.registry.Create("registered", "", {}, "ann"));
    NewModelVersion version;
    version.name = "registered";
    version.source = "runs:/" + run->info.id + "/model";
    version.run_id = run->info.id;
    const auto made = tracking.registry.CreateVersion(version, "ann");
    ASSERT_TRUE(made) << made.error().ToString();
    ASSERT_TRUE(tracking.registry.SetVersionDescription("registered", 1, "the first", "ann"));
  }
  void Create(std::string_view kind, const std::string& name, std::string spec, std::string status = "{}") {
    const auto made =
        platform_->records().Create(std::string(kind), name, std::move(spec), std::move(status), "ann");
    ASSERT_TRUE(made) << made.error().ToString();
  }
  // Nothing is spared for its youth.
  void MakeOld() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(home_ / "store" / "sha256")) {
      if (!entry.is_regular_file()) continue;
      std::filesystem::last_write_time(
          entry.path(), std::filesystem::file_time_type::clock::now() - std::chrono::hours(24 * 30));
    }
  }
  Result<Json> Finish(const Result<std::string>& task) {
    if (!task) return task.error();
    while (true) {
      const Json shown = *platform_->upkeep().Show(*task, std::chrono::seconds(20));
      if (shown["state"] == "done") return shown["result"];
      if (shown["state"] == "failed") return Internal(shown["error"]["message"].get<std::string>());
    }
  }
  Json Collect() {
    const auto result = Finish(StartCollection(*platform_, {}));
    EXPECT_TRUE(result) << result.error().ToString();
    return result ? *result : Json();
  }
  Json Check(const Json& body = Json::object()) {
    const auto result = Finish(StartFsck(*platform_, body));
    EXPECT_TRUE(result) << result.error().ToString();
    return result ? (*result)["problems"] : Json();
  }
  // Damage is planted, found with what it is and whom it concerns, and taken back.
  void Finds(const std::function<void()>& damage, std::string_view what, const std::string& concerns,
             bool quick_too, const std::function<void()>& mend) {
    SCOPED_TRACE(fmt::format("{} of {}", what, concerns));
    damage();
    for (const bool quick : {false, true}) {
      if (quick && !quick_too) continue;
      const Json problems = Check({{"quick", quick}});
      ASSERT_FALSE(problems.empty()) << (quick ? "quick" : "whole");
      bool found = false;
      for (const Json& problem : problems) {
        if (problem["what"] != what) continue;
        found = found || concerns.empty() ||
                std::ranges::find(problem["concerns"], Json(concerns)) != problem["concerns"].end();
      }
      EXPECT_TRUE(found) << problems.dump(1);
    }
    mend();
    EXPECT_EQ(Check(), Json::array());
  }
  void FindsOfBlob(const Sha256Digest& digest, std::string_view what, const std::string& concerns) {
    const Path path = store().PathOf(digest);
    const std::string bytes = *ReadFile(path);
    const auto mend = [&] { ASSERT_TRUE(WriteFileAtomically(path, bytes)); };
    Finds([&] { std::filesystem::remove(path); }, what, concerns, true, mend);
    // The same size with one bit flipped.
    std::string flipped = bytes;
    flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 4);
    Finds([&] { ASSERT_TRUE(WriteFileAtomically(path, flipped)); }, what, concerns, false, mend);
  }
  TemporaryFolder folder_;
  Path home_;
  std::unique_ptr<Platform> platform_;
};

TEST_F(UpkeepTest, EveryKindOfRecordHasARule) {
  const auto kinds = *platform_->records().Kinds();
  const RecordRules rules = AllRecordRules();
  for (const std::string& kind : kinds) EXPECT_NE(rules.Find(kind), nullptr) << kind;
  // And of every rule there is a record here, so that the tests below are about all of them.
  for (const char* kind : {"artifact",
                           "experiment",
                           "experiment_name",
                           "label",
                           "labelling",
                           "labelling_part",
                           "logged_model",
                           "registered_model",
                           "registered_model_version",
                           "sweep",
                           "console_session",
                           "dataset",
                           "dataset_commit",
                           "dataset_governance",
                           "dataset_pack",
                           "dataset_profile",
                           "dataset_ref",
                           "dataset_version",
                           "home_restore",
                           "job",
                           "job_quota",
                           "model",
                           "model_commit",
                           "model_pack",
                           "model_ref",
                           "model_version",
                           "rollout",
                           "run",
                           "service",
                           "store_quota",
                           "token",
                           "token_hash"})
    EXPECT_THAT(kinds, Contains(kind));
}

TEST_F(UpkeepTest, NothingThatAnythingNamesIsCollected) {
  ASSERT_TRUE(store().Put("nobody's"));
  MakeOld();
  const Json result = Collect();
  EXPECT_EQ(result["removed"]["count"], 1);
  EXPECT_EQ(result["young"]["count"], 0);
  EXPECT_EQ(result["unknown_kinds"], Json::array());
  EXPECT_EQ(Check(), Json::array());
  std::filesystem::remove_all(home_ / "cache");
  EXPECT_EQ(Check(), Json::array());
  ASSERT_TRUE(ShowProfile(*platform_, "me/d"));
}

TEST_F(UpkeepTest, PlantedDamageOfEachKindIsFound) {
  const auto model = *models().Find("me/m@1");
  FindsOfBlob(models().ManifestOf(model)->Find("model.onnx")->sha256, "blob", "service s");
  FindsOfBlob(models().ManifestOf(model)->Find("model.onnx")->sha256, "blob", "model me/m@1");
  FindsOfBlob(model.id, "manifest", "rollout s/2");
  const RunInfo run = Trained();
  FindsOfBlob(run.checkpoints[0].manifest, "manifest", "run " + run.id);
  Records& records = platform_->records();
  const auto blob_of = [&](const char* kind, const char* field) {
    const auto page = *records.List({.kind = kind, .prefix = {}, .after = {}, .limit = 1});
    return *ParseSha256(ParseJson(page.records[0].spec)->value(field, ""));
  };
  const auto profile = records.List({.kind = "dataset_profile"})->records[0];
  FindsOfBlob(blob_of("dataset_profile", "blob"), "blob", "profile " + profile.name);
  FindsOfBlob(blob_of("model_pack", "pack"), "blob", "model me/m");
  FindsOfBlob(blob_of("model_pack", "index"), "blob", "model me/m");

  // Records that cannot be read, or name what is not there.
  const auto change = [&](const char* kind, const std::string& name, const std::string& spec) {
    ASSERT_TRUE(records.Update(kind, name, "ann", [&](Record& record) -> Status {
      record.spec = spec;
      return {};
    }));
  };
  const auto spec_of = [&](const char* kind, const std::string& name) {
    return records.Get(kind, name)->spec;
  };
  const std::string good_run = spec_of("run", run.id);
  Finds([&] { change("run", run.id, R"({"recipe":7})"); }, "record", "", true,
        [&] { change("run", run.id, good_run); });
  const std::string ref = "me/m@refs/heads/main", good_ref = spec_of("model_ref", ref);
  Finds([&] { change("model_ref", ref, fmt::format(R"({{"target":"{}"}})", std::string(40, '7'))); },
        "reference", "model " + ref, true, [&] { change("model_ref", ref, good_ref); });
  const std::string good_service = records.Get("service", "s")->status;
  const auto serve = [&](const std::string& status) {
    ASSERT_TRUE(records.Update("service", "s", "ann", [&](Record& record) -> Status {
      record.status = status;
      return {};
    }));
  };
  std::string gone = good_service;
  gone.replace(gone.find("me/m@1"), 6, "me/m@9");
  Finds([&] { serve(gone); }, "reference", "service s", true, [&] { serve(good_service); });

  // A version whose commit holds other files than its manifest says.
  const auto other = *models().Find("me/m@2");
  const std::string commit = "me/m@" + model.commit.Hex(), good_commit = spec_of("model_commit", commit);
  std::string lying = good_commit;
  lying.replace(lying.find(model.id.Hex()), 64, other.id.Hex());
  Finds([&] { change("model_commit", commit, lying); }, "git", "model me/m@1", false,
        [&] { change("model_commit", commit, good_commit); });
}

TEST_F(UpkeepTest, ASmallTextThatWasLostIsPutBackOutOfItsPack) {
  const auto signature = models().ManifestOf(*models().Find("me/m@1"))->Find("signature.json")->sha256;
  std::filesystem::remove(store().PathOf(signature));
  EXPECT_EQ(Check().size(), 1u);
  EXPECT_EQ(Check(), Json::array());
  EXPECT_TRUE(store().Verify(signature));
}

TEST_F(UpkeepTest, ADamagedDatabaseIsFound) {
  for (int i = 0; i < 3000; ++i) {
    const MetricPoint point{"loss", i, 0.5, 1};
    ASSERT_TRUE(platform_->metrics().Append("r", {&point, 1}));
    if (i == 0) i = 2000;
  }
  platform_.reset();  // its log goes into the file
  std::string bytes = *ReadFile(home_ / "metrics.db");
  ASSERT_GT(bytes.size(), 3 * 4096u);
  for (size_t i = bytes.size() - 4096; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7);
  ASSERT_TRUE(WriteFileAtomically(home_ / "metrics.db", bytes));
  platform_ = *Platform::Open(home_);
  const Json problems = Check();
  ASSERT_EQ(problems.size(), 1u) << problems.dump(1);
  EXPECT_EQ(problems[0]["what"], "database");
  EXPECT_EQ(problems[0]["name"], "metrics");
}

TEST_F(UpkeepTest, ABackupBringsEverythingBack) {
  const Path to = folder_.path() / "backup";
  auto report = Finish(StartBackup(*platform_, {{"folder", to.string()}, {"keep", 2}}));
  ASSERT_TRUE(report) << report.error().ToString();
  EXPECT_EQ((*report)["copied"], (*report)["all"]);
  const std::string first = (*report)["snapshot"];
  // Again: what is new alone. What older snapshots alone name goes with them.
  ASSERT_TRUE(models().Add("me/new", Model(std::string(7000, '\7')), "", "ann"));
  report = Finish(StartBackup(*platform_, {{"folder", to.string()}, {"keep", 2}}));
  ASSERT_TRUE(report) << report.error().ToString();
  EXPECT_EQ((*report)["copied"]["count"], 4);  // weights, manifest, pack, index
  ASSERT_TRUE(models().Remove("me/new", "a test", "ann"));
  MakeOld();
  EXPECT_GE(Collect()["removed"]["count"], 4);
  for (const int removed : {0, 4}) {
    report = Finish(StartBackup(*platform_, {{"folder", to.string()}, {"keep", 2}, {"verify", true}}));
    ASSERT_TRUE(report) << report.error().ToString();
    EXPECT_EQ((*report)["removed"]["count"], removed);
  }
  ASSERT_TRUE(ReadFile(to / "RESTORE.txt"));

  const Path restored = folder_.path() / "restored";
  const int64_t last = platform_->records().LastSequence().value();
  EXPECT_EQ(RestoreHome({to, first, restored, ""}, {}).error().code, ErrorCode::kNotFound);  // it is gone
  EXPECT_EQ(RestoreHome({to, "", home_, ""}, {}).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(RestoreHome({to, "", restored, "postgresql://x"}, {}).error().code, ErrorCode::kInvalidArgument);
  const auto done = RestoreHome({to, "", restored, ""}, {});
  ASSERT_TRUE(done) << done.error().ToString();
  const auto wanted = *platform_->records().List({.kind = "model_commit"});
  platform_ = *Platform::Open(restored);
  EXPECT_EQ(Check(), Json::array());
  EXPECT_EQ(platform_->records().List({.kind = "model_commit"})->records.size(), wanted.records.size());
  EXPECT_EQ(platform_->metrics().Names(Trained().id)->size(), 1u);
  // Whoever followed the old home's changes is told.
  EXPECT_EQ(platform_->records().CheckGiven(last + 1).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(platform_->records().CheckGiven(platform_->records().LastSequence().value()));
}

TEST_F(UpkeepTest, ABackupSaysWhatIsDamagedAndMendsItself) {
  const Path to = folder_.path() / "backup";
  const auto model = models().ManifestOf(*models().Find("me/m@1"))->Find("model.onnx")->sha256;
  const std::string good = *ReadFile(store().PathOf(model));
  ASSERT_TRUE(WriteFileAtomically(store().PathOf(model), std::string(good.size(), 'x')));
  auto report = *Finish(StartBackup(*platform_, {{"folder", to.string()}}));
  EXPECT_EQ(report["damaged"], Json::array({model.Hex()}));
  ASSERT_TRUE(WriteFileAtomically(store().PathOf(model), good));
  report = *Finish(StartBackup(*platform_, {{"folder", to.string()}}));
  EXPECT_EQ(report["damaged"], Json::array());
  EXPECT_EQ(report["copied"]["count"], 1);
  const Path copy = to / "store" / "sha256" / model.Hex().substr(0, 2) / model.Hex();
  ASSERT_TRUE(WriteFileAtomically(copy, std::string(good.size(), 'y')));
  EXPECT_EQ(RestoreHome({to, "", folder_.path() / "r", ""}, {}).error().code, ErrorCode::kCorrupt);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "r"));
  report = *Finish(StartBackup(*platform_, {{"folder", to.string()}, {"verify", true}}));
  EXPECT_EQ(report["copied"]["count"], 1);
  EXPECT_TRUE(RestoreHome({to, "", folder_.path() / "r", ""}, {}));
  // Not over something else, not into the home itself.
  ASSERT_TRUE(MakeFolders(folder_.path() / "other"));
  ASSERT_TRUE(WriteFileAtomically(folder_.path() / "other" / "file", "x"));
  EXPECT_FALSE(Finish(StartBackup(*platform_, {{"folder", (folder_.path() / "other").string()}})));
  EXPECT_FALSE(Finish(StartBackup(*platform_, {{"folder", (home_ / "backup").string()}})));
  EXPECT_FALSE(StartBackup(*platform_, {{"folder", "backup"}}));
}

TEST_F(UpkeepTest, OneTaskAtATimeAndItCanBeStopped) {
  const auto begun = platform_->upkeep().Start(
      "slow", [](const Upkeep::Progress& progress, const CancelToken& cancel) -> Result<Json> {
        progress("waiting", 1, 2);
        while (!cancel.Cancelled()) std::this_thread::yield();
        return Error{ErrorCode::kCancelled, "stopped", ""};
      });
  ASSERT_TRUE(begun);
  EXPECT_EQ(StartCollection(*platform_, {}).error().code, ErrorCode::kConflict);
  const Json shown = *platform_->upkeep().Show(*begun, std::chrono::milliseconds(1));
  EXPECT_EQ(shown["state"], "running");
  EXPECT_EQ(platform_->upkeep().Show("other", std::chrono::seconds(5)).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(platform_->upkeep().Cancel(*begun));
  const Json ended = *platform_->upkeep().Show(*begun, std::chrono::seconds(20));
  EXPECT_EQ(ended["state"], "failed");
  EXPECT_EQ(ended["error"]["code"], "cancelled");
  EXPECT_EQ(Collect()["removed"]["count"], 0);
}

TEST_F(UpkeepTest, GarbageIsCollectedByItselfAndRememberedOverRestarts) {
  const auto nobodys = store().Put("nobody's")->digest;
  MakeOld();
  platform_->upkeep().CollectEvery(std::chrono::hours(1));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (store().Has(nobodys) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_FALSE(store().Has(nobodys));
  platform_.reset();
  platform_ = *Platform::Open(home_);
  const auto again = store().Put("nobody's")->digest;
  MakeOld();
  platform_->upkeep().CollectEvery(std::chrono::hours(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_TRUE(store().Has(again));  // not before an hour has passed
}

}  // namespace
}  // namespace sinter
