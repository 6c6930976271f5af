// The IR, proven on shapes of programs that come later: each file of this folder parses, verifies, prints
// back, and gives what its runs expect.
#include "program.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <thread>

#include "base/file.h"
#include "engine/comm/thread_group.h"
#include "engine/device/reference/interpreter.h"
#include "engine/graph/infer.h"
#include "engine/graph/text.h"
#include "engine/graph/verifier.h"
#include "engine/ops/catalog.h"

namespace sinter {
namespace {

const std::filesystem::path kFolder = SINTER_SOURCE_DIR "/tests/ir";

void ExpectEqual(const Tensor& given, const Expectation& wanted, const std::string& what) {
  SCOPED_TRACE(testing::Message() << what << ", line " << wanted.line << ": " << PrintTensor(given));
  ASSERT_EQ(given.type().ToString(), wanted.value.type().ToString());
  if (wanted.tolerance == 0) {
    EXPECT_TRUE(given.SameAs(wanted.value)) << "expected " << PrintTensor(wanted.value);
    return;
  }
  for (int64_t i = 0; i < given.elements(); ++i)
    EXPECT_NEAR(given.AsDouble(i), wanted.value.AsDouble(i), wanted.tolerance) << "element " << i;
}

void ForgetSession(const Module& module, StateValues& states) {
  for (const State& state : module.states) {
    if (state.scope != StateScope::kShared) states.erase(state.name);
  }
}

using Outcome = Result<std::vector<Value>>;

// All ranks of one run, each on its thread.
std::vector<Outcome> RunAll(const Module& module, const ProgramRun& run, std::vector<StateValues>& states) {
  const size_t ranks = run.ranks.size();
  std::vector<Outcome> outcomes(ranks);
  std::optional<ThreadGroup> group;
  if (ranks > 1) group.emplace(static_cast<int>(ranks));
  auto work = [&](size_t r) {
    ReferenceOptions options;
    if (group) options.communicator = &group->rank(static_cast<int>(r));
    outcomes[r] = RunReference(module, Operators(), run.function, run.ranks[r].inputs, states[r], options);
    if (group && !outcomes[r]) group->Leave(static_cast<int>(r), outcomes[r].error().message);
  };
  std::vector<std::thread> threads;
  for (size_t r = 1; r < ranks; ++r) threads.emplace_back(work, r);
  work(0);
  for (std::thread& thread : threads) thread.join();
  return outcomes;
}

void CheckRank(const ProgramRun& run, const RankRun& wanted, const Outcome& outcome,
               const StateValues& states) {
  if (!run.refusal.empty()) {
    ASSERT_FALSE(outcome) << "the run should be refused";
    EXPECT_NE(outcome.error().ToString().find(run.refusal), std::string::npos) << outcome.error().ToString();
    return;
  }
  ASSERT_TRUE(outcome) << outcome.error().ToString();
  ASSERT_EQ(outcome->size(), wanted.results.size());
  for (size_t i = 0; i < wanted.results.size(); ++i)
    ExpectEqual((*outcome)[i].tensor(), wanted.results[i], "result " + std::to_string(i));
  for (const auto& [name, value] : wanted.states) {
    ASSERT_TRUE(states.contains(name)) << "state @" << name << " was not updated";
    ExpectEqual(states.at(name), value, "state @" + name);
  }
}

class IrProgram : public testing::TestWithParam<std::string> {};

TEST_P(IrProgram, VerifiesPrintsBackAndRuns) {
  auto program = ReadProgram(kFolder / GetParam());
  ASSERT_TRUE(program) << program.error().ToString();
  Module& module = program->module;
  const Status inferred = InferModule(module, Operators());
  ASSERT_TRUE(inferred) << inferred.error().ToString();
  const Status verified = VerifyModule(module, Operators());
  ASSERT_TRUE(verified) << verified.error().ToString();
  // With all types filled in, the text still reads back as the same module.
  const std::string text = PrintModule(module);
  auto again = ParseModule(text);
  ASSERT_TRUE(again) << again.error().ToString() << "\n" << text;
  EXPECT_EQ(PrintModule(*again), text);
  const Status verified_again = VerifyModule(*again, Operators());
  EXPECT_TRUE(verified_again) << verified_again.error().ToString();

  ASSERT_FALSE(program->runs.empty());
  std::vector<StateValues> states(program->runs[0].ranks.size());
  for (const ProgramRun& run : program->runs) {
    SCOPED_TRACE(testing::Message() << GetParam() << ":" << run.line << ": @" << run.function);
    if (run.new_session)
      std::ranges::for_each(states, [&](auto& of_rank) { ForgetSession(module, of_rank); });
    const auto outcomes = RunAll(module, run, states);
    for (size_t r = 0; r < outcomes.size(); ++r) {
      SCOPED_TRACE(testing::Message() << "rank " << r);
      CheckRank(run, run.ranks[r], outcomes[r], states[r]);
    }
  }
}

std::vector<std::string> Files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".sinter") files.push_back(entry.path().filename());
  }
  std::ranges::sort(files);
  return files;
}

INSTANTIATE_TEST_SUITE_P(Files, IrProgram, testing::ValuesIn(Files()), [](const auto& file) {
  return std::string(std::filesystem::path(file.param).stem());
});

TEST(IrDocs, ExamplesOfTheIrPageVerify) {
  const auto page = ReadFile(SINTER_SOURCE_DIR "/docs/ir.md");
  ASSERT_TRUE(page) << page.error().ToString();
  const std::string_view fence = "\n```sinter\n";
  int examples = 0;
  for (size_t at = page->find(fence); at != std::string::npos; at = page->find(fence, at), ++examples) {
    at += fence.size();
    auto module = ParseModule(std::string_view(*page).substr(at, page->find("\n```", at) - at));
    ASSERT_TRUE(module) << module.error().ToString();
    const Status inferred = InferModule(*module, Operators());
    ASSERT_TRUE(inferred) << module->name << ": " << inferred.error().ToString();
    const Status verified = VerifyModule(*module, Operators());
    EXPECT_TRUE(verified) << module->name << ": " << verified.error().ToString();
  }
  EXPECT_GE(examples, 4);
}

// A loop that would never end is stopped by whoever may.
TEST(IrPrograms, AnEndlessLoopCanBeCancelled) {
  auto module = ParseModule(R"(module endless {
  func @spin(%x: i64[]) {
    %y = Loop(, , %x) body(%i: i64[], %c: bool[], %v: i64[]) {
      %w = Add(%v, %i)
      yield %c, %w
    }
    return %y
  }
})");
  ASSERT_TRUE(module) << module.error().ToString();
  ASSERT_TRUE(InferModule(*module, Operators()));
  CancelSource source;
  ReferenceOptions options;
  options.cancel = source.token();
  StateValues states;
  const std::vector<Value> inputs{Tensor::Scalar<int64_t>(0)};
  Outcome outcome;
  std::thread runner([&] { outcome = RunReference(*module, Operators(), "spin", inputs, states, options); });
  source.Cancel();
  runner.join();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace sinter
