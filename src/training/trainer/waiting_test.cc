// How long training waits for data: measured by the trainer itself, on a clock that the test moves.
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "training/trainer/testing.h"

namespace sinter {
namespace {

using std::chrono::milliseconds;

// A source that takes `pause` for each batch, by the test's clock.
class SlowSource final : public BatchSource {
 public:
  SlowSource(BatchSource& batches, ManualClock& clock, milliseconds pause)
      : batches_(batches), clock_(clock), pause_(pause) {}
  int64_t steps_per_epoch() const override { return batches_.steps_per_epoch(); }
  Result<Batch> Train(int64_t step) override {
    clock_.Advance(pause_);
    return batches_.Train(step);
  }
  Result<Batch> Test(int64_t begin, int64_t count) override {
    clock_.Advance(milliseconds(10'000));  // an evaluation is neither training nor waiting
    return batches_.Test(begin, count);
  }

 private:
  BatchSource& batches_;
  ManualClock& clock_;
  milliseconds pause_;
};

// The rest of a step takes `work`: each step reports its loss once.
class WorkingRun final : public RunSink {
 public:
  WorkingRun(ManualClock& clock, milliseconds work) : clock_(clock), work_(work) {}
  Status Metrics(std::span<const TrainMetric> points) override {
    for (const TrainMetric& point : points) {
      if (point.name == "train.loss") clock_.Advance(work_);
      if (point.name == "train.waiting_share") shares.push_back(point);
      if (point.name == "train.images_per_second") rates.push_back(point);
    }
    return {};
  }
  Status Progress(int64_t, int64_t) override { return {}; }
  Status Flush() override { return {}; }
  std::vector<TrainMetric> shares, rates;

 private:
  ManualClock& clock_;
  milliseconds work_;
};

struct Measured {
  std::vector<TrainProgress> reports;
  std::vector<TrainMetric> shares, rates;
  TrainResult result;
};

Measured TrainWaiting(milliseconds pause, milliseconds work) {
  const Recipe recipe = *ParseRecipe(kSmallRecipe);  // 30 steps of 32 pictures, 10 an epoch
  ManualClock clock;
  auto batches = SyntheticSource(recipe);
  SlowSource source(*batches, clock, pause);
  WorkingRun run(clock, work);
  NoCheckpoints checkpoints;
  Measured measured;
  auto result =
      Train(recipe, SyntheticSpec(), source, run, checkpoints,
            {.clock = &clock, .on_progress = [&](const TrainProgress& p) { measured.reports.push_back(p); }});
  EXPECT_TRUE(result) << result.error().ToString();
  if (result) measured.result = *std::move(result);
  measured.shares = run.shares;
  measured.rates = run.rates;
  return measured;
}

TEST(Starvation, TheShareOfTimeThatATrainingWaitsIsReportedAndKept) {
  const Measured slow = TrainWaiting(milliseconds(300), milliseconds(100));
  ASSERT_EQ(slow.reports.size(), 15u) << "a report whenever half a second is over: every other step";
  for (size_t i = 0; i < slow.reports.size(); ++i) {
    const TrainProgress& report = slow.reports[i];
    EXPECT_EQ(report.step, static_cast<int64_t>(2 * i + 2));
    EXPECT_EQ(report.steps, 30);
    EXPECT_EQ(report.epoch, (report.step - 1) / 10 + 1);
    EXPECT_NEAR(report.waiting_share, 0.75, 1e-9) << "step " << report.step;
    EXPECT_NEAR(report.images_per_second, 32 / 0.4, 1e-6);
    EXPECT_NEAR(report.seconds_left, static_cast<double>(30 - report.step) * 0.4, 1e-6);
  }
  ASSERT_EQ(slow.shares.size(), slow.reports.size()) << "the run's metrics have each of them";
  for (size_t i = 0; i < slow.shares.size(); ++i) {
    EXPECT_EQ(slow.shares[i].step, slow.reports[i].step);
    EXPECT_EQ(slow.shares[i].value, slow.reports[i].waiting_share);
    EXPECT_EQ(slow.rates[i].value, slow.reports[i].images_per_second);
  }
  EXPECT_NEAR(slow.result.seconds, 30 * 0.4, 1e-6) << "evaluation apart";
}

TEST(Starvation, ASourceThatIsAheadStarvesNobody) {
  const Measured quick = TrainWaiting(milliseconds(0), milliseconds(200));
  ASSERT_FALSE(quick.reports.empty());
  for (const TrainProgress& report : quick.reports) EXPECT_EQ(report.waiting_share, 0);
}

// Batches are made by several threads at once, before anybody asks, and no more of them than agreed. Each
// thread waits (on a latch, not on time) until three are at work at the same moment.
TEST(Prefetch, ThreadsMakeBatchesTogetherAndAheadOfTheTraining) {
  constexpr int kThreads = 3, kAhead = 5;
  std::mutex mutex;
  std::condition_variable changed;
  int at_work = 0;
  bool together = false, open = false;
  std::vector<int64_t> begun;
  ArraySourceOptions options;
  options.batch_size = 32;
  options.threads = kThreads;
  options.ahead = kAhead;
  options.on_make = [&](int64_t step) {
    std::unique_lock lock(mutex);
    begun.push_back(step);
    ++at_work;
    together = together || at_work == kThreads;
    changed.notify_all();
    changed.wait(lock, [&] { return open; });
    --at_work;
  };
  auto source = ArraySource::Create(SyntheticPictures(320, 200), options);
  ASSERT_TRUE(source);
  const auto patience = std::chrono::seconds(20);
  {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, patience, [&] { return together; }))
        << "they do not work side by side";
    open = true;
    changed.notify_all();
    EXPECT_TRUE(changed.wait_for(lock, patience, [&] { return begun.size() >= kAhead; }))
        << "nothing is made before it is asked for";
    EXPECT_EQ(begun.size(), static_cast<size_t>(kAhead)) << "more than may be kept";
  }
  ASSERT_TRUE((*source)->Train(1));
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, patience, [&] { return begun.size() > kAhead; }));
  EXPECT_EQ(*std::ranges::max_element(begun), kAhead + 1) << "one was taken, one more is made";
}

// Points that are only kept back when the process dies would be missing from the resumed run.
TEST(Metrics, AllUpToACheckpointAreKeptBeforeIt) {
  struct Log {
    std::mutex mutex;
    int64_t given = 0, flushed = 0;  // the last step
  } log;
  class LazyRun final : public RunSink {
   public:
    explicit LazyRun(Log& log) : log_(log) {}
    Status Metrics(std::span<const TrainMetric> points) override {
      const std::lock_guard lock(log_.mutex);
      for (const TrainMetric& point : points) log_.given = std::max(log_.given, point.step);
      return {};
    }
    Status Progress(int64_t, int64_t) override { return {}; }
    Status Flush() override {
      const std::lock_guard lock(log_.mutex);
      log_.flushed = log_.given;
      return {};
    }

   private:
    Log& log_;
  } run(log);
  class CheckedCheckpoints final : public CheckpointSink {
   public:
    explicit CheckedCheckpoints(Log& log) : log_(log) {}
    Status Save(const Checkpoint& checkpoint) override {
      const std::lock_guard lock(log_.mutex);
      steps.push_back(checkpoint.step);
      EXPECT_GE(log_.flushed, checkpoint.step);
      return {};
    }
    Result<std::optional<Checkpoint>> Latest() override { return std::optional<Checkpoint>(); }
    std::vector<int64_t> steps;

   private:
    Log& log_;
  } checkpoints(log);
  const Recipe recipe = *ParseRecipe(kSmallRecipe);
  auto source = SyntheticSource(recipe);
  ASSERT_TRUE(Train(recipe, SyntheticSpec(), *source, run, checkpoints, {}));
  EXPECT_EQ(checkpoints.steps, (std::vector<int64_t>{7, 14, 21, 28, 30}));
}

}  // namespace
}  // namespace sinter
