// Labelled examples that every candidate is asked about.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "platform/hub/repositories.h"
#include "platform/serving/gates.h"
#include "platform/serving/replica.h"
#include "platform/serving/rollout.h"

namespace sinter {

// One input of a model for all examples.
struct GoldenInput {
  Tensor all;        // [examples, ...]
  bool rows = true;  // the model takes [N, ...]; false: one example at a time, without that dimension
};

struct GoldenSet {
  std::string ref;  // exactly this version: "fashion@1"
  int64_t examples = 0;
  std::vector<GoldenInput> inputs;  // in the order of the model's
  // What is right, in the gate's order: classes, by their index in `classes`; or, where `width` is not 0,
  // that many numbers an example.
  std::vector<int64_t> labels;
  std::vector<std::string> classes;
  int64_t width = 0;
  std::vector<double> targets;
  ErrorKind error = ErrorKind::kAbsolute;
  // Examples first ... first + count - 1; of an input without rows only one at a time.
  Result<std::vector<Tensor>> Rows(int64_t first, int64_t count) const;
};

// Any thread.
class GoldenSource {
 public:
  virtual ~GoldenSource() = default;
  // The gate's sample, as `model` takes it: rows that say what is right, as classes or as numbers. Errors: a
  // data set that is not there, does not say what is right, or does not fit the model's inputs.
  virtual Result<std::shared_ptr<const GoldenSet>> Load(const GoldenGate& gate, const ModelInterface& model,
                                                        bool classifies) = 0;
  // Which version that is now: "fashion@3".
  virtual Result<std::string> Resolve(const GoldenGate& gate) { return gate.dataset; }
};

// The data sets of the hub. Both outlive it.
class HubGoldenSource final : public GoldenSource {
 public:
  HubGoldenSource(Repositories& datasets, BlobStore& store) : datasets_(datasets), store_(store) {}
  Result<std::shared_ptr<const GoldenSet>> Load(const GoldenGate& gate, const ModelInterface& model,
                                                bool classifies) override;
  Result<std::string> Resolve(const GoldenGate& gate) override;

 private:
  Repositories& datasets_;
  BlobStore& store_;
};

struct GoldenAnswer {
  int64_t index = -1;  // of the set's classes; -1: none of them
  bool finite = true;
  std::optional<double> error;  // of numbers: the mean over the set's width; empty: no output is so wide
};

// Asks a replica about the whole set, one small batch after another beside its traffic: requests wait for one
// such batch at most. kCancelled; errors of the replica.
Result<std::vector<GoldenAnswer>> AskGolden(Replica& replica, const GoldenSet& set,
                                            const CancelToken& cancel);

// What the set's requests and the replica's answers to them look like, asked as above.
Result<TrafficRows> GoldenTraffic(Replica& replica, const GoldenSet& set, const CancelToken& cancel);

// Both revisions on the set. What keeps it from being asked is in `unusable`, what is wrong with the
// candidate's answers in the counts.
GoldenResult CompareOnGolden(GoldenSource& source, const GoldenGate& gate, Replica& live, Replica& candidate,
                             const CancelToken& cancel);

}  // namespace sinter
