// What services learn of their golden sets, and what they make of live traffic.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "base/file.h"
#include "base/random.h"
#include "platform/records/sqlite_records.h"
#include "platform/serving/services.h"
#include "platform/serving/testing.h"

namespace sinter {
namespace {

// y = x + off, of one number a row.
std::string Line(double off) {
  return fmt::format(R"(module line {{
    symbol N in 1..64
    func @forward(%x: f32[N]) {{
      %k = Constant() {{value = f32[]{{{:.1f}}}}}
      %y = Add(%x, %k)
      return %y
    }}
  }})",
                     off);
}

// Normal numbers around 0, or of the data set "far" around 100.
class Normals final : public GoldenSource {
 public:
  Result<std::shared_ptr<const GoldenSet>> Load(const GoldenGate& gate, const ModelInterface&,
                                                bool) override {
    loading = true;
    while (hold) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    auto set = std::make_shared<GoldenSet>();
    set->ref = gate.dataset + "@1";
    set->examples = gate.samples;
    set->width = 1;
    Tensor x = *Tensor::Create(DType::kF32, {gate.samples}, true);
    for (int64_t i = 0; i < gate.samples; ++i) {
      const double number = (gate.dataset == "far" ? 100 : 0) + RandomNormal(1, 0, static_cast<uint64_t>(i));
      x.mutable_data<float>()[static_cast<size_t>(i)] = static_cast<float>(number);
      set->targets.push_back(number);
    }
    set->inputs.push_back({std::move(x)});
    return set;
  }
  std::atomic<bool> hold{false}, loading{false};
};

class ServicesDriftTest : public testing::Test {
 protected:
  void SetUp() override {
    models_.Put("line@1", Line(0));
    models_.Put("low@1", Line(-2));
    models_.Put("high@1", Line(2));
    auto records = OpenSqliteRecords(folder_.path() / "records.db");
    ASSERT_TRUE(records) << records.error().ToString();
    records_ = *std::move(records);
    services_ = std::make_unique<Services>(*records_, models_, Clock::Real(), &normals_);
    ASSERT_TRUE(services_->Start());
    gates_.golden = GoldenGate{.dataset = "near", .samples = 400};
    gates_.cases = {.consent = true};
    gates_.plan.strategy = RolloutStrategy::kBlueGreen;
    gates_.plan.bake_s = 0;
    gates_.shadow.percent = 0;
  }
  void Deploy(std::string model = "line@1") {
    const auto info = services_->Deploy({.name = "s", .model = std::move(model), .gates = gates_}, "me");
    ASSERT_TRUE(info) << info.error().ToString();
  }
  void Ask(float x) {
    ServiceRequest request;
    request.inputs.push_back({"x", Tensor::Of<float>({1}, {x})});
    std::promise<void> answered;
    services_->Find("s")->Infer(std::move(request), [&](Result<BatchAnswer> answer) {
      EXPECT_TRUE(answer) << answer.error().ToString();
      answered.set_value();
    });
    answered.get_future().get();
  }
  void AskMany(uint64_t seed, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) Ask(static_cast<float>(RandomNormal(seed, 0, i)));
  }
  // Observers see an answer after it is out: a moment may pass.
  size_t KeptAfter(float x) {
    const size_t before = services_->Find("s")->cases().Read().size();
    Ask(x);
    for (int i = 0; i < 100 && services_->Find("s")->cases().Read().size() == before; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return services_->Find("s")->cases().Read().size() - before;
  }
  void SetGates(const Gates& gates) {
    const auto set = services_->SetGates("s", gates, "me");
    ASSERT_TRUE(set) << set.error().ToString();
  }
  DriftReport Drift() {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const auto report = services_->Drift("s");
    EXPECT_TRUE(report) << report.error().ToString();
    return report ? *report : DriftReport{};
  }

  TemporaryFolder folder_;
  std::unique_ptr<Records> records_;
  TextModels models_;
  Normals normals_;
  Gates gates_;
  std::unique_ptr<Services> services_;
};

TEST_F(ServicesDriftTest, WhatIsUsualIsLearnedAnewWithTheGoldenSet) {
  Deploy();
  EXPECT_EQ(KeptAfter(50), 0u) << "nothing is known yet";
  ASSERT_TRUE(services_->LearnUsual("s"));
  EXPECT_EQ(KeptAfter(50), 1u);
  EXPECT_EQ(KeptAfter(0.5f), 0u);
  Gates none = gates_;
  none.golden.reset();
  SetGates(none);
  EXPECT_EQ(KeptAfter(50), 0u);
  SetGates(gates_);
  EXPECT_EQ(KeptAfter(50), 0u);
  ASSERT_TRUE(services_->LearnUsual("s"));
  EXPECT_EQ(KeptAfter(50), 1u);
  Gates far = gates_;
  far.golden->dataset = "far";
  SetGates(far);
  ASSERT_TRUE(services_->LearnUsual("s"));
  EXPECT_EQ(KeptAfter(0.5f), 1u);
  EXPECT_EQ(KeptAfter(100.5f), 0u);
  ASSERT_TRUE(services_->Delete("s", "me"));
  Deploy();  // the same name, revision and gates as at first
  ASSERT_TRUE(services_->LearnUsual("s"));
  EXPECT_EQ(KeptAfter(50), 1u);
}

TEST_F(ServicesDriftTest, WhoWithdrawsConsentDoesNotWaitForTheGoldenSet) {
  Deploy();
  normals_.hold = true;
  auto learning = std::async(std::launch::async, [&] { return services_->LearnUsual("s"); });
  while (!normals_.loading) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  Gates without = gates_;
  without.cases.consent = false;
  SetGates(without);  // returns while it is held
  normals_.hold = false;
  const Status learned = learning.get();
  ASSERT_FALSE(learned);
  EXPECT_EQ(learned.error().code, ErrorCode::kConflict);
  SetGates(gates_);
  EXPECT_EQ(KeptAfter(50), 0u) << "what was learned by the old gates is not kept";
}

TEST_F(ServicesDriftTest, AServerThatStopsDoesNotWaitForTheGoldenSet) {
  gates_.golden->samples = 100'000;
  Deploy();
  auto learning = std::async(std::launch::async, [&] { return services_->LearnUsual("s"); });
  while (!normals_.loading) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  services_->StopLearning();
  EXPECT_FALSE(learning.get());
  EXPECT_FALSE(services_->LearnUsual("s")) << "nor begins another";
}

TEST_F(ServicesDriftTest, IsMeasuredAgainstTheGatesOfNow) {
  Deploy();
  AskMany(2, 300);
  EXPECT_EQ(Drift().verdict, "no drift");
  EXPECT_EQ(Drift().dataset, "near@1");
  Gates far = gates_;
  far.golden->dataset = "far";
  SetGates(far);
  const DriftReport report = Drift();
  EXPECT_EQ(report.dataset, "far@1");
  EXPECT_EQ(report.verdict, "drift");
}

TEST_F(ServicesDriftTest, WhoLooksWakesNobody) {
  Deploy();
  ASSERT_TRUE(services_->Unload("s"));
  const auto unknown = services_->Drift("s");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(services_->LearnUsual("s"));
  EXPECT_EQ(services_->Find("s")->Current(), nullptr);
  AskMany(2, 300);  // the first of them wakes it
  EXPECT_EQ(Drift().verdict, "no drift");
  ASSERT_TRUE(services_->Unload("s"));
  EXPECT_EQ(Drift().live, 300) << "what is known is told";
  EXPECT_EQ(services_->Find("s")->Current(), nullptr);
}

TEST_F(ServicesDriftTest, ARolloutIsNoDrift) {
  Deploy("low@1");
  AskMany(2, 300);
  EXPECT_EQ(Drift().measures.size(), 2u);
  // Another model, as good on the golden set, which says four more of everything.
  const auto rolled = services_->Rollout("s", "high@1", "me");
  ASSERT_TRUE(rolled) << rolled.error().ToString();
  DriftReport report = Drift();
  EXPECT_EQ(report.verdict, "no drift");
  EXPECT_EQ(report.answered, 0);
  ASSERT_EQ(report.measures.size(), 1u);
  EXPECT_EQ(report.measures[0].name, "input x");
  AskMany(3, 250);
  report = Drift();
  EXPECT_EQ(report.verdict, "no drift");
  ASSERT_EQ(report.measures.size(), 2u);
  EXPECT_NEAR(report.measures[1].live_mean, 2, 0.3);
}

}  // namespace
}  // namespace sinter
