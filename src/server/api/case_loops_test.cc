#include "server/api/case_loops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "platform/labels/labelling_record.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CaseLoopsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    platform_ = *Platform::Open(folder_.path() / "home");
    loops_ = std::make_unique<CaseLoops>(*platform_);
  }
  void AddService(bool consent) {
    ServiceInfo service;
    service.name = "s";
    service.gates.cases.consent = consent;
    ASSERT_TRUE(platform_->records().Create(std::string(kServiceKind), "s", ServiceSpecText(service),
                                            ServiceStatusText(service), "ann"));
  }
  TemporaryFolder folder_;
  std::unique_ptr<Platform> platform_;
  std::unique_ptr<CaseLoops> loops_;
};

TEST_F(CaseLoopsTest, ALabellingBelongsToItsService) {
  Record record;
  record.kind = kLabellingKind;
  record.name = "my-cases-digits-cases-0123456789ab";
  EXPECT_THAT(loops_->KeysOf(record), ElementsAre("my-cases-digits"));
  record.name = "slice";
  EXPECT_THAT(loops_->KeysOf(record), IsEmpty());
  record.kind = kServiceKind;
  EXPECT_THAT(loops_->KeysOf(record), ElementsAre("slice"));
}

TEST_F(CaseLoopsTest, TheLoopOfAServiceThatIsGoneGoesToo) {
  // A service without a loop is left alone.
  const auto nobody = loops_->Reconcile("nobody", {});
  ASSERT_TRUE(nobody) << nobody.error().ToString();
  EXPECT_FALSE(*nobody);
  ASSERT_TRUE(platform_->records().Create(
      std::string(kCaseLoopKind), "gone", "{}",
      CaseRoundText({.phase = CasePhase::kLabelling, .digest = "d", .labelling = "gone-cases-d"}), "ann"));
  EXPECT_EQ(FindCaseLoop(*platform_, "gone")->round.labelling, "gone-cases-d");
  Leases leases(platform_->records(), "me");
  const auto lease = leases.Acquire("controller/cases", std::chrono::seconds(60));
  ASSERT_TRUE(lease) << lease.error().ToString();
  const auto dropped = loops_->Reconcile("gone", lease->fence());
  ASSERT_TRUE(dropped) << dropped.error().ToString();
  EXPECT_EQ(FindCaseLoop(*platform_, "gone").error().code, ErrorCode::kNotFound);
}

TEST_F(CaseLoopsTest, IsSetWithConsentAlone) {
  EXPECT_EQ(SetCaseLoop(*platform_, "s", Json::object(), "ann").error().code, ErrorCode::kNotFound);
  AddService(false);
  EXPECT_EQ(SetCaseLoop(*platform_, "s", Json::object(), "ann").error().code, ErrorCode::kConflict);
}

TEST_F(CaseLoopsTest, ASpecIsHeldToWhatCanBeDone) {
  AddService(true);
  EXPECT_THAT(SetCaseLoop(*platform_, "s", {{"retrain", "name: ["}}, "ann").error().ToString(),
              HasSubstr("loop: retrain"));
  EXPECT_THAT(SetCaseLoop(*platform_, "s", {{"labelling", {{"after", 1001}}}}, "ann").error().message,
              HasSubstr("more than the 1000 that are kept"));
  const auto made = SetCaseLoop(*platform_, "s", {{"labelling", {{"after", 7}}}}, "ann");
  ASSERT_TRUE(made) << made.error().ToString();
  EXPECT_EQ((*made)["by"], "ann");
  EXPECT_TRUE((*made)["round"].is_null());
  // Changed by another, it stays whose it was.
  const auto changed = SetCaseLoop(*platform_, "s", {{"labelling", {{"after", 9}, {"review", "all"}}}}, "bo");
  ASSERT_TRUE(changed) << changed.error().ToString();
  EXPECT_EQ((*changed)["labelling"]["after"], 9);
  EXPECT_EQ((*changed)["by"], "ann");
  ASSERT_TRUE(DeleteCaseLoop(*platform_, "s", "ann"));
  EXPECT_EQ(DeleteCaseLoop(*platform_, "s", "ann").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace sinter
