#include "training/trainer/trainer.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>

#include "engine/comm/thread_group.h"
#include "engine/formats/onnx/onnx.h"
#include "training/trainer/testing.h"

extern char** environ;

namespace sinter {
namespace {

TEST(Trainer, LearnsAndExports) {
  const Recipe recipe = *ParseRecipe(kSmallRecipe);
  auto source = SyntheticSource(recipe);
  Collected run;
  NoCheckpoints checkpoints;
  std::vector<TrainProgress> reports;
  auto result = Train(recipe, SyntheticSpec(), *source, run, checkpoints,
                      {.on_progress = [&](const TrainProgress& p) { reports.push_back(p); }});
  ASSERT_TRUE(result) << result.error().ToString();
  EXPECT_GT(result->test.confusion.Accuracy().value, 0.9);
  EXPECT_EQ(result->steps, 30);
  ASSERT_FALSE(reports.empty());
  EXPECT_EQ(reports.back().step, 30);
  int losses = 0;
  for (const TrainMetric& point : run.all) losses += point.name == "train.loss";
  EXPECT_EQ(losses, 30) << "every step's metrics are kept";
  const TemporaryFolder folder;
  ASSERT_TRUE(ExportModel(result->module, result->signature, folder.path()));
  auto module = ImportOnnx(folder.path() / kModelFile, {.weights_as_constants = true});
  ASSERT_TRUE(module) << module.error().ToString();
  auto signature = ParseSignature(*ReadFile(folder.path() / kSignatureFile));
  ASSERT_TRUE(signature);
  EXPECT_TRUE(*signature == result->signature);
  ASSERT_TRUE(AddPredictFunction(*module, *signature));
  auto executable = Executable::Compile(*module, {.functions = {"predict"}});
  ASSERT_TRUE(executable) << executable.error().ToString();
  auto evaluation = Evaluate(**executable, *source, 3);
  ASSERT_TRUE(evaluation);
  EXPECT_EQ(evaluation->confusion.Accuracy().value, result->test.confusion.Accuracy().value);
  EXPECT_NEAR(evaluation->loss, result->test.loss, 1e-5);
}

TEST(Trainer, TheSameSeedGivesTheSameBits) {
  const Recipe recipe = *ParseRecipe(kSmallRecipe);
  const TemporaryFolder a, b;
  const auto first = TrainIn(a.path(), recipe), second = TrainIn(b.path(), recipe);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(Bits(first->module), Bits(second->module));
  Recipe other = recipe;
  other.seed = 6;
  const TemporaryFolder c;
  EXPECT_NE(Bits(TrainIn(c.path(), other)->module), Bits(first->module));
}

TEST(Trainer, RanksAgreeWithOne) {
  Recipe recipe = *ParseRecipe(kSmallRecipe);
  recipe.dtype = DType::kF64;
  std::erase_if(recipe.layers,
                [](const Layer& l) { return l.kind == LayerKind::kBatchNorm; });  // it depends on the share
  auto train = [&](int rank, int ranks, Communicator* communicator) {
    auto source = SyntheticSource(recipe, rank, ranks);
    Collected run;
    NoCheckpoints checkpoints;
    ThreadPool pool(1);
    return Train(recipe, SyntheticSpec(), *source, run, checkpoints,
                 {.rank = rank, .ranks = ranks, .communicator = communicator, .pool = &pool});
  };
  const auto alone = train(0, 1, nullptr);
  ASSERT_TRUE(alone) << alone.error().ToString();
  ThreadGroup group(3);
  std::vector<Result<TrainResult>> results(3, Error{});
  std::vector<std::thread> threads;
  threads.reserve(3);
  for (int r = 0; r < 3; ++r)
    threads.emplace_back([&, r] { results[static_cast<size_t>(r)] = train(r, 3, &group.rank(r)); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) {
    ASSERT_TRUE(result) << result.error().ToString();
    for (size_t s = 0; s < alone->module.states.size(); ++s) {
      const Tensor& expected = *alone->module.states[s].initial;
      const Tensor& given = *result->module.states[s].initial;
      for (int64_t i = 0; i < expected.elements(); ++i)
        ASSERT_NEAR(given.AsDouble(i), expected.AsDouble(i), 1e-9) << alone->module.states[s].name;
    }
    if (&result == results.data()) {  // it alone evaluates
      EXPECT_NEAR(result->test.loss, alone->test.loss, 1e-6);
    }
  }
}

TEST(Trainer, ALossThatIsNotFiniteStopsAndIsNamed) {
  Recipe recipe = *ParseRecipe(kSmallRecipe);
  recipe.optimizer.kind = OptimizerSpec::Kind::kSgd;
  recipe.learning_rate = 1e30;
  const TemporaryFolder folder;
  auto result = TrainIn(folder.path(), recipe);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("step "), std::string::npos) << result.error().message;
  EXPECT_NE(result.error().message.find("gradient of '"), std::string::npos) << result.error().message;
}

TEST(Trainer, CancelledItStops) {
  const Recipe recipe = *ParseRecipe(kSmallRecipe);
  auto source = SyntheticSource(recipe);
  Collected run;
  NoCheckpoints checkpoints;
  CancelSource cancel;
  cancel.Cancel();
  auto result = Train(recipe, SyntheticSpec(), *source, run, checkpoints, {.cancel = cancel.token()});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
}

TEST(Trainer, InterruptedItSavesAndGoesOnToTheSameBits) {
  const Recipe recipe = *ParseRecipe(kSmallRecipe);
  const TemporaryFolder undisturbed, folder;
  const auto whole = TrainIn(undisturbed.path(), recipe);
  ASSERT_TRUE(whole);
  {
    auto source = SyntheticSource(recipe);
    FolderCheckpoints checkpoints(folder.path());
    FolderRun run(folder.path());
    ThreadPool pool(2);
    CancelSource interrupt;
    interrupt.Cancel();
    const auto result = Train(recipe, SyntheticSpec(), *source, run, checkpoints,
                              {.pool = &pool, .interrupt = interrupt.token()});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message, "interrupted after step 1, which is saved");
    EXPECT_EQ((*checkpoints.Latest())->step, 1);
  }
  const auto resumed = TrainIn(folder.path(), recipe);
  ASSERT_TRUE(resumed);
  EXPECT_EQ(resumed->resumed_from, 1);
  EXPECT_EQ(Bits(resumed->module), Bits(whole->module));
}

TEST(Trainer, DamagedCheckpointsAreNotTaken) {
  const Recipe recipe = *ParseRecipe(kSmallRecipe);
  const TemporaryFolder folder;
  ASSERT_TRUE(TrainIn(folder.path(), recipe));
  FolderCheckpoints checkpoints(folder.path());
  EXPECT_EQ((*checkpoints.Latest())->step, 30);
  // A blob that only the latest names, truncated: the one before is taken.
  ASSERT_TRUE(
      WriteFileAtomically(folder.path() / "checkpoints" / "000000000031.json", "{\"format\":\"sinter.check"));
  EXPECT_EQ((*checkpoints.Latest())->step, 30);
}

// What the test below runs in another process, to be killed.
TEST(TrainerChild, DISABLED_Train) {
  const char* folder = std::getenv("SINTER_TRAIN_FOLDER");
  ASSERT_NE(folder, nullptr);
  auto result = TrainIn(folder, *ParseRecipe(kSmallRecipe));
  ASSERT_TRUE(result) << result.error().ToString();
  ASSERT_TRUE(WriteFileAtomically(Path(folder) / "bits", Bits(result->module)));
}

pid_t StartChild(const Path& folder) {
  const std::string variable = fmt::format("SINTER_TRAIN_FOLDER={}", folder.string());
  std::vector<char*> environment{const_cast<char*>(variable.c_str())};
  for (char** e = environ; *e != nullptr; ++e) environment.push_back(*e);
  environment.push_back(nullptr);
  const char* arguments[] = {"self", "--gtest_filter=TrainerChild.DISABLED_Train",
                             "--gtest_also_run_disabled_tests", "--gtest_brief=1", nullptr};
  pid_t pid = 0;
  EXPECT_EQ(posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, const_cast<char**>(arguments),
                        environment.data()),
            0);
  return pid;
}

TEST(Trainer, KilledAtAnyMomentItEndsWithTheSameBits) {
  constexpr int kKills = 20;
  const TemporaryFolder quiet;
  const auto begin = std::chrono::steady_clock::now();
  int status = 0;
  waitpid(StartChild(quiet.path()), &status, 0);
  ASSERT_EQ(status, 0);
  const auto whole =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  const std::string expected = *ReadFile(quiet.path() / "bits");
  const auto seed = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  // A process that had ended before its moment came proves nothing, and is not counted.
  int killed = 0, resumed = 0;
  for (uint64_t moment = 0; killed < kKills; ++moment) {
    ASSERT_LT(moment, 10u * kKills) << "hardly any of the processes was still at work";
    const TemporaryFolder folder;
    const pid_t pid = StartChild(folder.path());
    std::this_thread::sleep_for(
        std::chrono::microseconds(RandomBelow(seed, 1, moment, static_cast<uint64_t>(whole.count()))));
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    if (!WIFSIGNALED(status)) continue;
    ASSERT_EQ(WTERMSIG(status), SIGKILL);
    if (FileSize(folder.path() / "bits")) continue;  // it had just finished
    ++killed;
    const auto checkpoint = FolderCheckpoints(folder.path()).Latest();
    ASSERT_TRUE(checkpoint);
    resumed += checkpoint->has_value();
    waitpid(StartChild(folder.path()), &status, 0);
    ASSERT_EQ(status, 0);
    EXPECT_EQ(*ReadFile(folder.path() / "bits"), expected) << "moment " << moment;
  }
  std::printf("%d processes killed, %d of them after their first checkpoint\n", killed, resumed);
  EXPECT_GT(resumed, 0) << "none had anything to resume from";
}

}  // namespace
}  // namespace sinter
