#include "platform/serving/golden.h"

#include <algorithm>
#include <cstring>
#include <future>
#include <thread>

#include <fmt/format.h>

#include "base/random.h"
#include "platform/data/dataset_version.h"

namespace sinter {
namespace {

constexpr uint64_t kSampleStream = 0x676f6c64;
constexpr int64_t kRowsAtOnce = 8;

// Of the set's classes, which one each of the model's is; by name, or by place where the names have nothing
// to do with each other.
Result<std::vector<int64_t>> ClassesOf(const AnswerReader& model, const GoldenSet& set) {
  std::vector<int64_t> map;
  size_t known = 0;
  for (const std::string& name : model.classes) {
    const auto at = std::ranges::find(set.classes, name);
    map.push_back(at == set.classes.end() ? -1 : at - set.classes.begin());
    known += at != set.classes.end();
  }
  if (known > 0) return map;
  if (model.classes.size() != set.classes.size()) {
    return InvalidArgument(fmt::format("data set {} has {} classes, the model {}, and no name is the same",
                                       set.ref, set.classes.size(), model.classes.size()));
  }
  for (size_t i = 0; i < map.size(); ++i) map[i] = static_cast<int64_t>(i);
  return map;
}

// Rows first..first+rows-1 as one input.
Result<Tensor> Together(const GoldenSet& set, size_t first, size_t rows) {
  if (rows == 1) return set.inputs[first];
  Dims dims = set.inputs[first].dims();
  dims[0] = static_cast<int64_t>(rows);
  TRY(Tensor all, Tensor::Create(set.inputs[first].dtype(), std::move(dims)));
  const size_t bytes = set.inputs[first].bytes();
  for (size_t i = 0; i < rows; ++i)
    std::memcpy(all.mutable_raw() + i * bytes, set.inputs[first + i].raw(), bytes);
  return all;
}

Result<std::vector<GoldenAnswer>> AskRows(Replica& replica, const GoldenSet& set, size_t first, size_t rows,
                                          const CancelToken& cancel) {
  const AnswerReader& reader = replica.info().answers;
  TRY(Tensor input, Together(set, first, rows));
  std::promise<Result<std::vector<GoldenAnswer>>> promise;
  BatchJob job;
  job.inputs = {std::move(input)};
  job.rows = static_cast<int64_t>(rows);
  job.cancel = cancel;
  job.aside = true;
  job.done = [&](Result<BatchAnswer> answer) {
    if (!answer) return promise.set_value(std::move(answer).error());
    std::vector<GoldenAnswer> answers;
    const bool finite = std::ranges::all_of(answer->outputs, AllFinite);
    for (size_t i = 0; i < rows; ++i) {
      const ClassAnswer got =
          reader.Read(answer->outputs, static_cast<int64_t>(i), static_cast<int64_t>(rows));
      answers.push_back({got.index, got.index, got.confidence, finite});
    }
    promise.set_value(std::move(answers));
  };
  // A full queue is clients' traffic, which goes first.
  while (true) {
    Status taken = replica.Submit(job);
    if (taken) break;
    if (taken.error().code != ErrorCode::kResourceExhausted) return std::move(taken).error();
    if (cancel.Cancelled()) return Error{ErrorCode::kCancelled, "the rollout was stopped", ""};
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return promise.get_future().get();
}

}  // namespace

Result<std::shared_ptr<const GoldenSet>> HubGoldenSource::Load(const GoldenGate& gate,
                                                               const ModelInterface& model) {
  TRY(const RepositoryVersion found, datasets_.Find(gate.dataset));
  TRY(const auto version, DatasetVersion::Open(store_, found.id));
  TRY(const size_t split, version->SplitIndex(gate.split));
  TRY(const size_t feature, version->FeatureColumn());
  TRY(const size_t label, version->LabelColumn());
  const DatasetColumn& column = version->info().columns[feature];
  if (model.inputs.size() != 1) {
    return Unsupported(fmt::format("the model takes {} inputs; a golden set has one column for one input",
                                   model.inputs.size()));
  }
  auto set = std::make_shared<GoldenSet>();
  set->ref = found.Ref();
  set->classes = version->info().columns[label].classes;
  Dims dims = column.shape;
  if (model.inputs[0].shape.size() == column.shape.size() + 1) dims.insert(dims.begin(), 1);
  std::vector<int64_t> rows =
      RandomPermutation(static_cast<uint64_t>(gate.seed), kSampleStream, version->Rows(split));
  rows.resize(std::min(rows.size(), static_cast<size_t>(gate.samples)));
  std::ranges::sort(rows);
  for (const int64_t row : rows) {
    const auto bytes = version->Row(split, feature, row);
    TRY(Tensor tensor, Tensor::Create(column.dtype, dims));
    if (tensor.bytes() != bytes.size()) return Internal("a row is of another size than its column says");
    std::memcpy(tensor.mutable_raw(), bytes.data(), bytes.size());
    set->inputs.push_back(std::move(tensor));
    set->labels.push_back(version->Class(split, label, row));
  }
  if (set->inputs.empty()) return InvalidArgument(fmt::format("split '{}' has no rows", gate.split));
  if (auto fits = model.Check(std::span(set->inputs.data(), 1)); !fits)
    return std::move(fits).error().In(fmt::format("column '{}'", column.name));
  return set;
}

Result<std::vector<GoldenAnswer>> AskGolden(Replica& replica, const GoldenSet& set,
                                            const CancelToken& cancel) {
  const RevisionInfo& info = replica.info();
  if (!info.answers.classifies()) {
    return Unsupported(fmt::format("model {} names no classes: a golden set needs a classifier", info.model),
                       "its signature.json has no classes");
  }
  TRY(const auto classes, ClassesOf(info.answers, set));
  const auto most = static_cast<size_t>(
      info.interface.rows_first ? std::clamp<int64_t>(info.limits.max_rows, 1, kRowsAtOnce) : 1);
  std::vector<GoldenAnswer> answers;
  for (size_t first = 0; first < set.inputs.size(); first += most) {
    if (cancel.Cancelled()) return Error{ErrorCode::kCancelled, "the rollout was stopped", ""};
    const size_t rows = std::min(most, set.inputs.size() - first);
    TRY(auto some, AskRows(replica, set, first, rows, cancel));
    for (GoldenAnswer& answer : some) {
      if (answer.index >= 0) answer.index = classes[static_cast<size_t>(answer.index)];
      answers.push_back(answer);
    }
  }
  return answers;
}

GoldenResult CompareOnGolden(GoldenSource& source, const GoldenGate& gate, Replica& live, Replica& candidate,
                             const CancelToken& cancel) {
  GoldenResult result;
  const auto unusable = [&](Error error) {
    result.unusable = std::move(error);
    return std::move(result);
  };
  auto set = source.Load(gate, live.info().interface);
  if (!set) return unusable(std::move(set).error());
  result.dataset = (*set)->ref;
  auto before = AskGolden(live, **set, cancel);
  if (!before) return unusable(std::move(before).error());
  auto after = AskGolden(candidate, **set, cancel);
  if (!after && after.error().code == ErrorCode::kCancelled) return unusable(std::move(after).error());
  // Where the live revision can answer and the candidate cannot, that is what there is to know of it.
  if (!after) after = std::vector<GoldenAnswer>(before->size());
  for (size_t i = 0; i < before->size(); ++i) {
    const int64_t label = (*set)->labels[i];
    result.outcomes.Add((*before)[i].index == label, (*after)[i].index == label);
    result.candidate_not_finite += !(*after)[i].finite;
    result.candidate_bad += (*after)[i].finite && (*after)[i].index < 0;
  }
  return result;
}

}  // namespace sinter
