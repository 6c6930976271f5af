#include "base/sandbox.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/subprocess.h"

namespace sinter {
namespace {

TEST(Sandbox, WorksHere) {
  const Status works = CheckSandbox();
  EXPECT_TRUE(works) << works.error().ToString();
}

TEST(Sandbox, NoNetworkUnlessAskedFor) {
  SandboxOptions options;
  options.command = {"true"};
  options.work = "/tmp";
  const auto has = [](const std::vector<std::string>& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
  };
  EXPECT_TRUE(has(SandboxCommand(options), "--unshare-net"));
  options.network = true;
  EXPECT_FALSE(has(SandboxCommand(options), "--unshare-net"));
}

TEST(Sandbox, WordsOfTheCommandAreNoOptions) {
  const TemporaryFolder work;
  SandboxOptions options;
  options.work = work.path();
  options.command = {"printf", "%s|", "--bind", "/", "a b", ""};
  options.environment = {{"WITH", "a=b c"}};
  SubprocessOptions run;
  run.arguments = SandboxCommand(options);
  const auto output = RunProgram(run, std::chrono::milliseconds(10'000));
  ASSERT_TRUE(output);
  EXPECT_EQ(output->text, "--bind|/|a b||");
}

}  // namespace
}  // namespace sinter
