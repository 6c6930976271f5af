// Experiments, runs, artifacts and logged models over one home.
#include "platform/tracking/tracking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "platform/records/each_record.h"
#include "platform/records/testing/counting_records.h"
#include "platform/tracking/recipe_parameters.h"
#include "platform/tracking/testing.h"
#include "platform/tracking/tracking_needs.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class TrackingTest : public TrackingFixture {
 protected:
  std::string MakeRun(const std::string& experiment = "0", const std::string& name = "fox") {
    return t_->runs.Create({experiment, name, "ann", clock_.UnixMillis()}, {}, "ann")->info.id;
  }
  std::string NewExperiment(const std::string& name) {
    return t_->experiments.Create(name, "", {}, "ann")->id;
  }
  std::vector<std::string> Found(const RunSearch& search) {
    std::vector<std::string> names;
    const auto page = t_->runs.Search(search);
    EXPECT_TRUE(page) << page.error().ToString();
    for (const TrackedRun& run : page->runs) names.push_back(run.name());
    return names;
  }
};

TEST_F(TrackingTest, ExperimentsHaveNamesOfTheirOwn) {
  Experiments& e = t_->experiments;
  EXPECT_EQ(e.GetByName("Default")->id, "0");
  const std::string a = NewExperiment("a"), b = NewExperiment("Größe");
  EXPECT_EQ(a.size(), 18u);
  EXPECT_EQ(e.Create("a", "", {}, "ann").error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(e.Rename(a, "Größe", "ann").error().code, ErrorCode::kAlreadyExists);
  ASSERT_TRUE(e.Rename(a, "c", "ann"));
  EXPECT_EQ(e.GetByName("a").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(e.GetByName("c")->id, a);
  EXPECT_TRUE(e.Create("a", "s3://x", {{"k", "v"}}, "ann"));  // the old name is free
  EXPECT_EQ(e.GetByName("a")->artifact_location, "s3://x");
  ASSERT_TRUE(e.Delete(b, 5, "ann"));
  EXPECT_EQ(e.Delete(b, 5, "ann").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(e.SetTag(b, "k", "v", "ann").error().code, ErrorCode::kInvalidArgument);
  ASSERT_TRUE(e.Restore(b, "ann"));
  EXPECT_EQ(e.Restore(b, "ann").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(e.SetTag(b, "k", "v", "ann"));
  EXPECT_THAT(e.Get(b)->tags, ElementsAre(Pair("k", "v")));
  ASSERT_TRUE(e.DeleteTag(b, "k", "ann"));
  EXPECT_EQ(e.DeleteTag(b, "k", "ann").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(e.Delete("0", 5, "ann").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(e.Get("").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(e.List()->size(), 4u);
}

TEST_F(TrackingTest, RunsComeAndGo) {
  const std::string id = MakeRun();
  EXPECT_EQ(id.size(), 32u);
  TrackedRun run = *t_->runs.Get(id);
  EXPECT_EQ(run.artifact_uri, "mlflow-artifacts:/0/" + id + "/artifacts");
  EXPECT_EQ(run.summary.tags.at("mlflow.runName"), "fox");
  EXPECT_EQ(run.info.state, RunState::kRunning);
  ASSERT_TRUE(
      t_->runs.Write(id, {{{"loss", 7, 0.5, 1}}, {{RunNote::kTag, "mlflow.runName", "hare"}}}, "ann"));
  run = *t_->runs.Update(id, {RunState::kSucceeded, 99, std::nullopt}, "ann");
  EXPECT_EQ(run.name(), "hare");
  EXPECT_EQ(run.info.ended_ms(), 99);
  EXPECT_EQ(run.info.step, 7);  // what lists show of it
  EXPECT_EQ(t_->runs.Update(id, {RunState::kRunning, {}, {}}, "ann")->info.ended_ms(), 0);
  EXPECT_EQ(runs_->StartAttempt(id, "ann").error().code, ErrorCode::kConflict);
  EXPECT_EQ(runs_->List()->size(), 1u);
  ASSERT_TRUE(t_->runs.Delete(id, "ann"));
  EXPECT_TRUE(runs_->List()->empty());
  EXPECT_EQ(t_->runs.Write(id, {{{"loss", 8, 0.5, 1}}, {}}, "ann").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(t_->runs.Update(id, {}, "ann").error().code, ErrorCode::kInvalidArgument);
  ASSERT_TRUE(t_->runs.Restore(id, "ann"));
  EXPECT_FALSE(t_->runs.Get(id)->deleted);
  EXPECT_EQ(t_->runs.Get("none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(t_->runs.Create({"12345", "", "", 1}, {}, "ann").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(t_->runs.Create({"0", "x", "", 1}, {{"mlflow.runName", "y"}}, "ann").error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_THAT(t_->runs.Create({}, {}, "ann")->name(), ::testing::MatchesRegex("[a-z]+-[a-z]+-[0-9]+"));
}

TEST_F(TrackingTest, AnExperimentTakesItsRunsWithIt) {
  const std::string e = NewExperiment("e"), id = MakeRun(e);
  ASSERT_TRUE(t_->experiments.Delete(e, 5, "ann"));
  EXPECT_TRUE(t_->runs.Get(id)->deleted);
  EXPECT_FALSE(t_->runs.Write(id, {{{"loss", 8, 0.5, 1}}, {}}, "ann"));
  EXPECT_TRUE(Found({.experiments = {e}}).empty());
  EXPECT_EQ(Found({.experiments = {e}, .view = LifecycleView::kDeleted}).size(), 1u);
  EXPECT_FALSE(t_->runs.Create({e, "", "", 1}, {}, "ann"));
  ASSERT_TRUE(t_->experiments.Restore(e, "ann"));
  EXPECT_FALSE(t_->runs.Get(id)->deleted);
}

TEST_F(TrackingTest, Searches) {
  const std::string e = NewExperiment("e"), other = NewExperiment("other");
  MakeRun(other, "elsewhere");
  for (const char* name : {"a", "b", "c", "d"}) {
    clock_.Advance(std::chrono::seconds(1));
    const std::string id = MakeRun(e, name);
    if (*name == 'd') continue;
    ASSERT_TRUE(t_->runs.Write(id,
                               {{{"acc", 1, static_cast<double>(*name - 'a'), 1}},
                                {{RunNote::kParameter, "lr", *name == 'a' ? "1" : "2"}}},
                               "ann"));
  }
  EXPECT_THAT(Found({.experiments = {e}}), ElementsAre("d", "c", "b", "a"));
  EXPECT_THAT(Found({.experiments = {e}, .filter = "metrics.acc > 0 and params.lr = '2'"}),
              ElementsAre("c", "b"));
  EXPECT_THAT(Found({.experiments = {e}, .order_by = {"metrics.acc"}}), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(Found({.experiments = {e}, .order_by = {"params.lr", "run_name DESC"}}),
              ElementsAre("a", "c", "b", "d"));
  RunSearch search{.experiments = {e}, .at_most = 3};
  const RunSearchPage first = *t_->runs.Search(search);
  search.page_token = first.next_page_token;
  const RunSearchPage second = *t_->runs.Search(search);
  EXPECT_EQ(first.runs.size(), 3u);
  EXPECT_EQ(first.runs[1].summary.parameters.at("lr"), "2");
  ASSERT_EQ(second.runs.size(), 1u);
  EXPECT_EQ(second.runs[0].name(), "a");
  EXPECT_EQ(second.next_page_token, "");
  search.page_token = "x";
  EXPECT_FALSE(t_->runs.Search(search));
  EXPECT_FALSE(t_->runs.Search({.experiments = {e}, .at_most = 0}));
  EXPECT_FALSE(t_->runs.Search({.experiments = {e}, .order_by = {"dataset.name"}}));
}

// What 10,000 runs need: a search reads the runs that it gives, and what changed since the search before.
TEST_F(TrackingTest, ASearchReadsItsPageAlone) {
  CountingRecords counting(home_->records());
  Runs runs(counting, home_->store(), clock_);
  Tracking tracking(counting, home_->store(), *models_, runs, *metrics_, clock_);
  const auto make = [&](int i) {
    // Clients' clocks do not follow the order in which runs are made.
    return tracking.runs.Create({"0", fmt::format("r{:02}", i), "ann", 1000 + i * 37 % 50}, {}, "ann")
        ->info.id;
  };
  for (int i = 0; i < 50; ++i) make(i);
  RunSearch search{.experiments = {"0"}, .order_by = {"start_time DESC"}, .at_most = 5};
  ASSERT_TRUE(tracking.runs.Search(search));  // reads all of them once
  counting.TakeRead();
  const RunSearchPage page = *tracking.runs.Search(search);
  // The runs of the page, and their experiment.
  EXPECT_LE(counting.TakeRead(), 5 + 2);
  ASSERT_EQ(page.runs.size(), 5u);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(page.runs[i].info.started_ms(), 1049 - static_cast<int64_t>(i));
  const std::string id = make(99);
  ASSERT_TRUE(tracking.runs.Update(id, {RunState::kSucceeded, 2000, "the last"}, "ann"));
  counting.TakeRead();
  search.filter = "status = 'FINISHED' and run_name LIKE 'the%'";
  const RunSearchPage found = *tracking.runs.Search(search);
  EXPECT_LE(counting.TakeRead(), 2 + 1 + 2);
  ASSERT_EQ(found.runs.size(), 1u);
  EXPECT_EQ(found.runs[0].info.id, id);
  EXPECT_EQ(found.runs[0].info.ended_ms(), 2000);
}

TEST_F(TrackingTest, ArtifactsAreRecordsOfBlobs) {
  const std::string root = "0/" + MakeRun() + "/artifacts";
  ASSERT_TRUE(PutArtifact(root + "/model/MLmodel", "m"));
  ASSERT_TRUE(PutArtifact(root + "/model/data/w.bin", "ww"));
  ASSERT_TRUE(PutArtifact(root + "/model.txt", "t"));  // sorts between a folder and what is in it
  ASSERT_TRUE(PutArtifact(root + "/model.txt", "text"));
  EXPECT_EQ(t_->artifacts.Get(root + "/model.txt")->size, 4u);
  const auto entries = *t_->artifacts.List(root);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].name, "model");
  EXPECT_TRUE(entries[0].folder);
  EXPECT_EQ(entries[1].size, 4u);
  EXPECT_EQ(t_->artifacts.Tree(root + "/model")->size(), 2u);
  EXPECT_EQ(t_->artifacts.Tree(root + "/mod")->size(), 0u);
  for (const std::string& path : {root + "/model", root + "/model.txt/x", root + "/a/../b", root + "//b",
                                  std::string("0/x"), std::string("registry/a/1/b"), root, root + "/a\\b"})
    EXPECT_EQ(PutArtifact(path, "x").error().code, ErrorCode::kInvalidArgument) << path;
  EXPECT_EQ(PutArtifact("0/none/artifacts/x", "x").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(PutArtifact("1" + root.substr(1) + "/x", "x").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(t_->artifacts.Put(root + "/absent", {HashText("nowhere"), 7}, "ann").error().code,
            ErrorCode::kNotFound);
  size_t blobs = 0;
  const RecordRules rules(TrackingRecordRules());
  ASSERT_TRUE(ForEachRecord(home_->records(), kArtifactKind, [&](const Record& record) -> Status {
    TRY(const RecordNeeds needs, rules.Read(record));
    for (const Sha256Digest& digest : needs.blobs) EXPECT_TRUE(home_->store().Has(digest));
    blobs += needs.blobs.size();
    return {};
  }));
  EXPECT_EQ(blobs, 3u);
  EXPECT_FALSE(t_->artifacts.Delete("0", "ann"));
  ASSERT_TRUE(t_->artifacts.Delete(root + "/model", "ann"));
  EXPECT_EQ(t_->artifacts.List(root)->size(), 1u);
  ASSERT_TRUE(t_->artifacts.Delete(root, "ann"));
  EXPECT_TRUE(t_->artifacts.List(root)->empty());
  EXPECT_EQ(t_->artifacts.Get(root + "/model.txt").error().code, ErrorCode::kNotFound);
}

TEST_F(TrackingTest, LoggedModels) {
  const std::string run = MakeRun();
  LoggedModels& models = t_->logged_models;
  const LoggedModel a = *models.Create({"0", "a", "agent", run, {{"t", "1"}}, {{"depth", "3"}}}, "ann");
  const LoggedModel b = *models.Create({"0", "", "", "", {}, {}}, "ann");
  EXPECT_EQ(a.artifact_uri, "mlflow-artifacts:/0/models/" + a.id + "/artifacts");
  EXPECT_FALSE(b.name.empty());
  ASSERT_TRUE(PutArtifact("0/models/" + a.id + "/artifacts/MLmodel", "m"));
  EXPECT_EQ(models.Finalize(a.id, "LOGGED_MODEL_READY", "ann")->status, "LOGGED_MODEL_READY");
  EXPECT_FALSE(models.Finalize(a.id, "DONE", "ann"));
  const ModelMetric metrics[] = {{"acc", run, "iris", "d1", 0.5, 1, 1},
                                 {"acc", run, "wine", "d2", 0.9, 1, 1}};
  ASSERT_TRUE(models.AddMetrics(a.id, metrics, "ann"));
  const ModelMetric older[] = {{"acc", run, "iris", "d1", 0.1, 0, 9}},
                    newer[] = {{"acc", run, "iris", "d1", 0.6, 2, 1}};
  ASSERT_TRUE(models.AddMetrics(a.id, older, "ann"));
  EXPECT_EQ(models.Get(a.id)->metrics[0].value, 0.5);
  ASSERT_TRUE(models.AddMetrics(a.id, newer, "ann"));
  EXPECT_EQ(models.Get(a.id)->metrics[0].value, 0.6);
  EXPECT_FALSE(models.AddParameters(a.id, {{"depth", "4"}}, "ann"));
  ASSERT_TRUE(models.AddParameters(a.id, {{"depth", "3"}, {"width", "5"}}, "ann"));
  const auto found = [&](ModelSearch search) {
    search.experiments = {"0"};
    return models.Search(search)->models.size();
  };
  EXPECT_EQ(found({}), 2u);
  EXPECT_EQ(found({.filter = "metrics.acc > 0.8"}), 0u);
  EXPECT_EQ(found({.filter = "metrics.acc > 0.8", .datasets = {{"wine", ""}}}), 1u);
  EXPECT_EQ(found({.filter = "status = 'READY' and params.width = '5' and tags.t LIKE '_'"}), 1u);
  EXPECT_EQ(models.Search({.experiments = {"0"}, .order_by = {{"metrics.acc", true, "", ""}}})->models[0].id,
            a.id);
  ASSERT_TRUE(models.DeleteTag(a.id, "t", "ann"));
  EXPECT_EQ(models.DeleteTag(a.id, "t", "ann").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(models.Delete(a.id, "ann"));
  EXPECT_EQ(models.Get(a.id).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(models.Get(a.id, true));
  EXPECT_EQ(models.Create({"0", "x", "", "none", {}, {}}, "ann").error().code, ErrorCode::kNotFound);
}

TEST_F(TrackingTest, RecipesBecomeParameters) {
  const TagMap parameters = RecipeParameters("a: 1\nb:\n  c: x\n  d: [5, {e: 'y'}]\nn: null\n");
  EXPECT_THAT(parameters,
              ElementsAre(Pair("a", "1"), Pair("b.c", "x"), Pair("b.d.0", "5"), Pair("b.d.1.e", "y")));
  EXPECT_TRUE(RecipeParameters("[").empty());
  RunInfo run;
  run.dataset = "fashion@3";
  run.recipe = "epochs: 2";
  const RunBatch notes = NotesOfTraining(run);
  ASSERT_EQ(notes.notes.size(), 2u);
  EXPECT_THAT(notes.notes[1].value, HasSubstr(R"("name":"fashion")"));
}

}  // namespace
}  // namespace sinter
