#include "base/resource_limits.h"

#include <gtest/gtest.h>

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <thread>

namespace sinter {
namespace {

// Not the process's number: another has it in another namespace, or had it and was killed.
std::string Name() {
  static const std::string name = "sinter-test." + std::to_string(std::random_device()());
  return name;
}

// Runs `work` in a child under the limits; its exit status.
int RunUnder(const ResourceLimits& limits, const std::function<int()>& work) {
  const pid_t pid = fork();
  if (pid == 0) _exit(limits.EnterInChild() ? work() : 99);
  int status = 0;
  waitpid(pid, &status, 0);
  return status;
}

int TakeMemory(size_t bytes) {
  void* memory = std::malloc(bytes);
  if (memory == nullptr) return 5;
  std::memset(memory, 1, bytes);
  const bool kept = *static_cast<volatile char*>(memory) == 1;
  std::free(memory);
  return kept ? 0 : 6;
}

class Methods : public testing::TestWithParam<LimitMethod> {};

TEST_P(Methods, MemoryIsBounded) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  if (GetParam() == LimitMethod::kRlimits)
    GTEST_SKIP() << "a sanitizer's own memory counts, and is more than the limit";
#endif
  const auto limits = ResourceLimits::CreateWith(GetParam(), Name(), {0, int64_t{48} << 20});
  if (!limits) GTEST_SKIP() << limits.error().message;
  EXPECT_EQ(RunUnder(**limits, [] { return TakeMemory(size_t{8} << 20); }), 0);
  EXPECT_NE(RunUnder(**limits, [] { return TakeMemory(size_t{200} << 20); }), 0);
}

TEST_P(Methods, CoresAreBounded) {
  const auto limits = ResourceLimits::CreateWith(GetParam(), Name(), {1, 0});
  if (!limits) GTEST_SKIP() << limits.error().message;
  const int status = RunUnder(**limits, [] {
    cpu_set_t cores;
    sched_getaffinity(0, sizeof(cores), &cores);
    return CPU_COUNT(&cores);
  });
  ASSERT_TRUE(WIFEXITED(status));
  if (GetParam() == LimitMethod::kRlimits) {
    EXPECT_EQ(WEXITSTATUS(status), 1);
  } else {
    EXPECT_GE(WEXITSTATUS(status), 1);
  }
  EXPECT_GE((*limits)->CpuSeconds().value_or(0), 0);
}

std::string MethodName(const testing::TestParamInfo<LimitMethod>& method) {
  switch (method.param) {
    case LimitMethod::kCgroup2:
      return "Cgroup2";
    case LimitMethod::kCgroup1:
      return "Cgroup1";
    case LimitMethod::kRlimits:
      break;
  }
  return "Rlimits";
}

INSTANTIATE_TEST_SUITE_P(All, Methods,
                         testing::Values(LimitMethod::kCgroup2, LimitMethod::kCgroup1, LimitMethod::kRlimits),
                         MethodName);

TEST(ResourceLimits, SomethingAlwaysWorksAndLeavesNothing) {
  {
    const auto limits = ResourceLimits::Create(Name(), {1, int64_t{64} << 20});
    ASSERT_TRUE(limits) << limits.error().ToString();
    EXPECT_EQ(RunUnder(**limits, [] { return 0; }), 0);
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           "/sys/fs/cgroup", std::filesystem::directory_options::skip_permission_denied)) {
    EXPECT_NE(entry.path().filename().string(), Name());
  }
}

}  // namespace
}  // namespace sinter
