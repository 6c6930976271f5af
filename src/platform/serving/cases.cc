#include "platform/serving/cases.h"

#include <algorithm>
#include <cstring>

#include "platform/serving/replica.h"

namespace sinter {
namespace {

Result<Tensor> OneRow(const Tensor& input, int64_t row, int64_t rows) {
  Dims dims = input.dims();
  if (rows > 1) dims[0] = 1;
  TRY(Tensor one, Tensor::Create(input.dtype(), std::move(dims)));
  if (one.bytes() > 0)
    std::memcpy(one.mutable_raw(), input.raw() + static_cast<size_t>(row) * one.bytes(), one.bytes());
  return one;
}

// All inputs of one row.
Result<std::vector<CaseInput>> InputsOf(const BatchJob& job, int64_t row, const ModelInterface& model) {
  std::vector<CaseInput> inputs;
  for (size_t i = 0; i < job.inputs.size(); ++i) {
    if (job.inputs[i].dtype() == DType::kString) return Unsupported("texts are not kept");
    TRY(Tensor one, OneRow(job.inputs[i], row, job.rows));
    CaseInput& input = inputs.emplace_back(CaseInput{model.inputs[i].name, std::move(one), {}});
    const std::vector<std::string>& names = model.inputs[i].categories;
    if (names.empty() || input.row.elements() != 1) continue;
    const int64_t index = input.row.AsInt(0);
    if (index >= 0 && index < static_cast<int64_t>(names.size()))
      input.category = names[static_cast<size_t>(index)];
  }
  return inputs;
}

}  // namespace

size_t HardCase::Bytes() const {
  size_t bytes = sizeof *this;
  for (const CaseInput& input : inputs)
    bytes += sizeof input + input.name.size() + input.category.size() + input.row.bytes();
  return bytes;
}

void CaseQueue::Enable(const CaseKeeping& keeping) {
  std::lock_guard lock(mutex_);
  keeping_ = keeping;
  below_ = keeping.below;
  enabled_ = keeping.consent;
  if (keeping.consent) return;
  cases_.clear();
  bytes_ = 0;
}

void CaseQueue::SetUsual(std::shared_ptr<const UsualTraffic> usual) {
  std::lock_guard lock(mutex_);
  knows_usual_ = usual != nullptr;
  usual_ = std::move(usual);
}

void CaseQueue::Offer(const BatchJob& job, int64_t row, std::span<const double> values,
                      const RevisionInfo& revision, const Clock& clock) {
  const ClassAnswer answer = revision.features.Answer(values);
  const bool unsure = answer.index >= 0 && answer.confidence < below_;
  if (!unsure && !knows_usual_) return;
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock || !keeping_.consent) return;
  const bool unusual =
      usual_ != nullptr && usual_->features() == revision.features && usual_->IsUnusual(values);
  if (!unsure && !unusual) return;
  auto inputs = InputsOf(job, row, revision.interface);
  if (!inputs) return;
  HardCase one{.number = last_ + 1,
               .at_ms = clock.UnixMillis(),
               .revision = revision.name,
               .inputs = *std::move(inputs),
               .index = answer.index,
               .class_name = answer.index < 0 ? std::string()
                                              : revision.answers.classes[static_cast<size_t>(answer.index)],
               .confidence = answer.confidence,
               .why = unsure ? "unsure" : "unusual"};
  if (one.Bytes() > kMostBytes) return;
  ++last_;
  bytes_ += one.Bytes();
  cases_.push_back(std::move(one));
  while (static_cast<int64_t>(cases_.size()) > keeping_.most || bytes_ > kMostBytes) {
    bytes_ -= cases_.front().Bytes();
    cases_.pop_front();
  }
}

std::vector<HardCase> CaseQueue::Read() const {
  std::lock_guard lock(mutex_);
  return {cases_.begin(), cases_.end()};
}

void CaseQueue::Forget(int64_t up_to_number) {
  std::lock_guard lock(mutex_);
  while (!cases_.empty() && cases_.front().number <= up_to_number) {
    bytes_ -= cases_.front().Bytes();
    cases_.pop_front();
  }
}

}  // namespace sinter
