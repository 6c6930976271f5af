// A revision that is on trial beside the live one: copies of live requests to compare with, a share of them
// to answer.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "platform/serving/replica.h"
#include "platform/serving/rollout_record.h"

namespace sinter {

// Any thread. Bounded: 16 copies under way, 16 examples. The replica is closed before this goes.
class Candidate : public std::enable_shared_from_this<Candidate> {
 public:
  // Errors: kInvalidArgument where the candidate breaks clients of `live` (CheckCompatible says how).
  static Result<std::shared_ptr<Candidate>> Make(std::shared_ptr<Replica> replica,
                                                 std::shared_ptr<const RevisionInfo> live);
  Replica& replica() const { return *replica_; }
  const std::shared_ptr<Replica>& shared_replica() const { return replica_; }

  // The live revision's inputs in the order of the candidate's.
  std::vector<Tensor> Inputs(std::span<const Tensor> live) const;
  // Asks the candidate what the live revision answered just now, and compares. Never waits: where 16 are
  // under way, or its queue is full, the copy is dropped and counted.
  void Compare(const BatchJob& job, const BatchAnswer& live);
  // Looks at an answer that the candidate gave to a client.
  void Check(const BatchJob& job, const BatchAnswer& answer);

  // Somebody knows the class of a request: true where it was a disagreement that is remembered, for the
  // first time.
  bool Label(std::string_view id, int64_t label);
  ShadowCounts counts() const;
  std::vector<Disagreement> examples() const;

 private:
  struct LiveAnswer;
  Candidate() = default;
  void Judge(const LiveAnswer& live, const BatchAnswer& answer);
  void Note(const LiveAnswer& live, const BatchAnswer& answer, int64_t live_class, int64_t candidate_class);

  std::shared_ptr<Replica> replica_;
  std::shared_ptr<const RevisionInfo> live_;
  std::vector<size_t> inputs_;   // of the candidate's input i: which one of the live revision's
  std::vector<size_t> outputs_;  // of the live revision's output i: which one of the candidate's
  std::atomic<int> under_way_{0};
  std::atomic<int64_t> dropped_{0};
  mutable std::mutex mutex_;
  ShadowCounts counts_;
  std::vector<Disagreement> examples_;
  // Disagreements by the request's id, so that a label that comes later finds them: the last 4,096.
  std::vector<Disagreement> remembered_;
  size_t next_ = 0;
};

}  // namespace sinter
