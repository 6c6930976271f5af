#include "platform/jobs/job.h"

#include <gtest/gtest.h>

#include "platform/jobs/job_queue.h"
#include "platform/jobs/launch.h"

namespace sinter {
namespace {

JobSpec Plain() {
  JobSpec spec;
  spec.owner = "ann";
  spec.command = {"echo", "a b", "\"quoted\""};
  return spec;
}

JobInfo Running() {
  JobInfo job;
  job.id = "j1";
  job.spec = Plain();
  job.state = JobState::kRunning;
  job.keeper = {42, 4711, "boot"};
  job.attempts = {{.number = 1, .started_ms = 1000}};
  return job;
}

TEST(Job, IsReadAsItWasWritten) {
  JobInfo job = Running();
  job.spec.environment = {{"A", "1"}, {"B", "x=y"}};
  job.spec.launcher = JobLauncher::kMpirun;
  job.spec.ranks = 3;
  job.spec.after = {"j0"};
  job.spec.preemptible = true;
  job.reason = "why";
  job.stop = StopCause::kPreempt;
  job.attempts.push_back({2, 5, 9, 3, 0, StopCause::kTimeLimit, true, "lost"});
  Record record;
  record.name = job.id;
  record.spec = JobSpecText(job.spec);
  record.status = JobStatusText(job);
  const auto read = ReadJob(record);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(JobSpecText(read->spec), record.spec);
  EXPECT_EQ(JobStatusText(*read), record.status);
  EXPECT_EQ(read->spec.command, job.spec.command);
  EXPECT_EQ(read->spec.environment, job.spec.environment);
  EXPECT_EQ(read->keeper, job.keeper);
  EXPECT_EQ(read->attempts, job.attempts);
}

TEST(Job, KeepsTheLastAttempts) {
  JobInfo job = Running();
  for (int64_t i = 2; i <= 30; ++i) job.attempts.push_back({.number = i, .started_ms = i});
  Record record;
  record.name = "j1";
  record.spec = JobSpecText(job.spec);
  record.status = JobStatusText(job);
  EXPECT_EQ(ReadJob(record)->attempts.size(), kKeptAttempts);
  EXPECT_EQ(ReadJob(record)->attempt(), 30);
}

TEST(Job, WrongSpecsAreToldWhatIsWrong) {
  const auto fault = [](auto&& change) {
    JobSpec spec = Plain();
    change(spec);
    const Status checked = CheckJobSpec(spec);
    return checked ? std::string() : checked.error().message;
  };
  EXPECT_EQ(fault([](JobSpec&) {}), "");
  EXPECT_EQ(fault([](JobSpec& s) { s.command.clear(); }), "command is empty");
  EXPECT_EQ(fault([](JobSpec& s) { s.command[1] = std::string("a\0b", 3); }),
            "command holds a NUL character");
  EXPECT_EQ(fault([](JobSpec& s) { s.environment = {{"A=B", "1"}}; }), "environment: 'A=B' is no variable");
  EXPECT_EQ(fault([](JobSpec& s) { s.ranks = 0; }), "ranks is 0; it must be in 1..4096");
  EXPECT_EQ(fault([](JobSpec& s) { s.ranks = 2; }), "the launcher 'local' starts one rank");
  EXPECT_EQ(fault([](JobSpec& s) { s.priority = 101; }), "priority is 101; it must be in -100..100");
  EXPECT_EQ(fault([](JobSpec& s) { s.command.emplace_back(300'000, 'x'); }),
            "command and environment have 300019 bytes; at most 262144 may be");
  EXPECT_NE(fault([](JobSpec& s) { s.owner = ""; }), "");
  EXPECT_EQ(ParseJobSpec(R"({"command":["a"],"launcher":"ssh"})", "job").error().message,
            "job: field 'launcher' is 'ssh'; it may be local, mpirun");
  EXPECT_EQ(ParseJobSpec(R"({"command":["a"],"cpu":2})", "job").error().code, ErrorCode::kInvalidArgument);
}

AttemptReport Ended(int64_t code, int64_t signal = 0) {
  AttemptReport report{AttemptReport::Kind::kEnded, {}, {}};
  report.exit.code = code;
  report.exit.signal = signal;
  report.exit.ended_ms = 2000;
  return report;
}

struct Case {
  std::string what;
  JobState state;
  StopCause stop;
  int64_t failures, retries;
  AttemptReport report;
  JobState then;
  std::string reason;
  int64_t not_before_ms;
};

TEST(AfterAttempt, States) {
  const AttemptReport lost{AttemptReport::Kind::kLost, {}, {}};
  AttemptReport greedy = Ended(0, 9), absent = Ended(0);
  greedy.exit.out_of_memory = true;
  absent.exit.problem = "no bubblewrap";
  using S = JobState;
  using C = StopCause;
  const Case cases[] = {
      {"done", S::kRunning, C::kNone, 0, 0, Ended(0), S::kSucceeded, "", 0},
      {"failed", S::kRunning, C::kNone, 0, 0, Ended(3), S::kFailed, "exit code 3", 0},
      {"failed, may try again", S::kRunning, C::kNone, 0, 2, Ended(3), S::kQueued, "exit code 3", 11'000},
      {"failed again", S::kRunning, C::kNone, 1, 2, Ended(0, 11), S::kQueued, "killed by signal 11", 12'000},
      {"failed too often", S::kRunning, C::kNone, 2, 2, Ended(3), S::kFailed, "exit code 3", 0},
      {"out of memory", S::kRunning, C::kNone, 0, 0, greedy, S::kFailed, "it took more memory than it may",
       0},
      {"could not start", S::kStarting, C::kNone, 0, 0, absent, S::kFailed, "no bubblewrap", 0},
      {"cancelled", S::kStopping, C::kCancel, 0, 5, Ended(0, 15), S::kCancelled, "cancelled", 0},
      {"cancelled as it was done", S::kStopping, C::kCancel, 0, 5, Ended(0), S::kCancelled, "cancelled", 0},
      {"made room", S::kStopping, C::kPreempt, 0, 0, Ended(0, 15), S::kQueued, "made room for another job",
       0},
      {"was done before it made room", S::kStopping, C::kPreempt, 0, 0, Ended(0), S::kSucceeded, "", 0},
      {"over its time", S::kStopping, C::kTimeLimit, 0, 5, Ended(0, 9), S::kFailed, "stopped after its 0 s",
       0},
      {"lost", S::kRunning, C::kNone, 0, 0, lost, S::kQueued,
       "its keeper was killed, or the machine went down", 0},
      {"lost while it was cancelled", S::kStopping, C::kCancel, 0, 0, lost, S::kCancelled, "cancelled", 0},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    JobInfo job = Running();
    job.state = c.state;
    job.stop = c.stop;
    job.failures = c.failures;
    job.spec.retries = c.retries;
    const JobInfo after = AfterAttempt(job, c.report, 10'000);
    EXPECT_EQ(after.state, c.then);
    EXPECT_EQ(after.reason, c.reason);
    EXPECT_EQ(after.not_before_ms, c.not_before_ms);
    EXPECT_EQ(after.stop, StopCause::kNone);
    EXPECT_EQ(after.keeper, ProcessIdentity{});
    EXPECT_NE(after.attempts.back().ended_ms, 0);
  }
}

TEST(AfterAttempt, LostThreeTimesIsFailed) {
  JobInfo job = Running();
  const AttemptReport lost{AttemptReport::Kind::kLost, {}, {}};
  for (int i = 1; i <= 3; ++i) {
    job = AfterAttempt(job, lost, 10'000);
    EXPECT_EQ(job.state, i < 3 ? JobState::kQueued : JobState::kFailed);
    job.state = i < 3 ? JobState::kRunning : job.state;
    if (i < 3) job.attempts.push_back({.number = i + 1, .started_ms = 1});
  }
}

TEST(AfterAttempt, AWishToCancelThatCameLateHolds) {
  JobInfo job = Running();
  job.stop = StopCause::kCancel;  // asked for, and not acted on yet
  job.spec.retries = 1;
  const JobInfo after = AfterAttempt(job, Ended(3), 10'000);
  EXPECT_EQ(after.state, JobState::kQueued);
  EXPECT_EQ(after.stop, StopCause::kCancel);
}

TEST(JobBackOff, DoublesUpToFiveMinutes) {
  EXPECT_EQ(JobBackOffMs(1), 1000);
  EXPECT_EQ(JobBackOffMs(2), 2000);
  EXPECT_EQ(JobBackOffMs(9), 256'000);
  EXPECT_EQ(JobBackOffMs(10), 300'000);
  EXPECT_EQ(JobBackOffMs(1'000'000), 300'000);
}

TEST(JobLaunchFile, IsReadAsItWasWritten) {
  JobInfo job = Running();
  job.spec.launcher = JobLauncher::kMpirun;
  job.spec.ranks = 2;
  job.spec.environment = {{"A", "1"}};
  JobLaunch launch = MakeJobLaunch(job, "/somewhere/work");
  launch.readable = {"/opt/x"};
  const auto read = ParseJobLaunch(JobLaunchText(launch));
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(JobLaunchText(*read), JobLaunchText(launch));
  EXPECT_EQ(read->command.front(), "mpirun");
  EXPECT_EQ(read->command.back(), "\"quoted\"");
  EXPECT_EQ(read->name, "j1.1");
  EXPECT_EQ(ParseJobLaunch("{}").error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace sinter
