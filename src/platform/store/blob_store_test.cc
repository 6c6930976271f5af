#include "platform/store/blob_store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/testing/full_disk.h"

namespace sinter {
namespace {

std::string_view Text(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

TEST(BlobStore, WhatIsPutIsReadBackByItsDigest) {
  TemporaryFolder folder;
  auto store = *BlobStore::Open(folder.path());
  const auto info = store->Put("hello");
  ASSERT_TRUE(info) << info.error().ToString();
  EXPECT_EQ(*info, (BlobInfo{HashText("hello"), 5}));
  EXPECT_EQ(Text(**store->Open(info->digest)), "hello");
  EXPECT_EQ(*store->Size(info->digest), 5u);
  EXPECT_TRUE(store->Verify(info->digest));
  EXPECT_EQ(store->Open(HashText("other")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store->Put("").value().size, 0u);
  EXPECT_TRUE(store->Remove(info->digest));
  EXPECT_FALSE(store->Has(info->digest));
}

TEST(BlobStore, TheSameBytesAreKeptOnce) {
  TemporaryFolder folder;
  auto store = *BlobStore::Open(folder.path());
  ASSERT_TRUE(store->Put("same"));
  ASSERT_TRUE(WriteFileAtomically(folder.path() / "file", "same"));
  ASSERT_EQ(store->PutFile(folder.path() / "file")->digest, HashText("same"));
  EXPECT_EQ(FilesUnder(folder.path() / "sha256"), 1u);
  EXPECT_EQ(FilesUnder(folder.path() / "incoming"), 0u);
  int seen = 0;
  EXPECT_TRUE(store->ForEach([&](const BlobInfo& info) -> Status {
    EXPECT_EQ(info.digest, HashText("same"));
    ++seen;
    return {};
  }));
  EXPECT_EQ(seen, 1);
}

TEST(BlobStore, AnAnnouncedDigestIsVerified) {
  TemporaryFolder folder;
  auto store = *BlobStore::Open(folder.path());
  {
    auto writer = *store->NewWriter();
    ASSERT_TRUE(writer.Write("ab"));
    ASSERT_TRUE(writer.Write("c"));
    EXPECT_EQ(writer.Commit(HashText("abd")).error().code, ErrorCode::kCorrupt);
  }
  EXPECT_EQ(FilesUnder(folder.path()), 0u);
  auto writer = *store->NewWriter();
  ASSERT_TRUE(writer.Write("abc"));
  EXPECT_TRUE(writer.Commit(HashText("abc")));
}

TEST(BlobStore, ABoundHolds) {
  TemporaryFolder folder;
  auto store = *BlobStore::Open(folder.path());
  {
    auto writer = *store->NewWriter(4);
    ASSERT_TRUE(writer.Write("abcd"));
    EXPECT_EQ(writer.Write("e").error().code, ErrorCode::kResourceExhausted);
  }
  EXPECT_EQ(FilesUnder(folder.path()), 0u);
}

TEST(BlobStore, DamageIsSeenAndMended) {
  TemporaryFolder folder;
  auto store = *BlobStore::Open(folder.path());
  const auto digest = store->Put("precious")->digest;
  ASSERT_TRUE(WriteFileAtomically(store->PathOf(digest), "previous"));
  EXPECT_EQ(store->Verify(digest).error().code, ErrorCode::kCorrupt);
  ASSERT_TRUE(WriteFileAtomically(store->PathOf(digest), "prec"));
  ASSERT_TRUE(store->Put("precious"));
  EXPECT_TRUE(store->Verify(digest));
}

// A process is killed while it writes; another that lives keeps its unfinished blob through the sweep.
TEST(BlobStore, LeftoversOfTheDeadAreSweptThoseOfTheLivingAreNot) {
  TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = *BlobStore::Open(folder.path());
    auto writer = *store->NewWriter();
    if (!writer.Write("half") || ::write(ready[1], "x", 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  auto living = *BlobStore::Open(folder.path());
  auto writer = *living->NewWriter();
  ASSERT_TRUE(writer.Write("whole"));
  EXPECT_EQ(FilesUnder(folder.path()), 2u);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  auto opened = *BlobStore::Open(folder.path());
  EXPECT_EQ(FilesUnder(folder.path()), 1u);
  EXPECT_TRUE(writer.Commit(HashText("whole")));
  EXPECT_EQ(Text(**opened->Open(HashText("whole"))), "whole");
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(BlobStore, ManyThreadsPutAtOnce) {
  TemporaryFolder folder;
  auto store = *BlobStore::Open(folder.path());
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const std::string text = "blob " + std::to_string(i);  // the same ones from every thread
        const auto info = store->Put(text);
        failed += !info || info->digest != HashText(text) || !store->Open(info->digest);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(FilesUnder(folder.path()), 20u);
}

}  // namespace
}  // namespace sinter
