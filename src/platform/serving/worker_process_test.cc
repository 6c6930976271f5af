// Replicas as processes: the same answers, and a crash that costs nobody anything.
#include "platform/serving/worker_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>

#include "platform/serving/replica.h"
#include "platform/serving/testing.h"
#include "platform/serving/worker_protocol.h"

namespace sinter {
namespace {

class ProcessReplica : public testing::Test {
 protected:
  void SetUp() override {
    SetWorkerCommand({SINTER_WORKER});
    models_.Put("scale", ScaleModel(2));
  }
  std::shared_ptr<Replica> Load(BatchLimits limits = {}) {
    limits.process = true;
    auto replica = Replica::Load("1", *models_.Load("scale"), limits);
    EXPECT_TRUE(replica) << replica.error().ToString();
    return replica ? *replica : nullptr;
  }
  static std::string Ask(Replica& replica, float value, int64_t rows = 1) {
    Tensor x = *Tensor::Create(DType::kF32, {rows, 4});
    for (float& v : x.mutable_data<float>()) v = value;
    std::promise<std::string> promise;
    BatchJob job;
    job.inputs = {x};
    job.rows = rows;
    job.done = [&](Result<BatchAnswer> answer) {
      if (!answer) return promise.set_value(answer.error().ToString());
      bool right = answer->outputs[0].dims() == Dims{rows, 4};
      for (const float y : answer->outputs[0].data<float>()) right = right && y == 2 * value;
      promise.set_value(right ? "right" : "wrong");
    };
    if (auto taken = replica.Submit(job); !taken) return taken.error().ToString();
    return promise.get_future().get();
  }

  TextModels models_;
};

// This process's children.
std::vector<pid_t> Children() {
  std::vector<pid_t> children;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "children");
    for (pid_t pid = 0; file >> pid;) children.push_back(pid);
  }
  return children;
}

TEST_F(ProcessReplica, AnswersAsInProcess) {
  const auto replica = Load({.max_rows = 8, .workers = 2});
  ASSERT_NE(replica, nullptr);
  EXPECT_TRUE(replica->info().warm_up.rows_apart);
  EXPECT_EQ(Children().size(), 2u);
  for (int i = 1; i < 20; ++i) EXPECT_EQ(Ask(*replica, static_cast<float>(i), 1 + i % 3), "right");
  ASSERT_TRUE(replica->SetWorkers(3));
  EXPECT_EQ(Children().size(), 3u);
  ASSERT_TRUE(replica->SetWorkers(1));
  EXPECT_EQ(Children().size(), 1u) << "those that are not needed end";
  EXPECT_EQ(Ask(*replica, 3), "right");
}

TEST_F(ProcessReplica, ACrashCostsNoRequest) {
  const auto replica = Load({.max_rows = 8});
  ASSERT_NE(replica, nullptr);
  std::atomic<bool> stop{false};
  std::atomic<int> right{0};
  std::mutex mutex;
  std::vector<std::string> wrong;
  std::vector<std::thread> clients;
  clients.reserve(4);
  for (int t = 0; t < 4; ++t) {
    clients.emplace_back([&, t] {
      for (int i = 0; !stop; ++i) {
        const std::string answer = Ask(*replica, static_cast<float>(1 + (t + i) % 50));
        if (answer == "right") {
          ++right;
          continue;
        }
        std::lock_guard lock(mutex);
        wrong.push_back(answer);
      }
    });
  }
  for (int kill_number = 0; kill_number < 10; ++kill_number) {
    const int before = right;
    // The one worker answers again before it is killed again: a request is tried twice, not three times.
    while (right < before + 50 || Children().empty())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    kill(Children()[0], SIGKILL);
  }
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_THAT(wrong, testing::IsEmpty()) << right << " were right";
}

TEST_F(ProcessReplica, AModelThatCannotBeLoadedSaysWhy) {
  SetWorkerCommand({"/bin/false"});
  BatchLimits limits;
  limits.process = true;
  const auto replica = Replica::Load("1", *models_.Load("scale"), limits);
  ASSERT_FALSE(replica);
  EXPECT_THAT(replica.error().message,
              testing::HasSubstr("a worker process ended at its start: exit code 1"));
}

TEST(WorkerProtocol, WrittenAndReadAgain) {
  const std::vector<Tensor> tensors{Tensor::Of<float>({2, 1}, {1, 2}), Tensor::Scalar<int64_t>(7),
                                    *Tensor::Create(DType::kU8, {0, 3})};
  const std::string bytes = *EncodeTensors(tensors);
  const auto read = DecodeTensors(std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(read) << read.error().ToString();
  ASSERT_EQ(read->size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE((*read)[i].SameAs(tensors[i])) << i;
  for (size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(DecodeTensors(std::as_bytes(std::span(bytes.data(), cut)))) << cut;
  EXPECT_FALSE(EncodeTensors(std::vector<Tensor>{Tensor::Strings({1}, {"a"})}));
  const std::string question = *EncodeQuestion(3, tensors);
  const auto asked = DecodeQuestion(std::as_bytes(std::span(question)));
  ASSERT_TRUE(asked) << asked.error().ToString();
  EXPECT_EQ(asked->threads, 3);
  ASSERT_EQ(asked->inputs.size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(asked->inputs[i].SameAs(tensors[i])) << i;
  for (size_t cut = 0; cut < question.size(); ++cut)
    EXPECT_FALSE(DecodeQuestion(std::as_bytes(std::span(question.data(), cut)))) << cut;
  const std::string many = *EncodeQuestion(1025, tensors);
  EXPECT_FALSE(DecodeQuestion(std::as_bytes(std::span(many))));
  const std::string failure = EncodeFailure(InvalidArgument("what", "do"));
  const auto error = DecodeAnswer(std::as_bytes(std::span(failure)));
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().ToString(), "what (do)");
  WarmUpReport report;
  report.runs = 4;
  report.rows_apart = true;
  const std::string said = EncodeReport(report);
  EXPECT_EQ(DecodeReport(std::as_bytes(std::span(said)))->runs, 4);
}

}  // namespace
}  // namespace sinter
