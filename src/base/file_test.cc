#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

namespace sinter {
namespace {

TEST(File, WrittenWholeAndReadBack) {
  TemporaryFolder folder;
  const Path path = folder.path() / "a";
  ASSERT_TRUE(WriteFileAtomically(path, "one"));
  ASSERT_TRUE(WriteFileAtomically(path, "two"));
  EXPECT_EQ(*ReadFile(path), "two");
  EXPECT_EQ(ReadFile(path, 2).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(ReadFile(folder.path() / "b").error().code, ErrorCode::kNotFound);
}

TEST(File, AbandonedWritingLeavesNothing) {
  TemporaryFolder folder;
  {
    auto writer = FileWriter::Create(folder.path() / "a");
    ASSERT_TRUE(writer && writer->Write("half"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

// A real limit of the kernel stands in for the full disk: RLIMIT_FSIZE makes write() fail with EFBIG.
TEST(File, AFullDiskIsSaidAndLeavesTheOldFile) {
  TemporaryFolder folder;
  const Path path = folder.path() / "a";
  ASSERT_TRUE(WriteFileAtomically(path, "old"));
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100, 100};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const Status status = WriteFileAtomically(path, std::string(1000, 'x'));
    ::_exit(!status && status.error().code == ErrorCode::kResourceExhausted ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(*ReadFile(path), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(File, MappedBytesAreTheFile) {
  TemporaryFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder.path() / "a", "abc"));
  ASSERT_TRUE(WriteFileAtomically(folder.path() / "empty", ""));
  auto mapped = MappedFile::Open(folder.path() / "a");
  ASSERT_TRUE(mapped);
  EXPECT_EQ((*mapped)->bytes().size(), 3u);
  EXPECT_EQ((*MappedFile::Open(folder.path() / "empty"))->bytes().size(), 0u);
  EXPECT_FALSE(MappedFile::Open(folder.path()));
}

TEST(FileLock, SecondHolderIsToldWhoHoldsIt) {
  TemporaryFolder folder;
  auto lock = FileLock::Acquire(folder.path() / "lock");
  ASSERT_TRUE(lock);
  auto second = FileLock::Acquire(folder.path() / "lock");
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos);
  lock->reset();
  EXPECT_TRUE(FileLock::Acquire(folder.path() / "lock"));
}

TEST(NormalisePath, RefusesTricks) {
  EXPECT_EQ(*NormalisePath("a/b.txt"), "a/b.txt");
  for (std::string_view bad : {"", "/a", "a/../b", "..", "a//b", "a/", "./a", "a\\b", "a\nb"}) {
    EXPECT_FALSE(NormalisePath(bad)) << bad;
  }
  EXPECT_FALSE(NormalisePath(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace sinter
