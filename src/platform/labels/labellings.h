// All labellings of a server: made, worked on by several people at once, reviewed, committed.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/cancel.h"
#include "platform/hub/repositories.h"
#include "platform/labels/labelling_record.h"
#include "platform/labels/prelabeller.h"
#include "platform/records/records.h"

namespace sinter {

// Where prelabels come from: models, of whom this room knows nothing. Any thread.
class PrelabelSource {
 public:
  virtual ~PrelabelSource() = default;
  // Exactly which model a spec names now, a service's live one or a version: "me/fashion@2". Quick.
  // kNotFound.
  virtual Result<std::string> Resolve(const LabellingSpec& spec) = 0;
  // Whether it says labels of the spec's task, by what it is said to give. Quick. kUnsupported, naming both
  // tasks.
  virtual Status Check(const std::string& model, const LabellingSpec& spec) = 0;
  // kUnsupported as Check; kInvalidArgument where it knows none of the classes.
  virtual Result<std::unique_ptr<Prelabeller>> Open(const std::string& model, const LabellingSpec& spec) = 0;
};

struct CommitRequest {
  std::string message;
  std::string dataset;         // of the new version; empty: the one that was labelled
  bool only_labelled = false;  // rows without a label are left out
};

struct ItemMedia {
  std::string type;  // "image/png", "audio/wav"
  std::string bytes;
};

// Any thread. What Answer, Undo and Decide returned is durable. Several servers may share the records: each
// reads what the others wrote before it answers; only who has which item in hand is each one's own.
class Labellings {
 public:
  // All of them outlive it.
  Labellings(Records& records, BlobStore& store, Repositories& datasets, PrelabelSource& prelabels,
             const Clock& clock = Clock::Real())
      : records_(records), store_(store), datasets_(datasets), source_(prelabels), clock_(clock) {}
  ~Labellings() { Stop(); }
  // Goes on with the prelabels that were not made to the end.
  Status Start();
  void Stop();

  // kAlreadyExists; kNotFound (data set, service, model); kInvalidArgument as PlanLabelling; kUnsupported as
  // Check. Its dataset may name any version; prelabels are made from then on.
  Result<LabellingInfo> Create(std::string_view name, LabellingSpec spec, std::string_view who);
  // {"name","spec","state","revision","created_ms","created_by","status":{...}}
  Result<Json> Show(std::string_view name);
  // {"items":[{"name","dataset","task","items","done","in_review","labellers","state"}],"next"}
  Result<Json> List(std::string_view after, int limit);

  // {"items":[ITEM ...],"left"}: items for this labeller. ITEM: {"item","row","content","prelabel","mine"}.
  Result<Json> Next(std::string_view name, std::string_view labeller, size_t count);
  // {"item","gold","done","items"}. `who`: who is said to have written it.
  Result<Json> Answer(std::string_view name, int64_t item, std::string_view labeller, const Json& answer,
                      std::string_view who);
  // {"item":ITEM}. kConflict: nothing to take back.
  Result<Json> Undo(std::string_view name, std::string_view labeller, std::string_view who);
  // {"items":[ITEM with "answers" and "decision"],"next"}: from item `from` on; next -1 at the end.
  Result<Json> Review(std::string_view name, int64_t from, size_t limit);
  // {"value" or "skip","reason"}
  Result<Json> Decide(std::string_view name, int64_t item, const Json& decision, std::string_view who);
  Result<LabellingInfo> SetOpen(std::string_view name, bool open, std::string_view who);
  // With its answers; versions that were committed stay.
  Status Delete(std::string_view name, std::string_view who);
  // An item's picture as a PNG, its sound as a WAV. kUnsupported where it is neither.
  Result<ItemMedia> Media(std::string_view name, int64_t item);

  // A new version: final labels in the column, kSidecar of all answers beside it.
  Result<CommittedLabels> Commit(std::string_view name, const CommitRequest& request, std::string_view who);
  static constexpr std::string_view kSidecar = "labels.jsonl";

 private:
  struct Entry {
    std::shared_ptr<const DatasetVersion> version;
    size_t split = 0;
    LabelBoard board;
    int64_t created_ms = 0;  // of the labelling: another of its name is another
    int64_t prelabels = 0;   // that the board has been told
    int64_t used = 0;
  };
  Result<LabellingInfo> Get(std::string_view name);
  Result<LabellingInfo> GetOpen(std::string_view name);
  // The rest under mutex_. The board as the records have it now; valid while the mutex is held.
  Result<Entry*> Open(const LabellingInfo& info);
  Status RemoveUnder(std::string_view name, std::string_view who);
  Result<BoardCounts> CountsOf(const LabellingInfo& info);
  Result<Entry*> OpenItem(const LabellingInfo& info, int64_t item);
  Result<std::unique_ptr<Entry>> Load(const LabellingInfo& info);
  Status ReadLabels(const LabellingInfo& info, LabelBoard& board);
  Result<LabellingPlan> ReadPlan(const LabellingInfo& info);
  Status ReadNewPrelabels(const LabellingInfo& info, Entry& entry);
  Status CatchUp();
  Status Apply(const LabelRecordName& name, const Record& record, LabelBoard& board);
  // Made, or changed; the first judgement of a gold question stays.
  Status Write(const LabelRecordName& name, LabelAnswer answer, const LabelRules& rules,
               std::string_view who);

  Status MakePrelabels(const std::string& name);
  Result<std::vector<std::optional<Prelabel>>> Ask(Prelabeller& model, const DatasetVersion& version,
                                                   const LabellingPlan& plan, int64_t first, int64_t count);
  void Enqueue(std::string name);
  void WorkOff();

  Records& records_;
  BlobStore& store_;
  Repositories& datasets_;
  PrelabelSource& source_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries_;  // the last used, kMostBoards of them
  std::map<std::string, BoardCounts, std::less<>> counts_;  // of those that have not changed since
  int64_t seen_ = -1;                                       // sequence up to which labels were read
  int64_t uses_ = 0;

  std::mutex queue_mutex_;
  std::condition_variable queue_wakes_;
  std::deque<std::string> queue_;
  bool stopping_ = false;
  CancelSource cancel_;
  std::thread thread_;
};

}  // namespace sinter
