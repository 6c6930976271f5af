// A disk that fills up while a training writes a checkpoint, for real: a small tmpfs of the test's own.
#include <gtest/gtest.h>

#include <cstdio>

#include "base/testing/full_disk.h"
#include "training/trainer/testing.h"

namespace sinter {
namespace {

// The folder's sink, whose disk is filled to its last byte before the checkpoint of one step.
class FillingCheckpoints final : public CheckpointSink {
 public:
  FillingCheckpoints(FolderCheckpoints& folder, Path filler, int64_t at)
      : folder_(folder), filler_(std::move(filler)), at_(at) {}
  Status Save(const Checkpoint& checkpoint) override {
    if (checkpoint.step == at_) Fill();
    return folder_.Save(checkpoint);
  }
  Result<std::optional<Checkpoint>> Latest() override { return folder_.Latest(); }

 private:
  void Fill() {
    const int fd = ::open(filler_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::string page(4096, 'x');
    while (::write(fd, page.data(), page.size()) > 0) {
    }
    ::close(fd);
  }
  FolderCheckpoints& folder_;
  Path filler_;
  int64_t at_;
};

TEST(CheckpointOnAFullDisk, SaysSoKeepsTheLastGoodOneAndResumesOnceThereIsSpace) {
  const Recipe recipe = *ParseRecipe(kSmallRecipe);  // a checkpoint every 7 steps, 30 steps
  const TemporaryFolder quiet, disk;
  const int status = OnSmallDisk(disk.path(), size_t{4} << 20, [&] {
    const auto whole = TrainIn(quiet.path(), recipe);
    SINTER_EXIT_UNLESS(whole);
    const Path filler = disk.path() / "filler";
    FolderCheckpoints folder(disk.path());
    FillingCheckpoints checkpoints(folder, filler, 21);
    auto source = SyntheticSource(recipe);
    Collected run;
    ThreadPool pool(2);
    const auto full = Train(recipe, SyntheticSpec(), *source, run, checkpoints, {.pool = &pool});
    SINTER_EXIT_UNLESS(!full);
    const std::string said = full.error().ToString();
    std::fprintf(stderr, "it said: %s\n", said.c_str());
    SINTER_EXIT_UNLESS(said.find("No space left on device") != std::string::npos);
    SINTER_EXIT_UNLESS(said.find("the checkpoint of step 21") != std::string::npos);
    SINTER_EXIT_UNLESS(said.find(disk.path().string()) != std::string::npos);
    const auto kept = folder.Latest();
    SINTER_EXIT_UNLESS(kept && *kept && (*kept)->step == 14);
    SINTER_EXIT_UNLESS(std::filesystem::remove(filler));
    const auto resumed = TrainIn(disk.path(), recipe);
    SINTER_EXIT_UNLESS(resumed);
    SINTER_EXIT_UNLESS(resumed->resumed_from == 14);
    SINTER_EXIT_UNLESS(Bits(resumed->module) == Bits(whole->module));
  });
  if (status == kInChildCannotMount) GTEST_SKIP() << "no disk may be mounted here";
  EXPECT_EQ(status, kInChildPassed);
}

}  // namespace
}  // namespace sinter
