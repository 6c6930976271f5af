// Small data that can be learned, and sinks to look into, for the trainer's tests.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "training/trainer/array_source.h"
#include "training/trainer/folder_sinks.h"
#include "training/trainer/program.h"
#include "training/trainer/recipe.h"
#include "training/trainer/trainer.h"

namespace sinter {

inline constexpr std::string_view kSmallRecipe = R"(name: small
data: {dataset: synthetic}
model:
  layers:
    - conv2d: {filters: 4, padding: same, activation: relu}
    - max_pool
    - batch_norm
    - flatten
    - dropout: {rate: 0.1}
    - dense: {units: 3}
input: {scale: 0.00392156862745098}
optimizer: {kind: adam, learning_rate: 0.01}
augment: {shift: 1}
epochs: 3
batch_size: 32
seed: 5
checkpoint: {every_steps: 7}
)";

// Pictures 8 x 8 of three classes: a bright row, a bright column, a bright corner, with noise.
inline ArrayData SyntheticPictures(int64_t train, int64_t test) {
  struct Held {
    std::vector<std::byte> examples, labels;
  };
  auto held = std::make_shared<Held>();
  const int64_t rows = train + test;
  uint64_t draw = 0;
  for (int64_t r = 0; r < rows; ++r) {
    const auto label = static_cast<int>(RandomBelow(9, 1, static_cast<uint64_t>(r), 3));
    const auto at = static_cast<int>(RandomBelow(9, 2, static_cast<uint64_t>(r), 6)) + 1;
    for (int y = 0; y < 8; ++y) {
      for (int x = 0; x < 8; ++x) {
        const bool bright = label == 0 ? y == at : label == 1 ? x == at : y < 3 && x < 3;
        held->examples.push_back(
            static_cast<std::byte>((bright ? 180 : 0) + static_cast<int>(RandomBelow(9, 3, draw++, 60))));
      }
    }
    held->labels.push_back(static_cast<std::byte>(label));
  }
  ArrayData data;
  data.shape = {8, 8};
  const std::span<const std::byte> examples(held->examples), labels(held->labels);
  data.train = {examples.first(static_cast<size_t>(train) * 64), labels.first(static_cast<size_t>(train)),
                train};
  data.test = {examples.subspan(static_cast<size_t>(train) * 64), labels.subspan(static_cast<size_t>(train)),
               test};
  data.owner = held;
  return data;
}

inline ExampleSpec SyntheticSpec() { return {DType::kU8, {8, 8}, {"row", "column", "corner"}}; }

inline std::unique_ptr<ArraySource> SyntheticSource(const Recipe& recipe, int rank = 0, int ranks = 1,
                                                    int threads = 2) {
  ArraySourceOptions options;
  options.seed = recipe.seed;
  options.batch_size = recipe.batch_size;
  options.rank = rank;
  options.ranks = ranks;
  options.augmentation = recipe.augmentation;
  options.threads = threads;
  return *ArraySource::Create(SyntheticPictures(320, 200), options);
}

// Keeps nothing.
class NoCheckpoints final : public CheckpointSink {
 public:
  Status Save(const Checkpoint&) override { return {}; }
  Result<std::optional<Checkpoint>> Latest() override { return std::optional<Checkpoint>(); }
};
class Collected final : public RunSink {
 public:
  Status Metrics(std::span<const TrainMetric> points) override {
    all.insert(all.end(), points.begin(), points.end());
    return {};
  }
  Status Progress(int64_t, int64_t) override { return {}; }
  Status Flush() override { return {}; }
  std::vector<TrainMetric> all;
};

inline std::string Bits(const Module& module) {
  std::string bits;
  for (const State& state : module.states)
    bits.append(reinterpret_cast<const char*>(state.initial->raw()), state.initial->bytes());
  return bits;
}

inline Result<TrainResult> TrainIn(const Path& folder, const Recipe& recipe) {
  auto source = SyntheticSource(recipe);
  FolderCheckpoints checkpoints(folder);
  FolderRun run(folder);
  ThreadPool pool(2);
  return Train(recipe, SyntheticSpec(), *source, run, checkpoints, {.pool = &pool});
}

}  // namespace sinter
