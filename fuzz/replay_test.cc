// A replay fails when its corpus does not reach what it must, and when an outcome is none of the target's.
#include "fuzz/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Accepts "a", calls "b" bad and "c" corrupt.
Status Letters(std::span<const std::byte> input) {
  const std::string_view text = TextOf(input);
  if (text == "a") return {};
  return text == "b" ? InvalidArgument("b") : Corrupt("c");
}

class Replay : public ::testing::Test {
 protected:
  void Put(const char* name, std::string_view text) {
    ASSERT_TRUE(WriteFileAtomically(folder_.path() / name, text));
  }
  ReplayReport Run(const FuzzTarget& target) { return ReplayCorpus(target, folder_.path()); }
  FuzzTarget target_{&Letters, {ErrorCode::kInvalidArgument}, 4};
  TemporaryFolder folder_;
};

TEST_F(Replay, CountsOutcomes) {
  Put("1", "a");
  Put("2", "b");
  Put("3", "b");
  const auto report = Run(target_);
  EXPECT_THAT(report.faults, IsEmpty());
  EXPECT_EQ(report.inputs, 3);
  EXPECT_EQ(report.outcomes.at("accepted"), 1);
  EXPECT_EQ(report.outcomes.at("invalid_argument"), 2);
}

TEST_F(Replay, AnOutcomeThatNoInputReachesFails) {
  Put("1", "a");
  EXPECT_THAT(Run(target_).faults, ElementsAre(HasSubstr("'invalid_argument'")));
}

TEST_F(Replay, AcceptanceMustBeReached) {
  Put("1", "b");
  EXPECT_THAT(Run(target_).faults, ElementsAre(HasSubstr("'accepted'")));
}

TEST_F(Replay, AnEmptyCorpusFails) {
  EXPECT_THAT(Run(target_).faults, ::testing::Contains(HasSubstr("no inputs")));
}

TEST_F(Replay, AnInputThatIsTooLongFails) {
  Put("1", "a");
  Put("2", "b");
  target_.largest_input = 0;
  EXPECT_THAT(Run(target_).faults, ::testing::Contains(HasSubstr("1 bytes; the target takes 0")));
}

TEST_F(Replay, AnErrorThatTheTargetDoesNotListStopsIt) {
  Put("1", "c");
  EXPECT_DEATH(Run(target_), "does not list: corrupt: c");
}

TEST(Fuzz, PartsAndBounds) {
  EXPECT_EQ(FirstLine("a\nb\nc"), (std::pair<std::string_view, std::string_view>("a", "b\nc")));
  EXPECT_EQ(FirstLine("a"), (std::pair<std::string_view, std::string_view>("a", "")));
  const std::string whole = "abc", other = "abc";
  const auto bytes = std::as_bytes(std::span(whole));
  EXPECT_TRUE(Within(std::string_view(whole).substr(1), bytes));
  EXPECT_FALSE(Within(other, bytes));
}

}  // namespace
}  // namespace sinter
