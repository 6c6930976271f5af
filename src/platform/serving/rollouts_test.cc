// Rollouts through their gates, with real (small) models: what each gate lets through and stops, what a
// person does, what a restart finds, and that no client notices any of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include <nlohmann/json.hpp>

#include "platform/records/sqlite_records.h"
#include "platform/serving/services.h"
#include "platform/serving/testing.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;
using State = RolloutState;

constexpr std::string_view kSignature =
    R"({"format":"sinter.signature.v1","task":"classification","inputs":[{"name":"x","dtype":"f32",
  "shape":[4],"preprocess":{"scale":1,"mean":[0],"deviation":[1],"model_shape":[4]}}],
  "outputs":[{"name":"y","dtype":"f32","shape":[4],"activation":"none"}],"classes":["a","b","c","d"]})";

// The class is where x is largest.
constexpr std::string_view kRight = R"(module m {
    symbol N in 1..64
    func @forward(%x: f32[N,4]) {
      %y = Relu(%x)
      return %y
    }
  })";

// ... or the one before it.
constexpr std::string_view kWrong = R"(module m {
    symbol N in 1..64
    func @forward(%x: f32[N,4]) {
      %one = Constant() {value = i64[1]{1}}
      %four = Constant() {value = i64[1]{4}}
      %zero = Constant() {value = i64[1]{0}}
      %right = Slice(%x, %one, %four, %one)
      %left = Slice(%x, %zero, %one, %one)
      %y = Concat(%right, %left) {axis = 1}
      return %y
    }
  })";

// Examples of class i % 4.
class Examples final : public GoldenSource {
 public:
  Result<std::shared_ptr<const GoldenSet>> Load(const GoldenGate& gate, const ModelInterface&,
                                                bool) override {
    while (hold) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (gate.dataset != "examples") return NotFound(fmt::format("there is no data set '{}'", gate.dataset));
    auto set = std::make_shared<GoldenSet>();
    set->ref = "examples@1";
    set->classes = {"a", "b", "c", "d"};
    set->examples = gate.samples;
    Tensor x = *Tensor::Create(DType::kF32, {gate.samples, 4}, true);
    for (int64_t i = 0; i < gate.samples; ++i) {
      x.mutable_data<float>()[static_cast<size_t>(4 * i + i % 4)] = 1;
      set->labels.push_back(i % 4);
    }
    set->inputs.push_back({std::move(x)});
    return set;
  }
  std::atomic<bool> hold{false};
};

// Texts, that take long where a test wants so.
class HeldModels final : public ModelSource {
 public:
  void Put(std::string ref, std::string text, std::string signature) {
    texts_.Put(std::move(ref), std::move(text), std::move(signature));
  }
  Result<std::string> Resolve(std::string_view ref) override { return texts_.Resolve(ref); }
  Result<LoadedModel> Load(std::string_view ref) override {
    while (hold) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return texts_.Load(ref);
  }
  std::atomic<bool> hold{false};

 private:
  TextModels texts_;
};

// What the history says of servers that began anew.
std::vector<std::string> RestartsOf(const RolloutInfo& rollout) {
  std::vector<std::string> restarts;
  for (const RolloutStep& step : rollout.history) {
    if (step.by == "server") restarts.push_back(step.decision.reason);
  }
  return restarts;
}

class RolloutsTest : public testing::Test {
 protected:
  void SetUp() override {
    models_.Put("m@1", std::string(kRight), std::string(kSignature));
    models_.Put("m@2", std::string(kRight), std::string(kSignature));
    models_.Put("wrong", std::string(kWrong), std::string(kSignature));
    models_.Put("nan", R"(module m {
      symbol N in 1..64
      func @forward(%x: f32[N,4]) {
        %one = Constant() {value = f32[]{1.0}}
        %d = Sub(%one, %x)
        %y = Log(%d)
        return %y
      }
    })",
                std::string(kSignature));
    Open();
  }
  void TearDown() override { StopLoad(); }
  void Open() {
    services_.reset();
    records_.reset();
    auto records = OpenSqliteRecords(folder_.path() / "records.db");
    ASSERT_TRUE(records) << records.error().ToString();
    records_ = *std::move(records);
    services_ = std::make_unique<Services>(*records_, models_, Clock::Real(), &examples_);
    ASSERT_TRUE(services_->Start());
  }
  void Deploy(Gates gates) {
    auto info = services_->Deploy({.name = "s", .model = "m@1", .gates = std::move(gates)}, "me");
    ASSERT_TRUE(info) << info.error().ToString();
  }
  // Clients that ask until StopLoad; each answer must be of the class that x says, or of `wrong`.
  void Load(int clients = 2) {
    stop_ = false;
    for (int t = 0; t < clients; ++t) {
      clients_.emplace_back([this, t] {
        const auto service = services_->Find("s");
        for (int i = 0; !stop_; ++i) Ask(*service, i, fmt::format("{}-{}", t, i));
      });
    }
  }
  void Ask(Service& service, int i, const std::string& id) {
    Tensor x = *Tensor::Create(DType::kF32, {1, 4}, true);
    x.mutable_data<float>()[static_cast<size_t>(i % 4)] = 1;
    ServiceRequest request;
    request.inputs.push_back({"x", x});
    request.id = id;
    request.key = RequestKey(id);
    std::promise<void> answered;
    service.Infer(std::move(request), [&](Result<BatchAnswer> answer) {
      ++asked_;
      if (!answer) {
        ++failed_;
      } else {
        ++answers_[static_cast<size_t>(std::stoi(answer->revision->name) % 64)];
      }
      answered.set_value();
    });
    answered.get_future().get();
  }
  void StopLoad() {
    stop_ = true;
    for (std::thread& client : clients_) client.join();
    clients_.clear();
  }
  RolloutInfo Now() {
    auto info = services_->ShowRollout("s");
    EXPECT_TRUE(info) << info.error().ToString();
    return info ? *info : RolloutInfo{};
  }
  testing::AssertionResult Comes(State state, int64_t step = -1) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (true) {
      const RolloutInfo now = Now();
      if (now.state == state && (step < 0 || now.step == step)) return testing::AssertionSuccess();
      if (IsFinal(now.state) || std::chrono::steady_clock::now() > until) {
        return testing::AssertionFailure()
               << "it is " << RolloutStateName(now.state) << " step " << now.step << ": "
               << now.history.back().decision.reason << "; " << now.now.reason;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  static Gates Golden() {
    Gates gates;
    gates.golden = GoldenGate{.dataset = "examples", .samples = 400};
    return gates;
  }
  static Gates Canary() {
    Gates gates;
    gates.plan = {.strategy = RolloutStrategy::kCanary, .shares = {10, 50, 100}, .bake_s = 0.05};
    gates.budget = {.p99_ms = 10'000, .errors = 0.05, .window_s = 60, .minimum = 20};
    return gates;
  }

  TemporaryFolder folder_;
  HeldModels models_;
  Examples examples_;
  std::unique_ptr<Records> records_;
  std::unique_ptr<Services> services_;
  std::atomic<bool> stop_{false};
  std::atomic<int> asked_{0}, failed_{0};
  std::array<std::atomic<int>, 64> answers_{};
  std::vector<std::thread> clients_;
};

TEST_F(RolloutsTest, TheGoldenSetRefusesAWorseModel) {
  Deploy(Golden());
  const auto refused = services_->Rollout("s", "wrong", "me");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message, HasSubstr("the rollout of wrong is refused: worse on the golden set"));
  const RolloutInfo rollout = Now();
  EXPECT_EQ(rollout.state, State::kRefused);
  const RolloutDecision& decision = rollout.history.back().decision;
  EXPECT_EQ(decision.figures[0], (std::pair<std::string, double>("samples", 400)));
  EXPECT_EQ(decision.figures[1], (std::pair<std::string, double>("live_accuracy", 1)));
  EXPECT_EQ(decision.figures[2], (std::pair<std::string, double>("candidate_accuracy", 0)));
  const auto info = services_->Show("s");
  EXPECT_EQ(info->current.model, "m@1");
  EXPECT_EQ(info->rollout, "");
  EXPECT_EQ(info->history.back().decision.action, RolloutAction::kRefuse);
  ASSERT_TRUE(services_->Rollout("s", "m@2", "me")) << "an equal one passes";
  EXPECT_EQ(services_->Show("s")->current.model, "m@2");
  EXPECT_EQ(services_->Rollouts("s")->size(), 2u);
}

TEST_F(RolloutsTest, AGoldenSetThatIsGonePausesForAPerson) {
  Gates gates = Golden();
  gates.golden->dataset = "nowhere";
  Deploy(gates);
  ASSERT_TRUE(services_->StartRollout("s", "m@2", "me"));
  ASSERT_TRUE(Comes(State::kPaused));
  EXPECT_THAT(Now().history.back().decision.reason, HasSubstr("there is no data set 'nowhere'"));
  const auto second = services_->StartRollout("s", "m@2", "you");
  ASSERT_FALSE(second) << "one at a time";
  EXPECT_THAT(second.error().message,
              HasSubstr("a rollout of service s is under way (revision 2, m@2: paused)"));
  EXPECT_EQ(services_->Rollback("s", "me").error().code, ErrorCode::kConflict);
  ASSERT_TRUE(services_->Steer("s", PersonsWish::kPromote, "checked by hand", "boss"));
  const RolloutInfo rollout = Now();
  EXPECT_EQ(rollout.state, State::kDone);
  EXPECT_EQ(rollout.history.back().by, "boss");
  EXPECT_EQ(rollout.history.back().decision.reason, "checked by hand");
  EXPECT_EQ(services_->Show("s")->current.revision, "2");
  EXPECT_EQ(services_->Steer("s", PersonsWish::kAbort, "", "boss").error().code, ErrorCode::kConflict);
}

TEST_F(RolloutsTest, ACanaryGrowsWhileItHolds) {
  Deploy(Canary());
  Load();
  ASSERT_TRUE(services_->StartRollout("s", "m@2", "me"));
  ASSERT_TRUE(Comes(State::kDone));
  StopLoad();
  EXPECT_EQ(failed_, 0);
  EXPECT_GT(answers_[1], 20);
  EXPECT_GT(answers_[2], 60) << "20 at each of 10, 50 and 100 percent";
  const RolloutInfo rollout = Now();
  std::vector<std::string> way;
  way.reserve(rollout.history.size());
  for (const RolloutStep& step : rollout.history)
    way.push_back(
        fmt::format("{}{}", RolloutStateName(step.state), step.state == State::kCanary ? step.step : 0));
  EXPECT_EQ(way, (std::vector<std::string>{"loading0", "canary0", "canary1", "baking0", "done0"}));
  EXPECT_GE(rollout.history[2].decision.figures[3].second, 20) << "the decision's sample";
  const auto info = services_->Show("s");
  EXPECT_EQ(info->current.revision, "2");
  EXPECT_EQ(info->previous->revision, "1");
  EXPECT_TRUE(services_->Rollback("s", "me")) << "still warm";
}

TEST_F(RolloutsTest, TheSameIdGoesToTheSameSide) {
  Gates gates = Canary();
  gates.plan.bake_s = 3600;
  gates.plan.shares = {30, 100};
  Deploy(gates);
  ASSERT_TRUE(services_->StartRollout("s", "m@2", "me"));
  ASSERT_TRUE(Comes(State::kCanary));
  const auto service = services_->Find("s");
  int canary = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string id = fmt::format("request-{}", i);
    const int before = answers_[2];
    Ask(*service, 0, id);
    const int share = answers_[2] - before;
    canary += share;
    for (int again = 0; again < 2; ++again) Ask(*service, 0, id);
    EXPECT_EQ(answers_[2] - before, 3 * share) << id;
  }
  EXPECT_NEAR(canary, 90, 30);
  EXPECT_EQ(service->Stats().total.succeeded, 900u);
  ASSERT_TRUE(services_->Steer("s", PersonsWish::kAbort, "enough seen", "me"));
  EXPECT_EQ(Now().state, State::kAborted);
  const int before = answers_[2];
  for (int i = 0; i < 50; ++i) Ask(*service, 0, fmt::format("request-{}", i));
  EXPECT_EQ(answers_[2], before) << "nothing goes to an aborted candidate";
}

TEST_F(RolloutsTest, TheShadowFindsNaNBeforeAnyClientDoes) {
  Gates gates;
  gates.shadow = {.percent = 100, .minimum = 50};
  Deploy(gates);
  Load();
  // Its warm-up inputs are below 1, where it is finite; live requests have a 1.
  ASSERT_TRUE(services_->StartRollout("s", "nan", "me"));
  EXPECT_FALSE(Comes(State::kDone));
  StopLoad();
  const RolloutInfo rollout = Now();
  EXPECT_EQ(rollout.state, State::kRefused);
  EXPECT_THAT(rollout.history.back().decision.reason, HasSubstr("in the shadow"));
  EXPECT_THAT(rollout.history.back().decision.reason, HasSubstr("NaN or infinity"));
  EXPECT_EQ(answers_[2], 0);
  EXPECT_EQ(failed_, 0);
}

TEST_F(RolloutsTest, LabelledDisagreementsDecide) {
  Gates gates;
  gates.shadow = {.percent = 100, .minimum = 1'000'000};
  Deploy(gates);
  ASSERT_TRUE(services_->StartRollout("s", "wrong", "me"));
  ASSERT_TRUE(Comes(State::kShadow));
  const auto service = services_->Find("s");
  for (int i = 0; i < 12; ++i) {
    Ask(*service, i, fmt::format("r{}", i));
    while (Now().shadow.compared + Now().shadow.dropped <= i) std::this_thread::yield();
  }
  const RolloutInfo shown = Now();
  ASSERT_GT(shown.shadow.disagreed, 8) << "some copies may be dropped";
  EXPECT_EQ(shown.examples[0].id, "r0");
  EXPECT_EQ(shown.examples[0].live_class, 0);
  EXPECT_NE(shown.examples[0].candidate_class, 0);
  EXPECT_EQ(shown.examples[0].live, (std::vector<double>{1, 0, 0, 0}));
  EXPECT_EQ(service->Stats().total.succeeded, 12u) << "copies are no requests";
  int used = 0;
  for (int i = 0; i < 12; ++i) used += *services_->Label("s", fmt::format("r{}", i), i % 4);
  EXPECT_GT(used, 4);
  EXPECT_FALSE(Comes(State::kDone));
  EXPECT_THAT(Now().history.back().decision.reason, HasSubstr("labelled disagreements it lost"));
}

TEST_F(RolloutsTest, ACandidateThatFailsCostsNoClientAnything) {
  // Its warm-up inputs are below 1, and index 0; live requests have a 1, which indexes nothing.
  models_.Put("fails", R"(module m {
    symbol N in 1..64
    func @forward(%x: f32[N,4]) {
      %t = Constant() {value = f32[1]{0}}
      %i = Cast(%x) {to = i64}
      %zero = Gather(%t, %i)
      %y = Add(%x, %zero)
      return %y
    }
  })",
              std::string(kSignature));
  Gates gates = Canary();
  gates.plan.bake_s = 3600;
  Deploy(gates);
  Load();
  ASSERT_TRUE(services_->StartRollout("s", "fails", "me"));
  EXPECT_FALSE(Comes(State::kDone));
  StopLoad();
  EXPECT_EQ(Now().state, State::kRolledBack);
  EXPECT_THAT(Now().history.back().decision.reason, HasSubstr("requests failed; the budget is 5%"));
  EXPECT_EQ(Now().history.back().by, "gates");
  EXPECT_EQ(failed_, 0) << "the live revision answered what the candidate could not";
  EXPECT_EQ(answers_[2], 0);
  EXPECT_EQ(services_->Show("s")->current.revision, "1");
}

TEST_F(RolloutsTest, ABrokenBudgetRollsBackInTheCanaryAndAfterTheSwitch) {
  Gates gates = Canary();
  gates.plan.bake_s = 3600;
  gates.budget.p99_ms = 0.001;  // nothing is so fast
  Deploy(gates);
  Load();
  ASSERT_TRUE(services_->StartRollout("s", "m@2", "me"));
  EXPECT_FALSE(Comes(State::kDone));
  EXPECT_EQ(Now().state, State::kRolledBack);
  EXPECT_THAT(Now().history.back().decision.reason, HasSubstr("at 10%, p99 of"));
  gates.plan.strategy = RolloutStrategy::kBlueGreen;
  ASSERT_TRUE(services_->SetGates("s", gates, "me"));
  ASSERT_TRUE(services_->StartRollout("s", "m@2", "me"));
  EXPECT_FALSE(Comes(State::kDone));
  StopLoad();
  EXPECT_EQ(Now().state, State::kRolledBack);
  EXPECT_THAT(Now().history.back().decision.reason, HasSubstr("after the switch, p99 of"));
  const auto info = services_->Show("s");
  EXPECT_EQ(info->current.revision, "1");
  EXPECT_EQ(info->previous->revision, "3");
  EXPECT_EQ(info->history.back().what, "rollback");
  EXPECT_EQ(services_->Find("s")->Info()->name, "1");
  EXPECT_EQ(failed_, 0);
}

TEST_F(RolloutsTest, PausedAndResumed) {
  Gates gates = Canary();
  gates.plan.bake_s = 3600;
  Deploy(gates);
  ASSERT_TRUE(services_->StartRollout("s", "m@2", "me"));
  ASSERT_TRUE(Comes(State::kCanary, 0));
  ASSERT_TRUE(services_->Steer("s", PersonsWish::kPause, "lunch", "me"));
  EXPECT_EQ(Now().state, State::kPaused);
  EXPECT_EQ(Now().SharePercent(), 10);
  EXPECT_EQ(services_->Steer("s", PersonsWish::kPause, "", "me").error().code, ErrorCode::kConflict);
  ASSERT_TRUE(services_->Steer("s", PersonsWish::kResume, "", "me"));
  EXPECT_EQ(Now().state, State::kCanary);
  ASSERT_TRUE(services_->Steer("s", PersonsWish::kPromote, "", "me"));
  EXPECT_EQ(Now().state, State::kBaking);
  EXPECT_EQ(services_->Show("s")->current.revision, "2");
  const auto back = services_->Rollback("s", "me");
  ASSERT_TRUE(back) << back.error().ToString();
  EXPECT_EQ(back->current.revision, "1");
  EXPECT_EQ(Now().state, State::kRolledBack);
}

// The server ends in each state (nothing is written at the end: it may as well have been killed), and begins
// anew: the live revision answers, and the rollout goes on.
TEST_F(RolloutsTest, ARestartInEachStateServesAndGoesOn) {
  Gates gates = Canary();
  gates.golden = GoldenGate{.dataset = "examples", .samples = 400};
  gates.shadow = {.percent = 50, .minimum = 20};
  Deploy(gates);
  const State states[] = {State::kLoading, State::kGolden, State::kShadow, State::kCanary, State::kBaking};
  int revision = 1;
  for (const State state : states) {
    SCOPED_TRACE(RolloutStateName(state));
    const std::string model = revision % 2 == 0 ? "m@1" : "m@2";
    models_.hold = state == State::kLoading;
    examples_.hold = state == State::kGolden;
    ASSERT_TRUE(services_->StartRollout("s", model, "me"));
    ++revision;
    if (state > State::kGolden) Load();
    // The first two states last as long as their work does: the restart may find it already further.
    ASSERT_TRUE(Comes(state));
    StopLoad();
    // What holds the first two states is let go once the end has begun: it waits for its threads.
    const auto release = std::async(std::launch::async, [this] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      models_.hold = examples_.hold = false;
    });
    const bool switched = state == State::kBaking;
    Open();
    release.wait();
    const auto service = services_->Find("s");
    ASSERT_TRUE(service->ready());
    EXPECT_EQ(service->Info()->name, fmt::format("{}", switched ? revision : revision - 1));
    EXPECT_THAT(RestartsOf(Now()), testing::ElementsAre(HasSubstr(switched ? "watched from the beginning"
                                                                           : RolloutStateName(state))));
    Load();
    ASSERT_TRUE(Comes(State::kDone));
    StopLoad();
    EXPECT_EQ(services_->Show("s")->current.revision, fmt::format("{}", revision));
    EXPECT_EQ(services_->Show("s")->rollout, "");
  }
  // Paused stays paused, and needs a person.
  ASSERT_TRUE(services_->StartRollout("s", "m@2", "me"));
  Load();
  ASSERT_TRUE(Comes(State::kShadow));
  ASSERT_TRUE(services_->Steer("s", PersonsWish::kPause, "night", "me"));
  StopLoad();
  Open();
  EXPECT_EQ(Now().state, State::kPaused);
  EXPECT_EQ(services_->Find("s")->Info()->name, fmt::format("{}", revision));
  ASSERT_TRUE(services_->Steer("s", PersonsWish::kResume, "", "me"));
  Load();
  ASSERT_TRUE(Comes(State::kDone));
  StopLoad();
  EXPECT_EQ(failed_, 0);
}

TEST_F(RolloutsTest, DeletedInTheMiddle) {
  Gates gates = Canary();
  gates.plan.bake_s = 3600;
  Deploy(gates);
  ASSERT_TRUE(services_->StartRollout("s", "m@2", "me"));
  ASSERT_TRUE(Comes(State::kCanary, 0));
  ASSERT_TRUE(services_->Delete("s", "me"));
  Deploy(Gates{});
  EXPECT_EQ(services_->Rollouts("s")->size(), 0u) << "of a service that is gone";
  ASSERT_TRUE(services_->Rollout("s", "m@2", "me"));
}

TEST_F(RolloutsTest, GatesAreChangedForTheNext) {
  Deploy(Gates{});
  const auto info = services_->SetGates("s", Golden(), "me");
  ASSERT_TRUE(info);
  EXPECT_EQ(GatesJson(info->gates), GatesJson(Golden()));
  EXPECT_FALSE(services_->Rollout("s", "wrong", "me"));
  Open();
  EXPECT_EQ(GatesJson(services_->Show("s")->gates), GatesJson(Golden()));
}

}  // namespace
}  // namespace sinter
