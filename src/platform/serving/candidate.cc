#include "platform/serving/candidate.h"

#include <algorithm>
#include <cmath>

namespace sinter {
namespace {

constexpr int kUnderWay = 16;
constexpr size_t kExamples = 16;
constexpr size_t kRemembered = 4096;
constexpr int64_t kShownNumbers = 16;
constexpr double kNumbersDisagree = 0.05;

std::vector<double> FirstNumbers(const Tensor& tensor) {
  std::vector<double> numbers;
  if (tensor.dtype() == DType::kString) return numbers;
  for (int64_t i = 0; i < std::min(kShownNumbers, tensor.elements()); ++i) {
    const double number = tensor.AsDouble(i);
    numbers.push_back(std::isfinite(number) ? number : 0);
  }
  return numbers;
}

// Classes by their indexes in `from`, as indexes in `to`; -1: it has none of that name.
Tensor Renumbered(const Tensor& indexes, std::span<const std::string> from, std::span<const std::string> to) {
  if (indexes.dtype() != DType::kI64) return indexes;
  auto renumbered = indexes.Clone();
  if (!renumbered) return indexes;
  for (int64_t& index : renumbered->mutable_data<int64_t>()) {
    const bool known = index >= 0 && index < static_cast<int64_t>(from.size());
    const auto at = known ? std::ranges::find(to, from[static_cast<size_t>(index)]) : to.end();
    index = at == to.end() ? -1 : at - to.begin();
  }
  return *std::move(renumbered);
}

}  // namespace

// What the live revision said, kept while the candidate thinks.
struct Candidate::LiveAnswer {
  std::string id;
  int64_t rows = 1;
  std::vector<Tensor> outputs;
};

Result<std::shared_ptr<Candidate>> Candidate::Make(std::shared_ptr<Replica> replica,
                                                   std::shared_ptr<const RevisionInfo> live) {
  const ModelInterface &before = live->interface, &after = replica->info().interface;
  TRY_STATUS(CheckCompatible(before, after));
  std::shared_ptr<Candidate> candidate(new Candidate());
  for (const TensorSpec& input : after.inputs)
    candidate->inputs_.push_back(static_cast<size_t>(before.FindInput(input.name)));
  for (const TensorSpec& output : before.outputs)
    candidate->outputs_.push_back(static_cast<size_t>(after.FindOutput(output.name)));
  candidate->replica_ = std::move(replica);
  candidate->live_ = std::move(live);
  return candidate;
}

std::vector<Tensor> Candidate::Inputs(std::span<const Tensor> live) const {
  std::vector<Tensor> inputs;
  inputs.reserve(inputs_.size());
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const std::vector<std::string>&from = live_->interface.inputs[inputs_[i]].categories,
          &to = replica_->info().interface.inputs[i].categories;
    inputs.push_back(from == to ? live[inputs_[i]] : Renumbered(live[inputs_[i]], from, to));
  }
  return inputs;
}

void Candidate::Compare(const BatchJob& job, const BatchAnswer& live) {
  if (under_way_.fetch_add(1) >= kUnderWay) {
    under_way_.fetch_sub(1);
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  auto said = std::make_unique<LiveAnswer>();
  said->id = job.id;
  said->rows = job.rows;
  Status copied;
  for (const Tensor& output : live.outputs) {
    auto clone = output.Clone();
    if (!clone) {
      copied = std::move(clone).error();
      break;
    }
    said->outputs.push_back(*std::move(clone));
  }
  BatchJob copy;
  copy.inputs = Inputs(job.inputs);
  copy.rows = job.rows;
  copy.aside = true;
  copy.done = [self = shared_from_this(), said = std::move(said)](Result<BatchAnswer> answer) {
    if (answer) {
      self->Judge(*said, *answer);
    } else if (answer.error().code != ErrorCode::kCancelled) {
      std::lock_guard lock(self->mutex_);
      ++self->counts_.failed;
    }
    self->under_way_.fetch_sub(1);
  };
  if (copied && replica_->Submit(copy)) return;
  under_way_.fetch_sub(1);
  dropped_.fetch_add(1, std::memory_order_relaxed);
}

void Candidate::Judge(const LiveAnswer& live, const BatchAnswer& answer) {
  const AnswerReader &live_reader = live_->answers, &reader = replica_->info().answers;
  bool finite = true, shape = answer.outputs.size() == replica_->info().interface.outputs.size();
  double difference = 0;
  for (size_t i = 0; shape && i < live.outputs.size(); ++i) {
    const Tensor &before = live.outputs[i], &after = answer.outputs[outputs_[i]];
    shape = before.dtype() == after.dtype() && before.dims() == after.dims();
    finite = finite && (AllFinite(after) || !AllFinite(before));
    if (shape && finite) difference = std::max(difference, RelativeDifference(before, after));
  }
  if (!std::isfinite(difference)) difference = 0;
  const bool classes = shape && finite && live_reader.classifies() && reader.classifies();
  std::lock_guard lock(mutex_);
  ++counts_.compared;
  counts_.not_finite += !finite;
  counts_.bad_shape += !shape;
  counts_.largest_difference = std::max(counts_.largest_difference, difference);
  if (!shape || !finite) return Note(live, answer, -1, -1);
  if (!classes) {
    counts_.disagreed += difference > kNumbersDisagree;
    if (difference > kNumbersDisagree) Note(live, answer, -1, -1);
    return;
  }
  bool bad_class = false, disagreed = false;
  for (int64_t row = 0; row < live.rows; ++row) {
    const int64_t before = live_reader.Read(live.outputs, row, live.rows).index;
    const int64_t after = reader.Read(answer.outputs, row, live.rows).index;
    bad_class = bad_class || (after < 0 && before >= 0);
    if (before != after && !disagreed) Note(live, answer, before, after);
    disagreed = disagreed || before != after;
  }
  counts_.bad_class += bad_class;
  counts_.disagreed += disagreed;
}

// Under the mutex.
void Candidate::Note(const LiveAnswer& live, const BatchAnswer& answer, int64_t live_class,
                     int64_t candidate_class) {
  if (examples_.size() >= kExamples && live.id.empty()) return;
  const int output = live_->answers.classifies() ? live_->answers.output : 0;
  const auto at = static_cast<size_t>(output);
  Disagreement note{live.id, live_class, candidate_class, -1, {}, {}};
  if (at < live.outputs.size()) {
    note.live = FirstNumbers(live.outputs[at]);
    if (outputs_[at] < answer.outputs.size()) note.candidate = FirstNumbers(answer.outputs[outputs_[at]]);
  }
  if (examples_.size() < kExamples) examples_.push_back(note);
  // Only single rows can be labelled: a label is of a request.
  if (live.id.empty() || live.rows != 1 || live_class < 0) return;
  if (remembered_.size() < kRemembered) {
    remembered_.push_back(std::move(note));
  } else {
    remembered_[next_] = std::move(note);
    next_ = (next_ + 1) % kRemembered;
  }
}

void Candidate::Check(const BatchJob& job, const BatchAnswer& answer) {
  const bool finite = std::ranges::all_of(answer.outputs, AllFinite);
  const AnswerReader& reader = replica_->info().answers;
  bool bad_class = false;
  for (int64_t row = 0; finite && reader.classifies() && row < job.rows; ++row)
    bad_class = bad_class || reader.Read(answer.outputs, row, job.rows).index < 0;
  if (finite && !bad_class) return;
  std::lock_guard lock(mutex_);
  counts_.not_finite += !finite;
  counts_.bad_class += bad_class;
}

bool Candidate::Label(std::string_view id, int64_t label) {
  std::lock_guard lock(mutex_);
  const auto found =
      std::ranges::find_if(remembered_, [&](const Disagreement& d) { return d.id == id && d.label < 0; });
  if (found == remembered_.end()) return false;
  found->label = label;
  counts_.labelled.Add(found->live_class == label, found->candidate_class == label);
  for (Disagreement& example : examples_) {
    if (example.id == id) example.label = label;
  }
  return true;
}

ShadowCounts Candidate::counts() const {
  std::lock_guard lock(mutex_);
  ShadowCounts counts = counts_;
  counts.dropped = dropped_.load(std::memory_order_relaxed);
  return counts;
}

std::vector<Disagreement> Candidate::examples() const {
  std::lock_guard lock(mutex_);
  return examples_;
}

}  // namespace sinter
