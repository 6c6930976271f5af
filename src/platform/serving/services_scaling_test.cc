// Models that are let go while nobody asks, and runs that follow the load: no request notices but by the time
// it takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "base/thread_pool.h"
#include "platform/records/sqlite_records.h"
#include "platform/serving/services.h"
#include "platform/serving/testing.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

class ScalingTest : public testing::Test {
 protected:
  void SetUp() override {
    models_.Put("scale@1", ScaleModel(2));
    models_.Put("scale@2", ScaleModel(3));
    records_ = *OpenSqliteRecords(folder_.path() / "records.db");
    services_ = std::make_unique<Services>(*records_, models_);
    ASSERT_TRUE(services_->Start());
  }
  void Deploy(Scaling scaling, BatchLimits limits = {}) {
    auto info =
        services_->Deploy({.name = "s", .model = "scale@1", .limits = limits, .scaling = scaling}, "me");
    ASSERT_TRUE(info) << info.error().ToString();
  }
  // The factor that the answer was made with, or the error's message.
  std::string Ask() {
    Tensor x = *Tensor::Create(DType::kF32, {1, 4});
    for (float& v : x.mutable_data<float>()) v = 1;
    ServiceRequest request;
    request.inputs.push_back({"x", x});
    std::promise<std::string> promise;
    services_->Find("s")->Infer(std::move(request), [&](Result<BatchAnswer> answer) {
      promise.set_value(answer ? fmt::format("{}", answer->outputs[0].data<float>()[0])
                               : answer.error().message);
    });
    return promise.get_future().get();
  }
  testing::AssertionResult FallsAsleep() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!services_->Find("s")->asleep()) {
      if (std::chrono::steady_clock::now() > until) return testing::AssertionFailure() << "it stays awake";
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return testing::AssertionSuccess();
  }

  TemporaryFolder folder_;
  TextModels models_;
  std::unique_ptr<Records> records_;
  std::unique_ptr<Services> services_;
};

TEST_F(ScalingTest, FirstRequestsAfterSleepAreHeldNotFailed) {
  Deploy({.idle_s = 0.1});
  EXPECT_EQ(Ask(), "2");
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(FallsAsleep());
    EXPECT_EQ(services_->Find("s")->Current(), nullptr) << "its memory is free";
    EXPECT_TRUE(services_->Show("s")->ready) << "it answers all the same";
    EXPECT_EQ(services_->Find("s")->Info()->name, "1");
    std::vector<std::future<std::string>> answers;
    answers.reserve(8);
    for (int i = 0; i < 8; ++i) answers.push_back(std::async(std::launch::async, [this] { return Ask(); }));
    for (auto& answer : answers) EXPECT_EQ(answer.get(), "2");
  }
  EXPECT_EQ(services_->Find("s")->Stats().total.succeeded, 41u);
}

TEST_F(ScalingTest, WhatSleepsIsRolledOutAndBack) {
  Deploy({.idle_s = 0.1});
  ASSERT_TRUE(FallsAsleep());
  ASSERT_TRUE(services_->Rollout("s", "scale@2", "me"));
  EXPECT_EQ(Ask(), "3");
  ASSERT_TRUE(FallsAsleep());
  ASSERT_TRUE(services_->Rollback("s", "me"));
  EXPECT_EQ(Ask(), "2");
  ASSERT_TRUE(FallsAsleep());
  EXPECT_EQ(Ask(), "2");
}

TEST_F(ScalingTest, WhoWaitsForAModelThatIsGoneIsToldSo) {
  Deploy({.idle_s = 0.1});
  ASSERT_TRUE(FallsAsleep());
  models_.Put("scale@1", "module broken");
  EXPECT_THAT(Ask(), HasSubstr("'{' expected"));
  EXPECT_NE(services_->Show("s")->problem, "");
  models_.Put("scale@1", ScaleModel(2));
  EXPECT_EQ(Ask(), "2") << "the next request tries again";
  EXPECT_EQ(services_->Show("s")->problem, "");
}

TEST_F(ScalingTest, HeldRequestsAreBounded) {
  Deploy({.idle_s = 0.1}, {.queue = 2});
  ASSERT_TRUE(FallsAsleep());
  const auto service = services_->Find("s");
  std::atomic<int> refused{0}, answered{0};
  std::vector<std::thread> clients;
  // The first wakes it, and loading takes some milliseconds: of twenty at once most find two waiting already.
  clients.reserve(20);
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back([&] { (Ask() == "2" ? answered : refused)++; });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(refused + answered, 20);
  EXPECT_GE(answered, 2);
}

TEST_F(ScalingTest, WorkersComeAndGoUnderLoad) {
  Deploy({.most_workers = 4}, {.max_rows = 4});
  const auto replica = services_->Find("s")->Current();
  std::atomic<bool> stop{false};
  std::atomic<int> asked{0}, wrong{0};
  std::vector<std::thread> clients;
  clients.reserve(3);
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back([&] {
      while (!stop) {
        wrong += Ask() != "2";
        ++asked;
      }
    });
  }
  for (int round = 0; round < 30; ++round) {
    ASSERT_TRUE(replica->SetWorkers(1 + round % 4));
    EXPECT_EQ(replica->workers(), 1 + round % 4);
    const int before = asked;
    while (asked < before + 10) std::this_thread::yield();
  }
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(wrong, 0) << "of " << asked;
}

TEST_F(ScalingTest, ThreadsFollowTheLoadAndTheSpec) {
  const int pool = ThreadPool::Shared().threads();
  Deploy({.least_threads = 1}, {.max_rows = 1});
  const auto replica = services_->Find("s")->Current();
  const auto comes = [&](int threads) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (replica->threads() != threads && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return replica->threads() == threads;
  };
  EXPECT_EQ(replica->threads(), 1) << "little is asked yet";
  std::atomic<bool> stop{false};
  std::atomic<int> asked{0}, wrong{0};
  std::vector<std::thread> clients;
  clients.reserve(8);
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      while (!stop) {
        wrong += Ask() != "2";
        ++asked;
      }
    });
  }
  EXPECT_TRUE(comes(pool)) << "more wait than a worker can take next";
  EXPECT_EQ(replica->workers(), 1);
  // Under load, by the spec: down at once, and up again.
  ASSERT_TRUE(services_->SetScaling("s", {.most_threads = 1}, "me"));
  EXPECT_TRUE(comes(1));
  EXPECT_EQ(services_->Show("s")->threads, 1);
  ASSERT_TRUE(services_->SetScaling("s", {}, "me"));
  EXPECT_TRUE(comes(pool));
  for (int round = 0; round < 50; ++round) {
    replica->SetThreads(1 + round % pool);
    const int before = asked;
    while (asked < before + 10) std::this_thread::yield();
  }
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(wrong, 0) << "of " << asked;
  // What is rolled out begins as the live one is: their latencies are compared.
  ASSERT_TRUE(services_->SetScaling("s", {.most_threads = 1}, "me"));
  ASSERT_TRUE(comes(1));
  ASSERT_TRUE(services_->Rollout("s", "scale@2", "me"));
  EXPECT_EQ(services_->Find("s")->Current()->threads(), 1);
  EXPECT_EQ(services_->Show("s")->workers, 1);
}

TEST_F(ScalingTest, IsKept) {
  Deploy({});
  ASSERT_TRUE(services_->SetScaling(
      "s", {.most_workers = 3, .idle_s = 5, .least_threads = 1, .most_threads = 2}, "me"));
  services_ = nullptr;
  services_ = std::make_unique<Services>(*records_, models_);
  ASSERT_TRUE(services_->Start());
  EXPECT_EQ(services_->Show("s")->scaling, (Scaling{3, 5, 1, 2}));
  EXPECT_EQ(services_->Find("s")->Current()->threads(), 1) << "as little as the spec says, to begin with";
}

}  // namespace
}  // namespace sinter
