// Batches out of arrays in memory or mapped, shuffled and augmented by threads that run ahead.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "training/trainer/batch_source.h"
#include "training/trainer/recipe.h"

namespace sinter {

// Rows of one split, one after another.
struct ArraySplit {
  std::span<const std::byte> examples;
  std::span<const std::byte> labels;  // u8, u16, i32 or i64 as `label_dtype` says
  int64_t rows = 0;
};

struct ArrayData {
  std::shared_ptr<const void> owner;  // keeps the bytes
  DType dtype = DType::kU8;
  std::vector<int64_t> shape;  // of one example: pictures [height, width] or [height, width, channels]
  DType label_dtype = DType::kU8;
  ArraySplit train, test;
};

struct ArraySourceOptions {
  uint64_t seed = 0;
  int64_t batch_size = 1;  // over all ranks; a last batch of an epoch that is not full is left out
  int rank = 0, ranks = 1;
  Augmentation augmentation;  // of u8 pictures
  int ahead = 4;              // batches made before they are asked for
  int threads = 1;            // that make them
  // Called before a step's batch is made, by the thread that makes it: for tests. Null: by nobody.
  std::function<void(int64_t step)> on_make;
};

// The order of an epoch is a permutation drawn from (seed, epoch); the picture at a place in it is augmented
// by draws keyed by (seed, epoch, place): the same on any number of ranks and threads.
class ArraySource final : public BatchSource {
 public:
  // Errors: fewer rows than a batch, a batch that does not reach all ranks, augmentation of what is no u8
  // picture, bytes that do not agree with rows and shape.
  static Result<std::unique_ptr<ArraySource>> Create(ArrayData data, const ArraySourceOptions& options);
  ~ArraySource() override;
  int64_t steps_per_epoch() const override { return data_.train.rows / options_.batch_size; }
  Result<Batch> Train(int64_t step) override;
  Result<Batch> Test(int64_t begin, int64_t count) override;

 private:
  using Order = std::shared_ptr<const std::vector<int64_t>>;
  ArraySource(ArrayData data, const ArraySourceOptions& options)
      : data_(std::move(data)), options_(options) {}
  void Loop();
  Result<Batch> Make(int64_t step);
  Order OrderOf(int64_t epoch);
  int64_t Label(const ArraySplit& split, int64_t row) const;

  ArrayData data_;
  ArraySourceOptions options_;
  size_t row_bytes_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t next_ = 1;    // the step that a thread takes next
  int64_t wanted_ = 1;  // the step that is asked for next
  uint64_t run_ = 0;    // counts fresh starts: what was made for another is thrown away
  bool stop_ = false;
  std::map<int64_t, Result<Batch>> made_;
  std::mutex order_mutex_;
  std::deque<std::pair<int64_t, Order>> orders_;  // of the last epochs
  std::vector<std::thread> threads_;
};

}  // namespace sinter
