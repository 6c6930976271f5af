#include "platform/labels/labellings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include <nlohmann/json.hpp>

#include "platform/labels/testing.h"
#include "platform/records/testing/backends.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

Json Class(std::string_view name, double seconds = 0) {
  return {{"value", {{"class", name}}}, {"seconds", seconds}};
}

class LabellingsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    home_ = *Home::Open(folder_.path() / "home", clock_);
    datasets_ = std::make_unique<Repositories>(RepositoryKind::kDataset, *home_);
    const auto added = AddAnimals(*home_, 100);
    ASSERT_TRUE(added) << added.error().ToString();
    Restart();
  }
  void Restart() {
    labellings_.reset();
    labellings_ = std::make_unique<Labellings>(home_->records(), home_->store(), *datasets_, source_, clock_);
  }
  void Create(const std::string& name, Json more) {
    more["dataset"] = "animals";
    const auto spec = ReadLabellingSpec(more);
    ASSERT_TRUE(spec) << spec.error().ToString();
    const auto made = labellings_->Create(name, *spec, "ann");
    ASSERT_TRUE(made) << made.error().ToString();
  }
  Json Say(const std::string& name, int64_t item, std::string_view who, const Json& answer) {
    const auto said = labellings_->Answer(name, item, who, answer, "ann");
    EXPECT_TRUE(said) << said.error().ToString();
    return said ? *said : Json();
  }
  Json Status(const std::string& name) { return (*labellings_->Show(name))["status"]; }
  Json PrelabelsOf(const std::string& name) {
    for (int i = 0; i < 2000; ++i) {
      Json made = Status(name)["prelabels"];
      if (made["made"] == made["of"] || made["error"] != "") return made;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return "they do not come";
  }
  TemporaryFolder folder_;
  ManualClock clock_;
  std::unique_ptr<Home> home_;
  std::unique_ptr<Repositories> datasets_;
  ColumnSource source_;
  std::unique_ptr<Labellings> labellings_;
};

TEST_F(LabellingsTest, TwoLabellersAndTheirFigures) {
  Create("two", {{"rows", {{"list", {1, 2, 3, 60, 61}}}}, {"labellers", 2}, {"gold", {{"every", 5}}}});
  const Json next = *labellings_->Next("two", "ana", 3);
  ASSERT_EQ(next["items"].size(), 3u);
  EXPECT_EQ(next["left"], 5);
  EXPECT_EQ(next["items"][0]["row"], 1);
  EXPECT_EQ(next["items"][0]["content"], Json({{"kind", "text"}, {"text", "note 1"}}));
  EXPECT_TRUE(next["items"][0]["prelabel"].is_null());
  int gold = 0;
  const char* right[] = {"dog", "dog", "dog", "cat", "cat"};
  for (int64_t item = 0; item < 5; ++item) {
    const Json said = Say("two", item, "ana", Class(right[item], 2));
    if (!said["gold"].is_null()) {
      ++gold;
      EXPECT_EQ(said["gold"], Json({{"right", true}, {"value", {{"class", right[item]}}}}));
    }
    Say("two", item, "bo", Class(item == 0 ? "cat" : right[item], 4));
  }
  EXPECT_EQ(gold, 1);
  const Json status = Status("two");
  EXPECT_EQ(status["done"], 5);
  EXPECT_EQ(status["answers"], 10);
  EXPECT_EQ(status["labellers"][0]["name"], "ana");
  EXPECT_EQ(status["labellers"][0]["median_seconds"], 2);
  EXPECT_EQ(status["labellers"][0]["per_hour"], 1800);
  EXPECT_EQ(status["labellers"][0]["gold"], Json({{"asked", 1}, {"right", 1}}));
  EXPECT_EQ(status["agreement"]["items"], 5);
  EXPECT_DOUBLE_EQ(status["agreement"]["observed"].get<double>(), 0.8);
  // 4 of 5 the same; by chance 0.6 * 0.4 + 0.4 * 0.6 = 0.48 of them.
  EXPECT_NEAR(status["agreement"]["cohen"][0]["kappa"].get<double>(), (0.8 - 0.48) / 0.52, 1e-12);
  // Row 1 is a tie and has no label; row 4 of the data would be the first without a known one.
  EXPECT_EQ(status["known"], Json({{"right", 4}, {"of", 4}}));
  EXPECT_FALSE(labellings_->Answer("two", 1, "cy", Class("dog"), "cy"));  // has its answers
  EXPECT_FALSE(labellings_->Answer("two", 5, "ana", Class("dog"), "ana"));
  EXPECT_FALSE(labellings_->Answer("two", 1, "ana", Class("cow"), "ana"));
  // As after a restart.
  Restart();
  EXPECT_EQ(Status("two"), status);
  const Json all = *labellings_->List("", 100);
  EXPECT_EQ(all["items"][0]["done"], 5);
}

TEST_F(LabellingsTest, UndoAndWhatGoldThinksOfIt) {
  Create("undo", {{"rows", {{"list", {1, 2}}}}, {"gold", {{"every", 2}}}});
  EXPECT_EQ(labellings_->Undo("undo", "ana", "ana").error().code, ErrorCode::kConflict);
  int64_t gold = 0;
  for (int64_t item = 0; item < 2; ++item) {
    if (!Say("undo", item, "ana", Class("cat"))["gold"].is_null()) gold = item;
  }
  EXPECT_EQ(Status("undo")["done"], 2);
  const Json taken = *labellings_->Undo("undo", "ana", "ana");
  EXPECT_EQ(taken["item"]["item"], 1);
  EXPECT_TRUE(taken["item"]["mine"].is_null());
  EXPECT_EQ(Status("undo")["done"], 1);
  EXPECT_EQ((*labellings_->Next("undo", "bo", 9))["items"].size(), 0u);  // it is in ana's hand
  EXPECT_EQ((*labellings_->Next("undo", "ana", 9))["items"][0]["item"], 1);
  ASSERT_TRUE(labellings_->Undo("undo", "ana", "ana"));
  EXPECT_FALSE(labellings_->Undo("undo", "ana", "ana"));
  // The better answer counts as a label; the first one has judged the labeller.
  const Json again = Say("undo", gold, "ana", Class("dog"));
  EXPECT_EQ(again["gold"]["right"], true);
  EXPECT_EQ(Status("undo")["labellers"][0]["gold"], Json({{"asked", 1}, {"right", 0}}));
  EXPECT_EQ(Status("undo")["known"], Json({{"right", 1}, {"of", 1}}));
  // Every change is in the history of the record.
  const auto history = home_->records().History(
      {.after = 0, .kind = std::string(kLabelKind), .name = LabelRecordName{"undo", gold, "ana"}.ToString()});
  EXPECT_EQ(history->size(), 3u);
}

TEST_F(LabellingsTest, ReviewAndCommit) {
  Create("work", {{"rows", {{"where", "missing label"}}}, {"labellers", 2}, {"review", "disagreements"}});
  for (int64_t item = 0; item < 20; ++item) {
    if (item == 19) continue;
    Say("work", item, "ana", Class("cat"));
    Say("work", item, "bo", Class(item < 2 ? "dog" : "cat"));
  }
  EXPECT_EQ(Status("work")["in_review"], 2);
  const Json review = *labellings_->Review("work", 0, 1);
  EXPECT_EQ(review["items"].size(), 1u);
  EXPECT_EQ(review["next"], 1);
  EXPECT_EQ(review["items"][0]["answers"].size(), 2u);
  EXPECT_TRUE(review["items"][0]["decision"].is_null());
  const Json decided =
      *labellings_->Decide("work", 0, {{"value", {{"class", "dog"}}}, {"reason", "it barks"}}, "rev");
  EXPECT_EQ(decided["decision"], Json({{"class", "dog"}}));
  EXPECT_EQ(decided["decided"]["reason"], "it barks");
  EXPECT_EQ((*labellings_->Decide("work", 1, {{"skip", true}}, "rev"))["decision"], Json({{"skip", true}}));
  EXPECT_EQ(Status("work")["decided"], 2);

  const auto committed = labellings_->Commit("work", {}, "ann");
  ASSERT_TRUE(committed) << committed.error().ToString();
  EXPECT_EQ(committed->ref, "animals@2");
  EXPECT_EQ(committed->labels, 18);
  EXPECT_EQ(committed->left_out, 2);
  const RepositoryVersion found = *datasets_->Find("animals@2");
  const Json details = *ParseJson(found.details);
  EXPECT_EQ(details["from"], "animals@1");
  EXPECT_EQ(details["labelling"], "work");
  const auto version = *DatasetVersion::Open(home_->store(), found.id);
  const size_t label = *version->LabelColumn();
  EXPECT_EQ(version->CellAt(0, label, 4).text, "dog");   // decided
  EXPECT_TRUE(version->Missing(0, label, 9));            // decided: cannot be told
  EXPECT_EQ(version->CellAt(0, label, 14).text, "cat");  // agreed
  EXPECT_TRUE(version->Missing(0, label, 99));           // not done
  EXPECT_EQ(version->CellAt(0, label, 0).text, "dog");   // as it was
  EXPECT_EQ(version->CellAt(1, label, 1).text, "dog");
  const Manifest manifest = *datasets_->ManifestOf(found);
  const ManifestFile* sidecar = manifest.Find(Labellings::kSidecar);
  ASSERT_NE(sidecar, nullptr);
  const std::string lines = *home_->store().ReadText(sidecar->sha256, 1 << 20);
  EXPECT_EQ(std::ranges::count(lines, '\n'), 20);
  const Json first = Json::parse(lines.substr(0, lines.find('\n')));
  EXPECT_EQ(first["answers"].size(), 2u);
  EXPECT_EQ(first["decision"]["by"], "rev");
  EXPECT_EQ(Status("work")["committed"]["name"], "animals@2");
  // The same labels are the same version.
  EXPECT_EQ(labellings_->Commit("work", {}, "ann")->ref, "animals@2");
  // Elsewhere, and without the rows that have none: the split that was worked on has 18, the other all.
  const auto slice = labellings_->Commit("work", {.dataset = "slice", .only_labelled = true}, "ann");
  ASSERT_TRUE(slice) << slice.error().ToString();
  EXPECT_EQ(slice->ref, "slice@1");
  const auto small = *DatasetVersion::Open(home_->store(), datasets_->Find("slice")->id);
  EXPECT_EQ(small->Rows(0), 18);
  EXPECT_EQ(small->Rows(1), 2);
}

TEST_F(LabellingsTest, OtherTasksBecomeTextsAndComeBackAsKnown) {
  Create("spans", {{"task", "spans"}, {"classes", {"WORD"}}, {"rows", {{"list", {0, 1}}}}});
  const Json span = {{"value", {{"spans", {{{"class", "WORD"}, {"begin", 0}, {"end", 4}}}}}}};
  Say("spans", 0, "ana", span);
  Json beyond = span;
  beyond["value"]["spans"][0]["end"] = 7;
  EXPECT_THAT(labellings_->Answer("spans", 1, "ana", beyond, "ana").error().message,
              HasSubstr("6 code points"));
  const auto committed = labellings_->Commit("spans", {}, "ann");
  ASSERT_TRUE(committed) << committed.error().ToString();
  const auto version = *DatasetVersion::Open(home_->store(), datasets_->Find(committed->ref)->id);
  EXPECT_EQ(version->CellAt(0, *version->ColumnIndex("labels"), 0).text, span["value"].dump());
  Create("again", {{"task", "spans"}, {"classes", {"WORD"}}, {"rows", {{"list", {0, 1}}}}, {"labellers", 1}});
  Say("again", 0, "bo", span);
  EXPECT_EQ(Status("again")["known"], Json({{"right", 1}, {"of", 1}}));
  EXPECT_TRUE(Status("again")["agreement"]["fleiss"]["kappa"].is_null());
}

TEST_F(LabellingsTest, PrelabelsComeInTheBackground) {
  Create("asked", {{"prelabel", {{"model", "m"}}}, {"choice", "active"}});
  EXPECT_EQ(PrelabelsOf("asked")["made"], 100);
  EXPECT_EQ(Status("asked")["prelabels"]["model"], "m@1");
  const Json first = (*labellings_->Next("asked", "ana", 2))["items"];
  EXPECT_EQ(first[0]["row"], 50);  // p = 0.5: the closest to call
  EXPECT_EQ(first[0]["prelabel"]["value"], Json({{"class", "cat"}}));
  EXPECT_NEAR(first[0]["prelabel"]["confidence"].get<double>(), 0.5, 1e-6);
  // p = 0.5 is a dog in the data and no label is missing there but in every fifth row: 79 of 80.
  EXPECT_EQ(Status("asked")["prelabel_known"], Json({{"right", 79}, {"of", 80}}));
  Say("asked", 50, "ana", Class("cat"));
  EXPECT_EQ(Status("asked")["labellers"][0]["agrees_with_prelabel"], Json({{"right", 1}, {"of", 1}}));
}

TEST_F(LabellingsTest, PrelabelsThatFailAreTriedAgainByTheNextServer) {
  source_.broken = true;
  Create("late", {{"prelabel", {{"service", "s"}}}});
  EXPECT_THAT(PrelabelsOf("late")["error"].get<std::string>(), HasSubstr("damaged"));
  EXPECT_EQ((*labellings_->Next("late", "ana", 1))["items"].size(), 1u);  // the work goes on
  source_.broken = false;
  Restart();
  ASSERT_TRUE(labellings_->Start());
  for (int i = 0; i < 2000 && Status("late")["prelabels"]["made"] != 100; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const Json made = Status("late")["prelabels"];
  EXPECT_EQ(made["made"], 100);
  EXPECT_EQ(made["error"], "");
  const auto gone = ReadLabellingSpec({{"dataset", "animals"}, {"prelabel", {{"service", "gone"}}}});
  EXPECT_EQ(labellings_->Create("gone", *gone, "ann").error().code, ErrorCode::kNotFound);
}

TEST_F(LabellingsTest, AModelOfAnotherTaskIsRefusedAtOnce) {
  const auto spans = ReadLabellingSpec(
      {{"dataset", "animals"}, {"task", "spans"}, {"classes", {"a"}}, {"prelabel", {{"model", "m"}}}});
  ASSERT_TRUE(spans) << spans.error().ToString();
  const auto refused = labellings_->Create("spans", *spans, "ann");
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(refused.error().message, "prelabels for spans: m@1 says classes");
  EXPECT_EQ(labellings_->Show("spans").error().code, ErrorCode::kNotFound);
}

TEST_F(LabellingsTest, SetsOfClassesFromAThresholdOn) {
  Create("low", {{"task", "multilabel"},
                 {"rows", {{"list", {20, 50, 75}}}},
                 {"prelabel", {{"model", "m"}, {"threshold", 0.25}}}});
  ASSERT_EQ(PrelabelsOf("low")["error"], "");
  EXPECT_EQ((*labellings_->Show("low"))["spec"]["prelabel"], Json({{"model", "m"}, {"threshold", 0.25}}));
  const Json items = (*labellings_->Next("low", "ana", 9))["items"];
  const auto said = [&](size_t i) { return items[i]["prelabel"]["value"]["classes"]; };
  EXPECT_EQ(said(0), Json({"dog"}));  // cat with 0.2
  EXPECT_EQ(said(1), Json({"cat", "dog"}));
  EXPECT_EQ(said(2), Json({"cat", "dog"}));  // dog with 0.25
  EXPECT_NEAR(items[0]["prelabel"]["confidence"].get<double>(), 0.8, 1e-6);
  EXPECT_NEAR(items[2]["prelabel"]["confidence"].get<double>(), 0.25, 1e-6);
}

TEST_F(LabellingsTest, ManyPeopleAtOnce) {
  Create("crowd", {{"labellers", 2}});
  std::vector<std::thread> people;
  people.reserve(6);
  for (int p = 0; p < 6; ++p) {
    people.emplace_back([this, p] {
      const std::string who = fmt::format("p{}", p);
      while (true) {
        const auto next = labellings_->Next("crowd", who, 3);
        if (!next || (*next)["items"].empty()) return;
        for (const Json& item : (*next)["items"])
          (void)labellings_->Answer("crowd", item["item"], who, Class("cat"), who);
      }
    });
  }
  for (std::thread& person : people) person.join();
  const Json status = Status("crowd");
  EXPECT_EQ(status["done"], 100);
  EXPECT_EQ(status["answers"], 200);  // never more than are wanted, and none is lost
  Restart();
  EXPECT_EQ(Status("crowd")["answers"], 200);
}

// Two servers on the same records, of each kind that there is: each with a connection of its own.
class SharedLabellings : public LabellingsTest, public ::testing::WithParamInterface<std::string> {};

INSTANTIATE_TEST_SUITE_P(All, SharedLabellings, ::testing::ValuesIn(RecordsBackends()),
                         [](const auto& chosen) { return chosen.param; });

TEST_P(SharedLabellings, EachSeesWhatTheOtherWrote) {
  const auto backend = MakeRecordsBackend(GetParam());
  ASSERT_TRUE(backend) << backend.error().ToString();
  const auto records = (*backend)->Open().value(), others = (*backend)->Open().value();
  labellings_ = std::make_unique<Labellings>(*records, home_->store(), *datasets_, source_, clock_);
  Create("shared", {{"labellers", 2}});
  Labellings other(*others, home_->store(), *datasets_, source_, clock_);
  EXPECT_EQ((*other.Show("shared"))["status"]["answers"], 0);
  Say("shared", 3, "ana", Class("cat"));
  EXPECT_EQ((*other.Show("shared"))["status"]["answers"], 1);
  ASSERT_TRUE(other.Answer("shared", 3, "bo", Class("cat"), "bo"));
  EXPECT_EQ(Status("shared")["done"], 1);
  EXPECT_EQ(labellings_->Answer("shared", 3, "cy", Class("cat"), "cy").error().code, ErrorCode::kConflict);
  ASSERT_TRUE(other.Undo("shared", "bo", "bo"));
  EXPECT_EQ(Status("shared")["done"], 0);
  // Both at once: whatever either acknowledged, both have.
  const auto label_all = [](Labellings& server, const std::string& who) {
    for (int64_t item = 10; item < 40; ++item)
      EXPECT_TRUE(server.Answer("shared", item, who, Class("dog"), who)) << item;
  };
  std::thread ana([&] { label_all(*labellings_, "ana"); }), bo([&] { label_all(other, "bo"); });
  ana.join();
  bo.join();
  for (Labellings* server : {labellings_.get(), &other})
    EXPECT_EQ((*server->Show("shared"))["status"]["done"], 30);
  labellings_.reset();
}

TEST_F(LabellingsTest, ClosedIsClosed) {
  Create("shut", {{"rows", {{"count", 3}}}});
  EXPECT_FALSE(labellings_->Create("shut", *ReadLabellingSpec({{"dataset", "animals"}}), "ann"));
  Say("shut", 0, "ana", Class("cat"));
  ASSERT_TRUE(labellings_->SetOpen("shut", false, "ann"));
  EXPECT_EQ((*labellings_->Show("shut"))["state"], "closed");
  for (const auto& refused : {labellings_->Next("shut", "ana", 1), labellings_->Undo("shut", "ana", "ana"),
                              labellings_->Answer("shut", 1, "ana", Class("cat"), "ana"),
                              labellings_->Decide("shut", 1, Class("cat"), "ann")})
    EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  ASSERT_TRUE(labellings_->SetOpen("shut", true, "ann"));
  EXPECT_EQ((*labellings_->Next("shut", "ana", 9))["items"].size(), 2u);
  EXPECT_EQ(labellings_->Show("nowhere").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(labellings_->Media("shut", 0).error().code, ErrorCode::kUnsupported);
}

TEST_F(LabellingsTest, WhatIsDeletedIsGone) {
  Create("short", {{"rows", {{"count", 3}}}});
  Say("short", 0, "ana", Class("cat"));
  Labellings other(home_->records(), home_->store(), *datasets_, source_, clock_);
  EXPECT_EQ((*other.List("", 10))["items"][0]["done"], 1);
  ASSERT_TRUE(labellings_->Delete("short", "ann"));
  EXPECT_EQ(labellings_->Show("short").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(labellings_->Delete("short", "ann").error().code, ErrorCode::kNotFound);
  EXPECT_TRUE((*labellings_->List("", 10))["items"].empty());
  // One of the same name begins with nothing, on a server too that knew the old one.
  Create("short", {{"rows", {{"count", 3}}}});
  EXPECT_EQ(Status("short")["answers"], 0);
  EXPECT_EQ((*other.List("", 10))["items"][0]["done"], 0);
  EXPECT_EQ((*other.Show("short"))["status"]["answers"], 0);
}

TEST_F(LabellingsTest, TwoHundredAreListedAtOnce) {
  for (int i = 0; i < 200; ++i) Create(fmt::format("l{:03}", i), {{"rows", {{"count", 3}}}});
  Say("l150", 0, "ana", Class("cat"));
  Restart();
  EXPECT_EQ((*labellings_->List("", 100))["next"], "l099");
  const Json second = *labellings_->List("l099", 100);
  EXPECT_EQ(second["items"].size(), 100u);
  EXPECT_EQ(second["items"][50]["done"], 1);
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(labellings_->List("", 100));
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  EXPECT_LT(took.count(), 100);
}

// Tens of thousands of answers: what is asked often stays quick, and a restart reads them in a moment.
TEST_F(LabellingsTest, TwentyThousandAnswers) {
  constexpr int kRows = 20'000;
  ASSERT_TRUE(AddAnimals(*home_, kRows));
  Create("large", Json::object());
  for (int first = 0; first < kRows; first += 1000) {
    std::vector<RecordWrite> writes;
    for (int i = first; i < first + 1000; ++i)
      writes.push_back(RecordWrite::Create(std::string(kLabelKind),
                                           LabelRecordName{"large", i, "ana"}.ToString(),
                                           R"({"value":{"class":"cat"},"seconds":1.5})"));
    ASSERT_TRUE(home_->records().Apply(writes, "ann"));
  }
  EXPECT_EQ(Status("large")["done"], kRows);
  const auto began = std::chrono::steady_clock::now();
  constexpr int kTimes = 20;
  for (int i = 0; i < kTimes; ++i) {
    ASSERT_TRUE(labellings_->List("", 100));
    ASSERT_TRUE(labellings_->Next("large", "bo", 10));
  }
  const auto each =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count() / kTimes;
  RecordProperty("milliseconds_of_list_and_next", static_cast<int>(each));
  EXPECT_LT(each, 100);
  Restart();
  EXPECT_EQ(Status("large")["answers"], kRows);
}

}  // namespace
}  // namespace sinter
