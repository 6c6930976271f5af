#include "platform/serving/cases.h"

#include <cstring>
#include <limits>

namespace sinter {
namespace {

constexpr size_t kMostBytes = size_t{64} << 20;
constexpr float kAnything = std::numeric_limits<float>::infinity();

Result<Tensor> FirstRow(const Tensor& input, int64_t rows) {
  Dims dims = input.dims();
  if (rows > 1) dims[0] = 1;
  TRY(Tensor row, Tensor::Create(input.dtype(), std::move(dims)));
  if (row.bytes() > 0) std::memcpy(row.mutable_raw(), input.raw(), row.bytes());
  return row;
}

}  // namespace

void CaseQueue::Enable(const CaseKeeping& keeping) {
  std::lock_guard lock(mutex_);
  keeping_ = keeping;
  below_ = static_cast<float>(keeping.below);
  if (!enabled_) {
    usual_low_ = -kAnything;
    usual_high_ = kAnything;
  }
  enabled_ = keeping.consent;
  if (keeping.consent) return;
  cases_.clear();
  bytes_ = 0;
}

void CaseQueue::SetUsual(double low, double high) {
  usual_low_ = static_cast<float>(low);
  usual_high_ = static_cast<float>(high);
}

void CaseQueue::Offer(const BatchJob& job, const TrafficFeature& feature, std::string_view revision,
                      const Clock& clock) {
  const bool unsure = feature.index >= 0 && feature.confidence < below_;
  const bool unusual = feature.mean < usual_low_ || feature.mean > usual_high_;
  if ((!unsure && !unusual) || job.inputs.empty() || job.inputs[0].dtype() == DType::kString) return;
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock || !keeping_.consent) return;
  auto row = FirstRow(job.inputs[0], job.rows);
  if (!row || row->bytes() > kMostBytes) return;
  bytes_ += row->bytes();
  cases_.push_back({++last_, clock.UnixMillis(), std::string(revision), *std::move(row), feature.index,
                    static_cast<double>(feature.confidence), unsure ? "unsure" : "unusual"});
  while (static_cast<int64_t>(cases_.size()) > keeping_.most || bytes_ > kMostBytes) {
    bytes_ -= cases_.front().input.bytes();
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
    bytes_ -= cases_.front().input.bytes();
    cases_.pop_front();
  }
}

}  // namespace sinter
