#include "platform/jobs/jobs.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "platform/records/sqlite_records.h"

namespace sinter {
namespace {

using std::chrono::milliseconds;

class JobsTest : public testing::Test {
 protected:
  JobsTest() : launcher_(MakeLocalLauncher({.keeper = {SINTER_TEST_KEEPER}})) {
    records_ = OpenSqliteRecords(home_.path() / "records.db").value();
    Open();
  }
  void Open(int64_t cpus = 2) {
    jobs_.reset();
    JobsOptions options;
    options.home = "here";
    options.folder = home_.path() / "jobs";
    options.capacity = {cpus, int64_t{8} << 30};
    options.say = [this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      said_ += std::string(line) + "\n";
    };
    options.prepare = [this](const JobInfo& job, JobLaunch& launch) -> Status {
      ++prepared_;
      launch.environment.emplace_back("TOKEN", job.id + std::to_string(job.attempt()));
      return {};
    };
    options.conclude = [this](const JobInfo&, const JobAttempt&) { ++concluded_; };
    jobs_ = std::make_unique<Jobs>(*records_, *launcher_, options);
    ASSERT_TRUE(jobs_->Open());
    ASSERT_TRUE(jobs_->Start());
  }
  static JobSpec Shell(const std::string& script) {
    JobSpec spec;
    spec.owner = "ann";
    spec.command = {"/bin/sh", "-c", script};
    spec.memory_bytes = int64_t{64} << 20;
    spec.grace_s = 5;
    return spec;
  }
  JobInfo Done(const std::string& id) {
    const auto job = jobs_->WaitFor(id, milliseconds(60'000));
    EXPECT_TRUE(job) << job.error().ToString();
    EXPECT_TRUE(IsOver(job->state)) << id << " is " << JobStateName(job->state) << ": " << job->reason;
    return *job;
  }
  JobInfo Run(const JobSpec& spec) { return Done(jobs_->Submit(spec, "ann").value().id); }
  void WaitUntil(const std::string& id, JobState state) {
    for (int i = 0; i < 1000; ++i) {
      if (jobs_->Get(id)->state == state) return;
      std::this_thread::sleep_for(milliseconds(20));
    }
    FAIL() << id << " is " << JobStateName(jobs_->Get(id)->state);
  }
  void WaitForLog(const std::string& id, const std::string& text) {
    for (int i = 0; i < 1000; ++i) {
      if (jobs_->Log(id, 0, 0)->text.find(text) != std::string::npos) return;
      std::this_thread::sleep_for(milliseconds(20));
    }
    FAIL() << jobs_->Log(id, 0, 0)->text;
  }

  TemporaryFolder home_;
  std::unique_ptr<Launcher> launcher_;
  std::unique_ptr<Records> records_;
  std::mutex mutex_;
  std::string said_;
  std::atomic<int> prepared_{0}, concluded_{0};
  std::unique_ptr<Jobs> jobs_;  // last: its thread uses the others
};

TEST_F(JobsTest, AJobsLife) {
  const JobInfo done = Run(Shell("echo hello $TOKEN; echo $SINTER_JOB $SINTER_ATTEMPT"));
  EXPECT_EQ(done.state, JobState::kSucceeded) << done.reason;
  EXPECT_EQ(done.submitted_by, "ann");
  const auto log = jobs_->Log(done.id, 0, 0);
  EXPECT_EQ(log->text, "hello " + done.id + "1\n" + done.id + " 1\n");
  EXPECT_TRUE(log->ended);
  EXPECT_EQ(jobs_->Log(done.id, 0, 6, 3)->text, done.id.substr(0, 3));
  EXPECT_EQ(jobs_->Log(done.id, 2, 0).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(prepared_, 1);
  EXPECT_EQ(concluded_, 1);
  EXPECT_EQ(jobs_->List()->front().id, done.id);
}

TEST_F(JobsTest, AnIdThatWasWrittenDownMakesOneJob) {
  const std::string id = jobs_->NewId();
  EXPECT_EQ(jobs_->Submit(Shell("true"), "ann", id)->id, id);
  EXPECT_EQ(jobs_->Submit(Shell("true"), "ann", id).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(Done(id).attempts.size(), 1U);
}

TEST_F(JobsTest, WhatAJobTookIsKnown) {
  const JobInfo done = Run(Shell("timeout 2.5 sh -c 'while :; do :; done'; true"));
  EXPECT_EQ(done.state, JobState::kSucceeded) << done.reason;
  EXPECT_GT(done.attempts[0].cpu_seconds, 0.1);
  EXPECT_LT(done.attempts[0].cpu_seconds, 10);
  const auto usage = jobs_->Usage(done.id, 0);
  ASSERT_TRUE(usage) << usage.error().ToString();
  ASSERT_FALSE(usage->empty());
  EXPECT_GT(usage->front().cores, 0.05);
  EXPECT_LT(usage->front().cores, 2);
  EXPECT_GT(usage->front().memory_bytes, 0U);
  EXPECT_EQ(jobs_->Usage(done.id, 2).error().code, ErrorCode::kNotFound);
}

TEST_F(JobsTest, FailuresAreTriedAgainWithTheSameFolder) {
  JobSpec spec = Shell("echo x >> tries; test $(wc -l < tries) -ge 2");
  spec.retries = 3;
  const JobInfo done = Run(spec);
  EXPECT_EQ(done.state, JobState::kSucceeded);
  ASSERT_EQ(done.attempts.size(), 2u);
  EXPECT_EQ(done.attempts[0].message, "exit code 1");
  EXPECT_GE(done.attempts[1].started_ms - done.attempts[0].ended_ms, 900);
}

TEST_F(JobsTest, DependenciesWaitAndBreak) {
  const std::string good = jobs_->Submit(Shell("sleep 0.2"), "ann")->id;
  const std::string bad = jobs_->Submit(Shell("exit 1"), "ann")->id;
  JobSpec after = Shell("true");
  after.after = {good};
  const std::string second = jobs_->Submit(after, "ann")->id;
  after.after = {good, bad};
  const std::string never = jobs_->Submit(after, "ann")->id;
  EXPECT_EQ(Done(second).state, JobState::kSucceeded);
  EXPECT_GE(jobs_->Get(second)->attempts[0].started_ms, jobs_->Get(good)->attempts[0].ended_ms);
  EXPECT_EQ(Done(never).state, JobState::kFailed);
  EXPECT_EQ(jobs_->Get(never)->reason, "job " + bad + " that it waits for did not succeed");
  after.after = {"j-none"};
  EXPECT_EQ(jobs_->Submit(after, "ann").error().code, ErrorCode::kNotFound);
}

TEST_F(JobsTest, CancelledWhileItWaitsAndWhileItRuns) {
  JobSpec spec = Shell("echo ready; trap 'exit 9' TERM; while :; do sleep 0.05; done");
  spec.cpus = 2;
  const std::string runs = jobs_->Submit(spec, "ann")->id;
  WaitForLog(runs, "ready");
  const std::string waits = jobs_->Submit(spec, "ann")->id;
  ASSERT_TRUE(jobs_->Cancel(waits, "bob"));
  EXPECT_EQ(Done(waits).state, JobState::kCancelled);
  EXPECT_EQ(jobs_->Get(waits)->attempts.size(), 0u);
  ASSERT_TRUE(jobs_->Cancel(runs, "bob"));
  EXPECT_EQ(Done(runs).state, JobState::kCancelled);
  EXPECT_EQ(jobs_->Get(runs)->attempts[0].exit_code, 9);
  EXPECT_EQ(jobs_->Cancel(runs, "bob").error().code, ErrorCode::kConflict);
  EXPECT_EQ(jobs_->Cancel("j-none", "bob").error().code, ErrorCode::kNotFound);
}

TEST_F(JobsTest, TimeLimitsAndGrace) {
  JobSpec spec = Shell("trap '' TERM; while :; do sleep 0.05; done");
  spec.time_limit_s = 1;
  spec.grace_s = 1;
  const JobInfo done = Run(spec);
  EXPECT_EQ(done.state, JobState::kFailed);
  EXPECT_EQ(done.reason, "stopped after its 1 s");
  EXPECT_EQ(done.attempts[0].stopped, StopCause::kTimeLimit);
}

TEST_F(JobsTest, APreemptedJobSavesAndGoesOnLater) {
  JobSpec soft = Shell(
      "test -e saved && echo went on && exit 0; echo ready; trap 'touch saved; exit 4' TERM; "
      "while :; do sleep 0.05; done");
  soft.cpus = 2;
  soft.preemptible = true;
  const std::string low = jobs_->Submit(soft, "ann")->id;
  WaitForLog(low, "ready");
  JobSpec urgent = Shell("echo urgent");
  urgent.cpus = 2;
  urgent.priority = 10;
  EXPECT_EQ(Run(urgent).state, JobState::kSucceeded);
  const JobInfo done = Done(low);
  EXPECT_EQ(done.state, JobState::kSucceeded);
  ASSERT_EQ(done.attempts.size(), 2u);
  EXPECT_EQ(done.attempts[0].stopped, StopCause::kPreempt);
  EXPECT_EQ(jobs_->Log(low, 0, 0)->text, "went on\n");
}

TEST_F(JobsTest, AServerThatComesBackTakesUpWhatRunsAndRunsNothingTwice) {
  const std::string runs =
      jobs_->Submit(Shell("echo start >> count; echo ready; sleep 1; echo end >> count"), "ann")->id;
  WaitForLog(runs, "ready");
  const std::string short_one = jobs_->Submit(Shell("echo once >> count; echo ready; sleep 0.2"), "ann")->id;
  WaitForLog(short_one, "ready");
  jobs_.reset();  // attempts go on
  std::this_thread::sleep_for(milliseconds(500));
  Open();
  EXPECT_EQ(Done(runs).state, JobState::kSucceeded);
  EXPECT_EQ(Done(short_one).state, JobState::kSucceeded);
  EXPECT_EQ(jobs_->Get(runs)->attempts.size(), 1u);
  EXPECT_EQ(ReadFile(home_.path() / "jobs" / runs / "work" / "count").value(), "start\nend\n");
  EXPECT_EQ(ReadFile(home_.path() / "jobs" / short_one / "work" / "count").value(), "once\n");
  const std::lock_guard lock(mutex_);
  EXPECT_NE(said_.find("job " + runs + ": attempt 1 went on without the server and is taken up again"),
            std::string::npos)
      << said_;
  EXPECT_NE(said_.find("job " + short_one + ": attempt 1 ended while there was no server"), std::string::npos)
      << said_;
}

TEST_F(JobsTest, AnAttemptThatWasWrittenDownAndNeverStartedIsGivenUpAndTriedAgain) {
  jobs_->Stop();
  JobInfo job;
  job.home = "here";
  job.spec = Shell("echo ran");
  job.state = JobState::kStarting;
  job.attempts = {{.number = 1, .started_ms = 1}};
  ASSERT_TRUE(
      records_->Create(std::string(kJobKind), "j000", JobSpecText(job.spec), JobStatusText(job), "ann"));
  Open();
  const JobInfo done = Done("j000");
  EXPECT_EQ(done.state, JobState::kSucceeded);
  ASSERT_EQ(done.attempts.size(), 2u);
  EXPECT_TRUE(done.attempts[0].lost);
}

TEST_F(JobsTest, ALostAttemptIsTriedAgain) {
  const std::string id =
      jobs_->Submit(Shell("test -e mark && exit 0; touch mark; echo ready; sleep 60"), "ann")->id;
  WaitForLog(id, "ready");
  WaitUntil(id, JobState::kRunning);
  ASSERT_TRUE(SignalProcess(jobs_->Get(id)->keeper, SIGKILL));
  const JobInfo done = Done(id);
  EXPECT_EQ(done.state, JobState::kSucceeded);
  EXPECT_TRUE(done.attempts[0].lost);
}

TEST_F(JobsTest, RanksUnderMpirun) {
  JobSpec spec = Shell("echo rank $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE");
  spec.launcher = JobLauncher::kMpirun;
  spec.ranks = 2;
  spec.memory_bytes = int64_t{256} << 20;
  const JobInfo done = Run(spec);
  const std::string log = jobs_->Log(done.id, 0, 0)->text;
  EXPECT_EQ(done.state, JobState::kSucceeded) << log;
  EXPECT_NE(log.find("rank 0 of 2"), std::string::npos) << log;
  EXPECT_NE(log.find("rank 1 of 2"), std::string::npos) << log;
}

TEST_F(JobsTest, WhatTheMachineDoesNotHaveIsRefused) {
  JobSpec spec = Shell("true");
  spec.cpus = 3;
  EXPECT_EQ(jobs_->Submit(spec, "ann").error().message,
            "the job needs 3 cores and 64 MiB; the machine has 2 and 8192");
}

TEST_F(JobsTest, AnotherServersJobsAreLeftAlone) {
  JobInfo job;
  job.home = "elsewhere";
  job.spec = Shell("echo ran");
  ASSERT_TRUE(
      records_->Create(std::string(kJobKind), "j000", JobSpecText(job.spec), JobStatusText(job), "ann"));
  Open();
  EXPECT_EQ(Run(Shell("true")).state, JobState::kSucceeded);  // its own go on
  EXPECT_EQ(jobs_->Get("j000")->state, JobState::kQueued);
  EXPECT_EQ(jobs_->List()->size(), 1u);
  EXPECT_EQ(jobs_->Cancel("j000", "ann").error().code, ErrorCode::kConflict);
  EXPECT_EQ(jobs_->Log("j000", 0, 0).error().code, ErrorCode::kConflict);
}

TEST_F(JobsTest, QuotasBindAndSurvive) {
  JobQuota quota;
  quota.jobs = 0;
  ASSERT_TRUE(jobs_->SetQuota("ann", quota, "admin"));
  Open();
  EXPECT_EQ(jobs_->Quotas()["ann"].jobs, 0);
  const std::string id = jobs_->Submit(Shell("true"), "ann")->id;
  for (int i = 0; i < 500 && jobs_->Get(id)->reason.empty(); ++i)
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(jobs_->Get(id)->reason, "ann has as much as the quota allows");
  quota.jobs = 1;
  ASSERT_TRUE(jobs_->SetQuota("ann", quota, "admin"));
  EXPECT_EQ(Done(id).state, JobState::kSucceeded);
}

TEST_F(JobsTest, ManyWritersShareTransactions) {
  jobs_->Stop();  // accepted, and not run
  std::atomic<int> accepted{0};
  const int64_t before = records_->LastSequence().value();
  {
    std::vector<std::jthread> clients;
    clients.reserve(8);
    for (int c = 0; c < 8; ++c)
      clients.emplace_back([&, c] {
        for (int i = 0; i < 100; ++i)
          accepted += jobs_->Submit(Shell("true"), c % 2 == 0 ? "ann" : "bob") ? 1 : 0;
      });
  }
  EXPECT_EQ(accepted, 800);
  EXPECT_EQ(records_->LastSequence().value(), before + 800);
  EXPECT_EQ(jobs_->List(1000)->size(), 800u);
}

}  // namespace
}  // namespace sinter
