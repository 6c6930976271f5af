#include "server/api/record_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "platform/data/import_table.h"
#include "platform/labels/labellings.h"
#include "platform/runs/sweep.h"
#include "platform/runs/testing.h"
#include "platform/serving/rollout_record.h"
#include "server/api/clean_api.h"
#include "server/api/removal_api.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kData = RepositoryKind::kDataset;
constexpr auto kModel = RepositoryKind::kModel;
constexpr std::string_view kPeople =
    "id,name,age,species\n1,Ann,30,cat\n2,Bob,,dog\n3,Cid,50,cat\n4,Dan,30,dog\n";

class RecordApiTest : public testing::Test {
 protected:
  void SetUp() override {
    platform_ = *Platform::Open(folder_.path() / "home");
    AddData("d", kPeople);
  }
  void AddData(std::string_view name, std::string_view csv) {
    const Path file = folder_.path() / "d.csv";
    ASSERT_TRUE(WriteFileAtomically(file, csv));
    const auto imported =
        ImportTables(platform_->store(), {.splits = {{"train", {file}}}, .label = "species"});
    ASSERT_TRUE(imported) << imported.error().ToString();
    ASSERT_TRUE(platform_->repositories(kData).Add(name, imported->manifest, "", "ann"));
  }
  void Clean(std::string_view from, std::string_view steps) {
    const auto made =
        CleanDataset(*platform_, "d", {{"from", from}, {"steps", steps}, {"apply", true}}, "ann");
    ASSERT_TRUE(made) << made.error().ToString();
  }
  std::string Run(std::string_view ref) {
    const auto version = *platform_->repositories(kData).Find(ref);
    return platform_->runs().Create({"fit", "recipe", version.Ref(), version.id, 1}, "ann")->id;
  }
  void AddModel(std::string_view weights, const std::string& run) {
    const BlobInfo file = *platform_->store().Put(weights), signature = *platform_->store().Put("{}");
    ASSERT_TRUE(platform_->repositories(kModel).Add(
        "m",
        *Manifest::Make(
            {{"model.onnx", file.size, file.digest}, {"signature.json", signature.size, signature.digest}}),
        Json{{"run", run}}.dump(), "ann"));
  }
  void AddService(const RevisionRef& now, std::optional<RevisionRef> before, std::string_view golden) {
    ServiceInfo service;
    service.name = "s";
    service.model = now.model;
    service.current = now;
    service.previous = std::move(before);
    service.gates.golden = GoldenGate{.dataset = std::string(golden)};
    ASSERT_TRUE(platform_->records().Create(std::string(kServiceKind), "s", ServiceSpecText(service),
                                            ServiceStatusText(service), "ann"));
  }
  Json Trace(std::string_view ref, const Json& body) {
    const auto traced = TraceRecords(*platform_, ref, body);
    return traced ? *traced : Json(traced.error().ToString());
  }
  // "d@1 2+0"
  static std::vector<std::string> Versions(const Json& answer) {
    std::vector<std::string> list;
    for (const Json& v : answer["versions"])
      list.push_back(v["ref"].get<std::string>() + " " + v["rows"].dump() + "+" + v["possible"].dump());
    return list;
  }
  // "model m@1: kept", with a '?' where it is not certain
  static std::vector<std::string> Held(const Json& answer) {
    std::vector<std::string> list;
    for (const Json& h : answer["held"])
      list.push_back(h["kind"].get<std::string>() + " " + h["ref"].get<std::string>() +
                     (h["certain"] == true ? ": " : "?: ") + h["state"].get<std::string>());
    return list;
  }
  static std::string Advice(const Json& answer, std::string_view kind) {
    for (const Json& h : answer["held"]) {
      if (h["kind"] == kind) return h["advice"];
    }
    return "";
  }
  TemporaryFolder folder_;
  std::unique_ptr<Platform> platform_;
};

TEST_F(RecordApiTest, VersionsThatHoldThemAndWhatCameOfThose) {
  Clean("d@1", "steps: [{drop: [age]}]");                        // d@2
  Clean("d@1", "steps: [{filter: id != 1}]");                    // d@3
  Clean("d@1", "steps: [{fill: {column: age, with: median}}]");  // d@4
  AddData("other", "id,name,age,species\n9,Zoe,1,cat\n1,Ann,30.0,owl\n");
  AddData("colours", "colour,species\nred,cat\n");
  const std::string r2 = Run("d@2"), r3 = Run("d@3");
  AddModel("two", r2);
  AddModel("three", r3);
  AddService({"2", "m@1"}, RevisionRef{"1", "m@2"}, "d@1");
  const Json answer = Trace("d@1", {{"where", "name == 'Ann'"}});
  EXPECT_EQ(answer["records"], 1);
  EXPECT_EQ(answer["told_by"], Json({"id", "name", "age"}));
  EXPECT_THAT(Versions(answer), ElementsAre("d@4 1+0", "d@2 1+0", "d@1 1+0", "other@1 1+0"));
  EXPECT_EQ(answer["versions"][0]["compared"], Json({"id", "name"}));
  EXPECT_EQ(answer["versions"][3]["examples"][0], Json({{"split", "train"}, {"row", 1}}));
  EXPECT_EQ(answer["unread"], Json::array());
  EXPECT_THAT(Held(answer), ElementsAre("run " + r2 + ": created", "model m@1: kept", "service s@2: answers",
                                        "service s: golden set"));
  EXPECT_THAT(answer["held"][2]["advice"].get<std::string>(), HasSubstr("rollback s: m@2 did not learn"));
  EXPECT_EQ(answer["held"][1]["through"], Json({{"kind", "run"}, {"ref", r2}}));
}

TEST_F(RecordApiTest, OpenLabellingsAndSweepsReadThem) {
  ASSERT_TRUE(platform_->labellings().Create(
      "names", *ReadLabellingSpec({{"dataset", "d@1"}, {"column", "species"}}), "ann"));
  const SweepInfo sweep = SmallSweep("d@1");
  ASSERT_TRUE(platform_->records().Create(std::string(kSweepKind), "rates", SweepSpecText(sweep),
                                          SweepStatusText(sweep), "ann"));
  EXPECT_THAT(Held(Trace("d", {{"row", 1}})), ElementsAre("labelling names: open", "sweep rates: under way"));
  EXPECT_THAT(Advice(Trace("d", {{"row", 1}}), "labelling"), HasSubstr("label close names"));
  ASSERT_TRUE(platform_->labellings().SetOpen("names", false, "ann"));
  EXPECT_THAT(Held(Trace("d", {{"row", 1}})), ElementsAre("sweep rates: under way"));
}

TEST_F(RecordApiTest, ARolloutThatIsUnderWayIsNamed) {
  AddModel("one", Run("d@1"));
  RolloutInfo rollout;
  rollout.name = RolloutName("s", "2");
  rollout.service = "s";
  rollout.from = {"1", "other@1"};
  rollout.to = {"2", "m@1"};
  rollout.state = RolloutState::kShadow;
  ASSERT_TRUE(platform_->records().Create(std::string(kRolloutKind), rollout.name, RolloutSpecText(rollout),
                                          RolloutStatusText(rollout), "ann"));
  const Json answer = Trace("d@1", {{"row", 0}});
  ASSERT_EQ(answer["held"].size(), 3u) << answer["held"];
  EXPECT_EQ(answer["held"][2]["ref"], "s/2");
  EXPECT_EQ(answer["held"][2]["through"], Json({{"kind", "model"}, {"ref", "m@1"}}));
  EXPECT_EQ(Advice(answer, "rollout"), "sinter service abort s");
}

TEST_F(RecordApiTest, ForgettingMakesAVersionWithoutThemAndSaysWhatIsLeft) {
  const std::string run = Run("d@1");
  ASSERT_TRUE(platform_->runs().StartAttempt(run, "ann"));
  ASSERT_TRUE(platform_->runs().Finish(run, 1, RunState::kSucceeded, "", ""));
  AddModel("one", run);
  const auto forgot =
      ForgetRecords(*platform_, "d", {{"where", "name in ('Ann', 'Bob')"}, {"reason", "asked"}}, "bob");
  ASSERT_TRUE(forgot) << forgot.error().ToString();
  EXPECT_EQ((*forgot)["made"]["ref"], "d@2");
  EXPECT_EQ((*forgot)["made"]["details"]["forgot"], Json({{"records", 2}, {"rows", 2}, {"reason", "asked"}}));
  EXPECT_EQ((*forgot)["made"]["details"]["from"]["ref"], "d@1");
  EXPECT_EQ((*forgot)["made"]["details"].dump().find("Ann"), std::string::npos);
  EXPECT_THAT(Versions(*forgot), ElementsAre("d@1 2+0"));
  EXPECT_THAT(Held(*forgot), ElementsAre("run " + run + ": succeeded", "model m@1: kept"));
  EXPECT_THAT(Advice(*forgot, "model"), HasSubstr("train anew from d@2, then: sinter model delete m@1"));
  // The new version: none is there, and from the old one it is not among those that hold them.
  const Json after = Trace("d", {{"where", "name in ('Ann', 'Bob')"}});
  EXPECT_EQ(after["records"], 0);
  EXPECT_THAT(Versions(after), IsEmpty());
  EXPECT_THAT(Versions(Trace("d@1", {{"where", "name == 'Ann'"}})), ElementsAre("d@1 1+0"));
  // The file comes again, grown: the recorded step is repeated.
  AddData("d", std::string(kPeople) + "5,Eve,20,dog\n");
  EXPECT_THAT(Versions(Trace("d", {{"where", "name == 'Ann'"}})), ElementsAre("d@3 1+0", "d@1 1+0"));
  Clean("d@3", (*forgot)["steps"].get<std::string>());
  EXPECT_THAT(Versions(Trace("d@3", {{"where", "name == 'Ann'"}})), ElementsAre("d@3 1+0", "d@1 1+0"));
}

TEST_F(RecordApiTest, OfVersionsWhoseFilesAreGoneItIsNotKnown) {
  const std::string run = Run("d@1");
  AddModel("one", run);
  ASSERT_TRUE(platform_->runs().StartAttempt(run, "ann"));
  ASSERT_TRUE(platform_->runs().Finish(run, 1, RunState::kSucceeded, "", ""));
  AddData("d", std::string(kPeople) + "5,Eve,20,dog\n");
  Clean("d@2", "steps: [{drop: [id, name]}]");
  ASSERT_TRUE(RemoveVersions(*platform_, kData, "d@1", "asked for", "ann"));
  Json answer = Trace("d@2", {{"where", "id == 1"}});
  EXPECT_THAT(Versions(answer), ElementsAre("d@2 1+0"));
  ASSERT_EQ(answer["unread"].size(), 2u);
  EXPECT_THAT(answer["unread"][0]["why"].get<std::string>(), HasSubstr("can be compared: age"));
  EXPECT_EQ(answer["unread"][1], Json({{"ref", "d@1"}, {"why", "its files were removed"}}));
  EXPECT_THAT(Held(answer), ElementsAre("run " + run + "?: succeeded", "model m@1?: kept"));
  ASSERT_TRUE(RemoveVersions(*platform_, kModel, "m@1", "asked for", "ann"));
  EXPECT_THAT(Held(Trace("d@2", {{"where", "id == 1"}})), ElementsAre("run " + run + "?: succeeded"));
}

TEST_F(RecordApiTest, WhatIsNoQuestionIsRefused) {
  const auto error = [](const Result<Json>& result) { return result ? "none" : result.error().ToString(); };
  EXPECT_THAT(error(TraceRecords(*platform_, "d", Json::object())), HasSubstr("either 'where' or 'row'"));
  EXPECT_THAT(error(TraceRecords(*platform_, "d", {{"where", "id == 1"}, {"row", 1}})), HasSubstr("'row'"));
  EXPECT_THAT(error(TraceRecords(*platform_, "d", {{"where", "id ="}})), HasSubstr("a comparison is needed"));
  EXPECT_THAT(error(TraceRecords(*platform_, "d", {{"where", "ids == 1"}})), HasSubstr("no column 'ids'"));
  EXPECT_THAT(error(TraceRecords(*platform_, "e", {{"row", 1}})), HasSubstr("'e'"));
  EXPECT_THAT(error(ForgetRecords(*platform_, "d@1", {{"row", 1}}, "ann")), HasSubstr("d@1"));
  EXPECT_THAT(error(ForgetRecords(*platform_, "d", {{"where", "id == 7"}}, "ann")),
              HasSubstr("no record fits"));
  EXPECT_THAT(error(ForgetRecords(*platform_, "d", {{"where", "id > 0"}}, "ann")),
              HasSubstr("no row would be left"));
  EXPECT_EQ(platform_->repositories(kData).Versions("d")->size(), 1u);
}

}  // namespace
}  // namespace sinter
