#include "training/trainer/array_source.h"

#include <cstring>

#include <fmt/format.h>

#include "base/random.h"
#include "training/trainer/augment.h"

namespace sinter {
namespace {

Status CheckSplit(const ArrayData& data, const ArraySplit& split, std::string_view name) {
  TRY(const int64_t elements, CountElements(data.shape));
  const auto rows = static_cast<uint64_t>(split.rows);
  if (split.examples.size() != rows * static_cast<uint64_t>(elements) * DTypeSize(data.dtype) ||
      split.labels.size() != rows * DTypeSize(data.label_dtype)) {
    return Corrupt(fmt::format("the {} split says {} rows, and has {} bytes of examples and {} of labels",
                               name, split.rows, split.examples.size(), split.labels.size()));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<ArraySource>> ArraySource::Create(ArrayData data, const ArraySourceOptions& options) {
  TRY_STATUS(CheckSplit(data, data.train, "train"));
  TRY_STATUS(CheckSplit(data, data.test, "test"));
  if (!IsInteger(data.label_dtype)) return InvalidArgument("labels must be whole numbers");
  if (options.batch_size > data.train.rows)
    return InvalidArgument(fmt::format("a batch of {} from {} rows", options.batch_size, data.train.rows));
  if (options.ranks > options.batch_size)
    return InvalidArgument(
        fmt::format("a batch of {} does not reach {} ranks", options.batch_size, options.ranks));
  if (!options.augmentation.None() &&
      (data.dtype != DType::kU8 || data.shape.size() < 2 || data.shape.size() > 3))
    return InvalidArgument(
        "augmentation is for pictures of bytes, [height, width] or [height, width, channels]");
  std::unique_ptr<ArraySource> source(new ArraySource(std::move(data), options));
  source->row_bytes_ = DTypeSize(source->data_.dtype);
  for (int64_t d : source->data_.shape) source->row_bytes_ *= static_cast<size_t>(d);
  for (int i = 0; i < options.threads; ++i) source->threads_.emplace_back([s = source.get()] { s->Loop(); });
  return source;
}

ArraySource::~ArraySource() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ArraySource::Loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stop_ || next_ < wanted_ + options_.ahead; });
    if (stop_) return;
    const int64_t step = next_++;
    const uint64_t run = run_;
    lock.unlock();
    if (options_.on_make) options_.on_make(step);
    Result<Batch> batch = Make(step);
    lock.lock();
    if (run != run_) continue;
    made_.emplace(step, std::move(batch));
    changed_.notify_all();
  }
}

Result<Batch> ArraySource::Train(int64_t step) {
  std::unique_lock lock(mutex_);
  if (step != wanted_) {
    ++run_;
    made_.clear();
    wanted_ = next_ = step;
    changed_.notify_all();
  }
  changed_.wait(lock, [&] { return made_.contains(step); });
  Result<Batch> batch = std::move(made_.extract(step).mapped());
  wanted_ = step + 1;
  changed_.notify_all();
  return batch;
}

ArraySource::Order ArraySource::OrderOf(int64_t epoch) {
  const std::lock_guard lock(order_mutex_);
  for (const auto& [known, order] : orders_) {
    if (known == epoch) return order;
  }
  auto order = std::make_shared<const std::vector<int64_t>>(
      RandomPermutation(options_.seed, static_cast<uint64_t>(epoch), data_.train.rows));
  orders_.emplace_back(epoch, order);
  if (orders_.size() > 2) orders_.pop_front();
  return order;
}

int64_t ArraySource::Label(const ArraySplit& split, int64_t row) const {
  int64_t label = 0;
  DispatchDType(data_.label_dtype, [&]<class T>() {
    if constexpr (std::is_integral_v<T>) {
      T value;
      std::memcpy(&value, split.labels.data() + static_cast<size_t>(row) * sizeof(T), sizeof(T));
      label = static_cast<int64_t>(value);  // NOLINT(bugprone-signed-char-misuse): a number, also in 8 bits
    }
  });
  return label;
}

Result<Batch> ArraySource::Make(int64_t step) {
  const int64_t per_epoch = steps_per_epoch(), epoch = (step - 1) / per_epoch;
  const int64_t first = (step - 1) % per_epoch * options_.batch_size;
  const int64_t begin = first + options_.batch_size * options_.rank / options_.ranks;
  const int64_t end = first + options_.batch_size * (options_.rank + 1) / options_.ranks;
  const Order order = OrderOf(epoch);
  Dims dims = data_.shape;
  dims.insert(dims.begin(), end - begin);
  Batch batch;
  batch.first_row = begin;
  TRY(batch.inputs, Tensor::Create(data_.dtype, dims));
  TRY(batch.labels, Tensor::Create(DType::kI64, {end - begin}));
  const int64_t channels = data_.shape.size() == 3 ? data_.shape[2] : 1;
  for (int64_t place = begin; place < end; ++place) {
    const int64_t row = (*order)[static_cast<size_t>(place)];
    const auto example = data_.train.examples.subspan(static_cast<size_t>(row) * row_bytes_, row_bytes_);
    std::byte* to = batch.inputs.mutable_raw() + static_cast<size_t>(place - begin) * row_bytes_;
    if (options_.augmentation.None()) {
      std::memcpy(to, example.data(), row_bytes_);
    } else {
      AugmentPicture(options_.augmentation, options_.seed, epoch, place,
                     {reinterpret_cast<const uint8_t*>(example.data()), example.size()}, data_.shape[0],
                     data_.shape[1], channels, reinterpret_cast<uint8_t*>(to));
    }
    batch.labels.mutable_data<int64_t>()[static_cast<size_t>(place - begin)] = Label(data_.train, row);
  }
  return batch;
}

Result<Batch> ArraySource::Test(int64_t begin, int64_t count) {
  const int64_t end = std::min(begin + count, data_.test.rows);
  const int64_t rows = std::max<int64_t>(0, end - begin);
  Dims dims = data_.shape;
  dims.insert(dims.begin(), rows);
  Batch batch;
  batch.first_row = begin;
  TRY(batch.inputs, Tensor::Create(data_.dtype, dims));
  TRY(batch.labels, Tensor::Create(DType::kI64, {rows}));
  if (rows > 0) {
    std::memcpy(batch.inputs.mutable_raw(),
                data_.test.examples.data() + static_cast<size_t>(begin) * row_bytes_,
                static_cast<size_t>(rows) * row_bytes_);
  }
  for (int64_t i = 0; i < rows; ++i)
    batch.labels.mutable_data<int64_t>()[static_cast<size_t>(i)] = Label(data_.test, begin + i);
  return batch;
}

}  // namespace sinter
