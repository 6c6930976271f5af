// Training runs: created, tried, fed with checkpoints, finished.
#pragma once

#include "base/clock.h"
#include "platform/hub/manifest.h"
#include "platform/hub/tokens.h"
#include "platform/records/record_index.h"
#include "platform/runs/run_head.h"

namespace sinter {

struct NewRun {
  std::string name;  // the beginning of its id; letters, digits, '-', '_' and '.'
  std::string recipe;
  std::string dataset;
  Sha256Digest dataset_version;
  int64_t ranks = 1;  // 1 to 4,096
  CodeVersion code = {};
  std::string id = {};     // all of it (kAlreadyExists where it is taken); empty: the name and random letters
  std::string sweep = {};  // that it is a trial of
};

// A run that a client trains by itself, and logs here.
struct NewOutsideRun {
  std::string experiment = "0";
  std::string name, user;
  int64_t start_ms = 0;
};

struct StartedAttempt {
  RunInfo run;
  std::string token;  // of this attempt alone
  std::optional<RunCheckpoint> resume_from;
};

// Whoever feeds a run names the attempt that it is. Once a later attempt has started, the earlier one's
// reports are refused (kConflict): a rank that was thought dead and comes back can write nothing. Any thread.
class Runs {
 public:
  Runs(Records& records, BlobStore& store, const Clock& clock = Clock::Real())
      : records_(records),
        store_(store),
        clock_(clock),
        index_(records, "run", [](const Record& record) -> Result<RunHead> {
          TRY(const RunInfo run, ReadRun(record));
          return HeadOfRun(run);
        }) {}

  Result<RunInfo> Create(const NewRun& run, std::string_view who);
  // It runs from now on, without attempts. Its id is 32 hexadecimal digits.
  Result<RunInfo> CreateOutside(const NewOutsideRun& run, std::string_view who);
  Result<RunInfo> Get(std::string_view id);
  Result<std::vector<RunInfo>> List(size_t limit = 100);  // newest first, without those that are put away

  // Of every run, those that are put away too.
  RecordIndex<RunHead>& index() { return index_; }

  // The next attempt, with a token; the one before, if it still runs, is over, and its token is revoked. A
  // run that succeeded or was cancelled is not tried again (kConflict).
  Result<StartedAttempt> StartAttempt(std::string_view id, std::string_view who);
  // kConflict where the attempt is not the current one, or the run is done.
  Status CheckAttempt(std::string_view id, int64_t attempt);
  // `cpu_seconds`: that the attempt has taken so far, in all.
  Result<RunInfo> ReportProgress(std::string_view id, int64_t attempt, int64_t step, int64_t steps,
                                 double cpu_seconds = 0);
  // Its files must be in the store. One of the same step replaces the earlier one.
  Result<RunCheckpoint> AddCheckpoint(std::string_view id, int64_t attempt, int64_t step,
                                      const Manifest& manifest);
  // `model` names the version that the run made, if any. The same report again is accepted.
  Result<RunInfo> Finish(std::string_view id, int64_t attempt, RunState outcome, std::string_view message,
                         std::string_view model);
  // From outside, whatever attempt runs.
  Result<RunInfo> Cancel(std::string_view id, std::string_view who);

  // Reads, lets `change` work on the copy, compares and swaps. What never changes must not.
  Result<RunInfo> Change(std::string_view id, std::string_view who,
                         const std::function<Status(RunInfo&)>& change);

 private:
  Status RevokeToken(std::string_view id, int64_t attempt, std::string_view who);
  Records& records_;
  BlobStore& store_;
  const Clock& clock_;
  RecordIndex<RunHead> index_;
};

}  // namespace sinter
