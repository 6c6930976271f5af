#include "server/cli/job_folder.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sinter {
namespace {

size_t FoldersIn(const Path& parent) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(parent)) count += entry.is_directory();
  return count;
}

TEST(JobFolder, IsPrivateAndGoesWithItsOwner) {
  const TemporaryFolder parent;
  Path path;
  {
    auto folder = JobFolder::CreateUnder(parent.path());
    ASSERT_TRUE(folder) << folder.error().ToString();
    path = (*folder)->path();
    struct stat about{};
    ASSERT_EQ(::stat(path.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0700u);
    ASSERT_TRUE(WriteFileAtomically(path / "segment", "bytes"));
    // Another job beside it leaves it alone.
    auto other = JobFolder::CreateUnder(parent.path());
    ASSERT_TRUE(other);
    EXPECT_NE((*other)->path(), path);
    EXPECT_TRUE(ReadFile(path / "segment"));
    EXPECT_EQ(FoldersIn(parent.path()), 2u);
  }
  EXPECT_EQ(FoldersIn(parent.path()), 0u);
}

TEST(JobFolder, WhatAKilledLauncherLeftIsRemovedByTheNext) {
  const TemporaryFolder parent;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto folder = JobFolder::CreateUnder(parent.path());
    const bool made = folder && WriteFileAtomically((*folder)->path() / "segment", "bytes");
    (void)!::write(ready[1], made ? "y" : "n", 1);
    for (;;) ::pause();
  }
  char made = 0;
  ASSERT_EQ(::read(ready[0], &made, 1), 1);
  EXPECT_EQ(made, 'y');
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ASSERT_EQ(FoldersIn(parent.path()), 1u) << "nobody tidied up yet";
  auto next = JobFolder::CreateUnder(parent.path());
  ASSERT_TRUE(next);
  EXPECT_EQ(FoldersIn(parent.path()), 1u);
  EXPECT_FALSE(ReadFile((*next)->path() / "segment"));
}

TEST(JobFolder, WhatCannotBeMadeIsSaid) {
  const TemporaryFolder parent;
  const auto folder = JobFolder::CreateUnder(parent.path() / "nowhere");
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().message.find("nowhere"), std::string::npos) << folder.error().ToString();
}

}  // namespace
}  // namespace sinter
