// Requests share runs, wait no longer than their budget, and are refused early.
#include "platform/serving/batcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <semaphore>

#include "base/random.h"

namespace sinter {
namespace {

// Twice the input; records the rows of each run; a test may hold it.
struct FakeModel {
  std::mutex mutex;
  std::vector<int64_t> runs;
  std::vector<Value> outputs;
  bool fails = false;
  std::function<void()> before = [] {};

  BatchRun Run() {
    return [this](std::span<const Tensor> inputs, const CancelToken&) -> Result<std::span<const Value>> {
      before();
      std::lock_guard lock(mutex);
      runs.push_back(inputs[0].dim(0));
      if (fails) return Internal("the model broke");
      Tensor output = *Tensor::Create(DType::kF32, inputs[0].dims());
      for (int64_t i = 0; i < output.elements(); ++i)
        output.mutable_data<float>()[static_cast<size_t>(i)] =
            2 * inputs[0].data<float>()[static_cast<size_t>(i)];
      outputs = {Value(output)};
      return std::span<const Value>(outputs);
    };
  }
};

std::vector<BatchRun> Runs(BatchRun run) {
  std::vector<BatchRun> runs;
  runs.push_back(std::move(run));
  return runs;
}

BatchJob Job(int64_t rows, float value, BatchDone done, int64_t columns = 3) {
  Tensor x = *Tensor::Create(DType::kF32, {rows, columns});
  for (float& v : x.mutable_data<float>()) v = value;
  return {{x}, rows, {}, std::move(done), {}};
}

void ExpectTwice(const Result<BatchAnswer>& answer, int64_t rows, float value) {
  ASSERT_TRUE(answer) << answer.error().ToString();
  const Tensor& y = answer->outputs[0];
  ASSERT_EQ(y.dim(0), rows);
  for (const float v : y.data<float>()) ASSERT_EQ(v, 2 * value);
}

// Who sends answers on keeps one while it says that more follow: a copy that shares the run never sends any.
TEST(Batcher, AfterTheLastRequestOfARunNothingIsSaidToFollow) {
  FakeModel model;
  std::binary_semaphore entered(0), go(0);
  std::atomic<bool> hold{true};
  model.before = [&] {
    if (!hold.exchange(false)) return;
    entered.release();
    go.acquire();
  };
  Batcher batcher({.max_rows = 8}, true, Runs(model.Run()), std::make_shared<TrafficCounters>());
  std::vector<bool> follow;
  std::latch done(6);
  auto submit = [&](bool aside) {
    BatchJob job = Job(1, 1, [&, aside](const Result<BatchAnswer>& answer) {
      if (!aside) follow.push_back(answer->more_follow);
      done.count_down();
    });
    job.aside = aside;
    ASSERT_TRUE(batcher.Submit(job));
  };
  submit(false);
  entered.acquire();
  for (const bool aside : {true, false, false, true, true}) submit(aside);
  go.release();
  done.wait();
  EXPECT_EQ(model.runs, (std::vector<int64_t>{1, 5})) << "they shared one run";
  EXPECT_EQ(follow, (std::vector<bool>{false, true, false}));
}

TEST(Batcher, WhatWaitsWhileOneRunsSharesTheNextRunAndEachGetsItsRows) {
  FakeModel model;
  std::binary_semaphore entered(0), go(0);
  std::atomic<bool> hold{true};
  model.before = [&] {
    if (!hold.exchange(false)) return;
    entered.release();
    go.acquire();
  };
  auto counters = std::make_shared<TrafficCounters>();
  Batcher batcher({.max_rows = 8}, true, Runs(model.Run()), counters);
  std::latch done(5);
  auto submit = [&](int64_t rows, float value, int64_t columns = 3) {
    BatchJob job = Job(
        rows, value,
        [&done, rows, value](const Result<BatchAnswer>& answer) {
          ExpectTwice(answer, rows, value);
          done.count_down();
        },
        columns);
    ASSERT_TRUE(batcher.Submit(job));
  };
  submit(1, 1);
  entered.acquire();
  submit(2, 2);
  submit(3, 3);
  submit(4, 4);     // would make nine rows: the next run's
  submit(1, 5, 7);  // other columns: a run of its own
  EXPECT_EQ(counters->Read().queued, 4);
  go.release();
  done.wait();
  EXPECT_EQ(model.runs, (std::vector<int64_t>{1, 5, 4, 1}));
  batcher.Close();
  const TrafficStats stats = counters->Read();
  EXPECT_EQ(stats.succeeded, 5u);
  EXPECT_EQ(stats.queued, 0);
  EXPECT_EQ(stats.running, 0);
  EXPECT_EQ(stats.batch_rows.count, 4u);
  EXPECT_EQ(stats.batch_rows.sum, 11);
}

TEST(Batcher, AFullQueueRefusesAtOnceAndLeavesTheJobToItsOwner) {
  FakeModel model;
  std::binary_semaphore entered(0), go(0);
  std::atomic<bool> hold{true};
  model.before = [&] {
    if (!hold.exchange(false)) return;
    entered.release();
    go.acquire();
  };
  auto counters = std::make_shared<TrafficCounters>();
  Batcher batcher({.max_rows = 1, .queue = 2}, true, Runs(model.Run()), counters);
  std::atomic<int> answered{0};
  auto count = [&](const Result<BatchAnswer>& answer) { answered += answer.has_value(); };
  BatchJob first = Job(1, 1, count), second = Job(1, 1, count), third = Job(1, 1, count),
           fourth = Job(1, 1, count);
  ASSERT_TRUE(batcher.Submit(first));
  entered.acquire();
  ASSERT_TRUE(batcher.Submit(second));
  ASSERT_TRUE(batcher.Submit(third));
  const Status refused = batcher.Submit(fourth);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(refused.error().message, "2 requests wait already");
  EXPECT_TRUE(fourth.done);  // the owner's still
  go.release();
  batcher.Close();
  EXPECT_EQ(answered, 3) << "what was accepted is answered, closing or not";
  EXPECT_EQ(counters->Read().refused, 1u);
  const Status closed = batcher.Submit(fourth);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, ErrorCode::kUnavailable);
}

TEST(Batcher, CancelledRequestsDoNotRunAndFailuresReachEveryOne) {
  FakeModel model;
  std::binary_semaphore entered(0), go(0);
  std::atomic<bool> hold{true};
  model.before = [&] {
    if (!hold.exchange(false)) return;
    entered.release();
    go.acquire();
  };
  auto counters = std::make_shared<TrafficCounters>();
  Batcher batcher({.max_rows = 8}, true, Runs(model.Run()), counters);
  std::vector<ErrorCode> codes;  // of one worker's callbacks, one after another
  auto note = [&](const Result<BatchAnswer>& answer) {
    codes.push_back(answer ? ErrorCode::kNotFound : answer.error().code);
  };
  BatchJob first = Job(1, 1, [](const Result<BatchAnswer>&) {});
  ASSERT_TRUE(batcher.Submit(first));
  entered.acquire();
  CancelSource source;
  BatchJob cancelled = Job(1, 1, note), second = Job(1, 1, note), third = Job(1, 1, note);
  cancelled.cancel = source.token();
  ASSERT_TRUE(batcher.Submit(cancelled));
  ASSERT_TRUE(batcher.Submit(second));
  ASSERT_TRUE(batcher.Submit(third));
  source.Cancel();
  {
    std::lock_guard lock(model.mutex);
    model.fails = true;
  }
  go.release();
  batcher.Close();
  EXPECT_EQ(codes,
            (std::vector<ErrorCode>{ErrorCode::kCancelled, ErrorCode::kInternal, ErrorCode::kInternal}));
  EXPECT_EQ(model.runs, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(counters->Read().cancelled, 1u);
  EXPECT_EQ(counters->Read().failed, 3u);
}

TEST(Batcher, ALoneRequestAfterABurstWaitsAtMostTheBudget) {
  FakeModel model;
  auto counters = std::make_shared<TrafficCounters>();
  Batcher batcher({.max_rows = 8, .budget = std::chrono::milliseconds(20)}, true, Runs(model.Run()),
                  counters);
  auto ask = [&](int64_t rows) {
    std::promise<double> queued;
    BatchJob job =
        Job(rows, 1, [&](const Result<BatchAnswer>& answer) { queued.set_value(answer->queued_seconds); });
    EXPECT_TRUE(batcher.Submit(job));
    return queued.get_future().get();
  };
  ask(8);                       // now eight rows are worth waiting for
  EXPECT_GE(ask(1), 0.019);     // nobody comes: the whole budget, and
  const double after = ask(1);  // then no more
  EXPECT_LT(after, 0.015);
}

TEST(Batcher, ManyThreadsGetTheirOwnAnswers) {
  const uint64_t seed = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  FakeModel models[2];
  std::vector<BatchRun> runs;
  for (FakeModel& model : models) runs.push_back(model.Run());
  auto counters = std::make_shared<TrafficCounters>();
  Batcher batcher({.max_rows = 16, .queue = 64, .workers = 2}, true, std::move(runs), counters);
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < 300; ++i) {
        const int64_t rows = 1 + static_cast<int64_t>(RandomBelow(seed, t, 2 * i, 5));
        const float value = static_cast<float>(RandomBelow(seed, t, 2 * i + 1, 1000));
        std::promise<void> done;
        BatchJob job = Job(rows, value, [&](const Result<BatchAnswer>& answer) {
          ExpectTwice(answer, rows, value);
          ++answered;
          done.set_value();
        });
        ASSERT_TRUE(batcher.Submit(job));
        done.get_future().wait();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, 1200);
  EXPECT_EQ(counters->Read().succeeded, 1200u);
  EXPECT_EQ(counters->Read().latency.count, 1200u);
}

TEST(Histogram, QuantilesLieInTheirBucket) {
  const double bounds[] = {1, 2, 4};
  Histogram histogram(bounds);
  EXPECT_EQ(histogram.Read().Quantile(0.5), 0);
  for (const double v : {0.5, 1.0, 1.5, 3.0}) histogram.Add(v);
  HistogramSnapshot read = histogram.Read();
  EXPECT_EQ(read.buckets, (std::vector<uint64_t>{2, 1, 1, 0}));
  EXPECT_EQ(read.sum, 6);
  EXPECT_EQ(read.Quantile(0.5), 1);
  EXPECT_EQ(read.Quantile(0.75), 2);
  EXPECT_EQ(read.Quantile(1), 4);
  histogram.Add(100);
  EXPECT_EQ(histogram.Read().Quantile(1), 4) << "beyond the last bound";
}

}  // namespace
}  // namespace sinter
