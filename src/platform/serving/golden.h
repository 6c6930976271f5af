// Labelled examples that every candidate is asked about.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "platform/hub/repositories.h"
#include "platform/serving/gates.h"
#include "platform/serving/replica.h"
#include "platform/serving/rollout.h"

namespace sinter {

struct GoldenSet {
  std::string ref;             // exactly this version: "fashion@1"
  std::vector<Tensor> inputs;  // of each example, in the gate's order: one tensor of one row, or without rows
  std::vector<int64_t> labels;  // an index into `classes`
  std::vector<std::string> classes;
};

// Any thread.
class GoldenSource {
 public:
  virtual ~GoldenSource() = default;
  // The gate's sample, as `model` takes it. Errors: a data set that is not there, has no classes, or does not
  // fit the model's only input.
  virtual Result<std::shared_ptr<const GoldenSet>> Load(const GoldenGate& gate,
                                                        const ModelInterface& model) = 0;
};

// The data sets of the hub. Both outlive it.
class HubGoldenSource final : public GoldenSource {
 public:
  HubGoldenSource(Repositories& datasets, BlobStore& store) : datasets_(datasets), store_(store) {}
  Result<std::shared_ptr<const GoldenSet>> Load(const GoldenGate& gate, const ModelInterface& model) override;

 private:
  Repositories& datasets_;
  BlobStore& store_;
};

struct GoldenAnswer {
  int64_t index = -1;     // of the set's classes; -1: none of them
  int64_t of_model = -1;  // of the model's own
  double confidence = 0;
  bool finite = true;
};

// Asks a replica about the whole set, one small batch after another beside its traffic: requests wait for one
// such batch at most. kCancelled; errors of the replica.
Result<std::vector<GoldenAnswer>> AskGolden(Replica& replica, const GoldenSet& set,
                                            const CancelToken& cancel);

// Both revisions on the set. What keeps it from being asked is in `unusable`, what is wrong with the
// candidate's answers in the counts.
GoldenResult CompareOnGolden(GoldenSource& source, const GoldenGate& gate, Replica& live, Replica& candidate,
                             const CancelToken& cancel);

}  // namespace sinter
