// Services through their life: deployed, asked, switched under load, kept over a restart, refused, deleted.
#include "platform/serving/services.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>

#include "platform/records/sqlite_records.h"
#include "platform/serving/testing.h"

namespace sinter {
namespace {

struct Answer {
  std::string revision;
  std::vector<float> y;
  Error error;
};

Answer Ask(Service& service, float value, std::string revision = "", int64_t rows = 1) {
  Tensor x = *Tensor::Create(DType::kF32, {rows, 4});
  for (float& v : x.mutable_data<float>()) v = value;
  ServiceRequest request;
  request.inputs.push_back({"x", x});
  request.revision = std::move(revision);
  std::promise<Answer> promise;
  service.Infer(std::move(request), [&](Result<BatchAnswer> answer) {
    if (!answer) {
      promise.set_value({"", {}, answer.error()});
      return;
    }
    const auto y = answer->outputs[0].data<float>();
    promise.set_value({answer->revision->name, {y.begin(), y.end()}, {}});
  });
  return promise.get_future().get();
}

class ServicesTest : public testing::Test {
 protected:
  void SetUp() override {
    models_.Put("scale@1", ScaleModel(2));
    models_.Put("scale@2", ScaleModel(3));
    models_.Put("scale@3", ScaleModel(5));
    Open();
  }
  void Open() {
    services_.reset();
    records_.reset();
    auto records = OpenSqliteRecords(folder_.path() / "records.db");
    ASSERT_TRUE(records) << records.error().ToString();
    records_ = *std::move(records);
    services_ = std::make_unique<Services>(*records_, models_);
    ASSERT_TRUE(services_->Start());
  }
  void Deploy() {
    auto info = services_->Deploy({.name = "s", .model = "scale@1"}, "me");
    ASSERT_TRUE(info) << info.error().ToString();
    EXPECT_TRUE(info->ready);
  }

  TemporaryFolder folder_;
  TextModels models_;
  std::unique_ptr<Records> records_;
  std::unique_ptr<Services> services_;
};

TEST_F(ServicesTest, DeployedRolledOutAndBack) {
  Deploy();
  const auto service = services_->Find("s");
  ASSERT_NE(service, nullptr);
  EXPECT_EQ(Ask(*service, 7).y, std::vector<float>(4, 14));
  EXPECT_EQ(services_->Rollback("s", "me").error().code, ErrorCode::kConflict);

  auto info = services_->Rollout("s", "scale@2", "me");
  ASSERT_TRUE(info) << info.error().ToString();
  EXPECT_EQ(info->current, (RevisionRef{"2", "scale@2"}));
  EXPECT_EQ(info->previous, (RevisionRef{"1", "scale@1"}));
  EXPECT_EQ(Ask(*service, 7).y, std::vector<float>(4, 21));
  EXPECT_EQ(Ask(*service, 7).revision, "2");
  EXPECT_EQ(Ask(*service, 7, "1").y, std::vector<float>(4, 14)) << "the one before is warm";
  EXPECT_EQ(Ask(*service, 7, "9").error.code, ErrorCode::kNotFound);

  info = services_->Rollback("s", "you");
  ASSERT_TRUE(info) << info.error().ToString();
  EXPECT_EQ(info->current, (RevisionRef{"1", "scale@1"}));
  EXPECT_EQ(Ask(*service, 7).revision, "1");
  info = services_->Rollback("s", "you");
  EXPECT_EQ(Ask(*service, 7).revision, "2");
  info = services_->Rollout("s", "scale@3", "me");
  EXPECT_EQ(Ask(*service, 7).y, std::vector<float>(4, 35));
  EXPECT_EQ(Ask(*service, 7, "1").error.code, ErrorCode::kNotFound) << "two back is let go";

  ASSERT_EQ(info->history.size(), 5u);
  EXPECT_EQ(info->history[2].what, "rollback");
  EXPECT_EQ(info->history[2].by, "you");
  EXPECT_EQ(info->history[4].decision.figures.front().first, "warm_runs");
  const ServiceStats stats = service->Stats();
  EXPECT_EQ(stats.total.succeeded, 7u) << "those of revisions that are gone count on";
  EXPECT_EQ(stats.revisions.size(), 2u);
  EXPECT_EQ(stats.current, "3");
}

TEST_F(ServicesTest, ARestartServesWhatWasServed) {
  Deploy();
  ASSERT_TRUE(services_->Rollout("s", "scale@2", "me"));
  Open();
  const auto service = services_->Find("s");
  ASSERT_NE(service, nullptr);
  EXPECT_TRUE(services_->ready());
  EXPECT_EQ(Ask(*service, 1).revision, "2");
  EXPECT_EQ(Ask(*service, 1).y[0], 3);
  EXPECT_EQ(Ask(*service, 1, "1").y[0], 2);
  ASSERT_TRUE(services_->Rollback("s", "me"));
  EXPECT_EQ(Ask(*service, 1).revision, "1");
  models_.Put("scale@1", "module broken");
  Open();
  EXPECT_FALSE(services_->ready());
  const auto info = services_->Show("s");
  ASSERT_TRUE(info);
  EXPECT_FALSE(info->ready);
  EXPECT_NE(info->problem, "");
  EXPECT_EQ(Ask(*services_->Find("s"), 1).error.code, ErrorCode::kUnavailable);
  ASSERT_TRUE(services_->Rollout("s", "scale@3", "me")) << "which mends it";
  EXPECT_TRUE(services_->Show("s")->ready);
  EXPECT_EQ(Ask(*services_->Find("s"), 1).y[0], 5);
}

TEST_F(ServicesTest, AnotherServersServicesAreListedAndLeftAlone) {
  Deploy();
  Services other(*records_, models_, Clock::Real(), nullptr, "elsewhere");
  ASSERT_TRUE(records_->Update(kServiceKind, "s", "me", [](Record& r) -> Status {
    TRY(ServiceInfo info, ReadService(r));
    info.home = "here";
    r.status = ServiceStatusText(info);
    return {};
  }));
  ASSERT_TRUE(other.Start());
  EXPECT_EQ(other.Find("s"), nullptr);
  EXPECT_EQ(other.Show("s")->problem, "another server on the same records serves it");
  EXPECT_FALSE(other.Rollout("s", "scale@2", "me"));
  EXPECT_FALSE(other.Delete("s", "me"));
  EXPECT_TRUE(other.ready());
  // Page by page, too.
  const Record service = *records_->Get(kServiceKind, "s");
  ASSERT_TRUE(records_->Create(service.kind, "t", service.spec, service.status, "me"));
  const Services::Page first = *other.List({}, 1);
  ASSERT_EQ(first.services.size(), 1u);
  EXPECT_EQ(first.next, "s");
  const Services::Page last = *other.List(first.next, 1);
  ASSERT_EQ(last.services.size(), 1u);
  EXPECT_EQ(last.services[0].name, "t");
  EXPECT_EQ(last.next, "");
  EXPECT_EQ(other.List()->size(), 2u);
}

TEST_F(ServicesTest, RefusedRolloutsChangeNothingAndAreWrittenDown) {
  Deploy();
  models_.Put("nan", R"(module m {
    symbol N in 1..64
    func @forward(%x: f32[N,4]) {
      %m = Neg(%x)
      %y = Sqrt(%m)
      return %y
    }
  })");
  models_.Put("other", R"(module m {
    symbol N in 1..64
    func @forward(%pixels: f32[N,4]) {
      %y = Relu(%pixels)
      return %y
    }
  })");
  models_.Put("broken", "module broken");
  for (const char* model : {"nan", "other", "broken"}) {
    const auto refused = services_->Rollout("s", model, "me");
    ASSERT_FALSE(refused) << model;
    EXPECT_EQ(refused.error().code, ErrorCode::kConflict) << refused.error().ToString();
    EXPECT_NE(refused.error().message.find(model), std::string::npos);
    EXPECT_EQ(Ask(*services_->Find("s"), 1).revision, "1");
  }
  const auto info = services_->Show("s");
  ASSERT_EQ(info->history.size(), 4u);
  EXPECT_EQ(info->history[1].decision.action, RolloutAction::kRefuse);
  EXPECT_EQ(services_->Rollout("s", "nowhere", "me").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(services_->Rollout("t", "scale@1", "me").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(services_->Deploy({.name = "s", .model = "scale@1"}, "me").error().code,
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(services_->Deploy({.name = "a/b", .model = "scale@1"}, "me").error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(
      services_->Deploy({.name = "u", .model = "scale@1", .limits = {.max_rows = 0}}, "me").error().message,
      "batching.max_rows is 0; it must be in 1..4096");
}

TEST_F(ServicesTest, WrongRequestsAreToldWhatIsWrong) {
  Deploy();
  const auto service = services_->Find("s");
  auto error = [&](std::vector<NamedTensor> inputs, std::vector<std::string> outputs = {}) {
    ServiceRequest request{std::move(inputs), std::move(outputs), "", {}};
    std::string message;  // done is called before Infer returns: nothing was accepted
    service->Infer(std::move(request), [&](Result<BatchAnswer> answer) { message = answer.error().message; });
    return message;
  };
  const Tensor x = *Tensor::Create(DType::kF32, {1, 4});
  EXPECT_EQ(error({}), "input 'x' is missing; the model takes f32[N,4]");
  EXPECT_EQ(error({{"q", x}}), "the model has no input 'q'");
  EXPECT_EQ(error({{"x", x}, {"x", x}}), "input 'x' is given twice");
  EXPECT_EQ(error({{"x", x}}, {"z"}), "the model has no output 'z'");
  EXPECT_EQ(error({{"x", *Tensor::Create(DType::kF32, {1, 5})}}),
            "input 'x' must be f32[N,4]; dimension 1 of f32[1,5] is 5");
  EXPECT_EQ(service->Stats().total.invalid, 5u);
}

TEST_F(ServicesTest, NoRequestIsLostWhileRevisionsComeAndGo) {
  Deploy();
  const auto service = services_->Find("s");
  // Revision 1 is scale@1; rollout k makes revision k + 1 of scale@1 or scale@2 in turn.
  auto factor = [](const std::string& revision) { return std::stoi(revision) % 2 == 1 ? 2.0f : 3.0f; };
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0}, asked{0};
  std::vector<std::thread> clients;
  clients.reserve(3);
  for (int t = 0; t < 3; ++t) {
    clients.emplace_back([&, t] {
      for (int i = 0; !stop; ++i) {
        const float value = static_cast<float>(1 + t + i % 100);
        const Answer answer = Ask(*service, value, "", 1 + i % 3);
        const bool right = !answer.revision.empty() &&
                           answer.y == std::vector<float>(answer.y.size(), value * factor(answer.revision));
        wrong += !right;
        ++asked;
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    const int before = asked;
    ASSERT_TRUE(services_->Rollout("s", i % 2 == 0 ? "scale@2" : "scale@1", "me"));
    while (asked < before + 20) std::this_thread::yield();
    if (i % 4 == 3) {
      ASSERT_TRUE(services_->Rollback("s", "me"));
      ASSERT_TRUE(services_->Rollback("s", "me"));
    }
  }
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(wrong, 0) << "of " << asked;
  EXPECT_EQ(service->Stats().total.succeeded, static_cast<uint64_t>(asked));
}

TEST_F(ServicesTest, DeletedServicesAreGone) {
  Deploy();
  const auto service = services_->Find("s");
  ASSERT_TRUE(services_->Delete("s", "me"));
  EXPECT_EQ(services_->Find("s"), nullptr);
  EXPECT_EQ(Ask(*service, 1).error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(services_->Delete("s", "me").error().code, ErrorCode::kNotFound);
  Deploy();
  EXPECT_EQ(Ask(*services_->Find("s"), 1).revision, "1");
}

}  // namespace
}  // namespace sinter
