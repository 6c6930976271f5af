#include "server/cli/progress_line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace sinter {
namespace {

TrainProgress At(int64_t step) {
  TrainProgress progress;
  progress.step = step;
  progress.steps = 400;
  progress.epoch = (step - 1) / 40 + 1;
  progress.loss = 0.43214;
  progress.images_per_second = 5119.7;
  progress.seconds_left = 41.6;
  return progress;
}

TEST(ProgressText, HasThroughputTimeLeftAndStarvation) {
  TrainProgress progress = At(80);
  EXPECT_EQ(ProgressText(progress), "epoch 2 step 80/400 loss 0.4321 5120 images/s 42 s left");
  progress.waiting_share = 0.31;
  progress.seconds_left = 600;
  EXPECT_EQ(ProgressText(progress),
            "epoch 2 step 80/400 loss 0.4321 5120 images/s 10 min left (waiting for data 31%)");
  progress.waiting_share = 0.04;
  progress.seconds_left = 3 * 3600 + 7 * 60;
  EXPECT_EQ(ProgressText(progress), "epoch 2 step 80/400 loss 0.4321 5120 images/s 3 h 07 min left");
}

// What is written while the steps come a second apart.
std::string Written(bool terminal, std::initializer_list<int64_t> steps) {
  char* bytes = nullptr;
  size_t size = 0;
  std::FILE* out = open_memstream(&bytes, &size);
  {
    ManualClock clock;
    ProgressLine line(out, terminal, clock);
    for (const int64_t step : steps) {
      clock.Advance(std::chrono::seconds(1));
      line.Show(At(step));
    }
  }
  std::fclose(out);
  std::string text(bytes, size);
  std::free(bytes);
  return text;
}

TEST(ProgressLine, ElsewhereItIsAPlainLineEveryFiveSecondsAndTheLast) {
  const std::string text = Written(false, {10, 20, 30, 40, 50, 60, 70, 390, 400});
  EXPECT_EQ(std::ranges::count(text, '\n'), 3) << text;
  for (const char* step : {"step 10/400", "step 60/400", "step 400/400"})
    EXPECT_NE(text.find(step), std::string::npos) << text;
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_EQ(text.find('\033'), std::string::npos);
}

TEST(ProgressLine, OnATerminalOneLineIsWrittenOver) {
  const std::string text = Written(true, {10, 20, 400});
  EXPECT_EQ(std::ranges::count(text, '\r'), 3) << text;
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  EXPECT_EQ(text.back(), '\n');
  EXPECT_EQ(Written(true, {10, 20}).back(), '\n') << "one that ends early leaves no open line behind";
}

}  // namespace
}  // namespace sinter
