// The queue of a server: jobs are accepted durably, started in turn, kept an eye on, and found again after a
// restart.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "base/clock.h"
#include "platform/jobs/job_queue.h"
#include "platform/jobs/launcher.h"
#include "platform/jobs/usage_log.h"
#include "platform/records/records.h"

namespace sinter {

struct JobsOptions {
  Path folder;       // the attempts' folders: FOLDER/ID/N
  std::string home;  // whose jobs these are: those of other servers on the same records are theirs
  JobCapacity capacity;
  // Called before an attempt starts, on the queue's thread: adds what the command needs to speak with the
  // server (a token of this attempt alone), or says why it cannot start.
  std::function<Status(const JobInfo&, JobLaunch&)> prepare;
  // Called after an attempt ended or was lost, before its successor: ends what `prepare` began.
  std::function<void(const JobInfo&, const JobAttempt&)> conclude;
  // Lines for whoever runs the server; on any thread.
  std::function<void(std::string_view)> say;
};

struct JobLog {
  std::string text;
  uint64_t next = 0;   // where to go on
  bool ended = false;  // nothing will be added
};

// Any thread. What it is given outlives it.
class Jobs {
 public:
  Jobs(Records& records, Launcher& launcher, JobsOptions options, const Clock& clock = Clock::Real());
  ~Jobs();  // Stop()
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // Reads the records. From here on jobs are accepted, and none is started.
  Status Open();
  // Takes up attempts that went on without a server, concludes those that ended meanwhile, gives up those
  // that never began (JobsOptions::say tells which), and from here on starts what has its turn.
  Status Start();
  // Starts nothing more. Attempts go on, and are found again.
  void Stop();

  // Returns once the job survives a crash. Errors: CheckJobSpec's; kNotFound for a job in `after`;
  // kInvalidArgument for more than the machine has.
  // With an id of NewId's that was written down before, it is made once (kAlreadyExists).
  Result<JobInfo> Submit(const JobSpec& spec, std::string_view who, std::string id = {});
  std::string NewId() const;
  Result<JobInfo> Get(std::string_view id);
  Result<std::vector<JobInfo>> List(size_t limit = 100);  // newest first
  // kConflict: of one that is over, or of another server.
  Result<JobInfo> Cancel(std::string_view id, std::string_view who);
  // Of an attempt (0: the last), from a place on, at most `most` bytes.
  Result<JobLog> Log(std::string_view id, int64_t attempt, uint64_t from, size_t most = 64 << 10);
  // What an attempt (0: the last) took of the machine, oldest first, thinned to at most `most` samples.
  Result<std::vector<AttemptUsage>> Usage(std::string_view id, int64_t attempt, size_t most = 1000);
  // What an owner may have at a time; a record of its own.
  Status SetQuota(std::string_view owner, const JobQuota& quota, std::string_view who);
  std::map<std::string, JobQuota, std::less<>> Quotas() const;
  // Waits until the job is over, or until `patience` is; what it is then.
  Result<JobInfo> WaitFor(std::string_view id, std::chrono::milliseconds patience);
  std::string Isolation() { return launcher_.Isolation(); }
  const JobCapacity& capacity() const { return options_.capacity; }

 private:
  template <class... Parts>
  void Say(fmt::format_string<Parts...> format, Parts&&... parts) const;
  void Loop(const std::stop_token& stop);
  void TakeNews();
  void LookAfter(const std::string& id);
  void LookAfterAll();
  void Unwatch(const std::string& id);
  int64_t Act();  // when to look again, in Unix time; 0: when something happens
  void StartAttempt(const std::string& id);
  void AskToEnd(const std::string& id, StopCause cause, const std::string& reason);
  void Finish(const std::string& id, JobState state, const std::string& reason);
  Status LoadQuotas();
  void Recover(const std::string& id);
  void Conclude(const std::string& id, const AttemptReport& report);
  bool Write(const std::string& id, std::string_view who, const std::function<void(JobInfo&)>& change);
  Status CheckOwn(const JobInfo& job) const;
  Result<int64_t> FindAttempt(const JobInfo& job, int64_t attempt) const;
  JobInfo WithReason(JobInfo job);
  Path FolderOf(const JobInfo& job, int64_t attempt) const;
  Path WorkOf(const JobInfo& job) const;
  void Nudge();
  void Wait(int64_t until_ms);

  Records& records_;
  Launcher& launcher_;
  const JobsOptions options_;
  const Clock& clock_;
  JobQueue queue_;  // of the loop alone, once it runs
  std::map<std::string, int> watches_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> news_;                  // jobs that others changed
  std::map<std::string, std::string> reasons_;  // why those that wait do
  std::vector<std::string> ids_;                // of all jobs, in the order in which they came
  std::map<std::string, JobQuota, std::less<>> quotas_;
  int wake_fd_ = -1;
  std::jthread loop_;
};

}  // namespace sinter
