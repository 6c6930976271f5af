#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "platform/store/blob_store.h"

namespace sinter {
namespace {

using Outcome = BlobSweep::Outcome;

int64_t NowMs() { return Clock::Real().UnixMillis(); }

void MakeOld(const BlobStore& store, const Sha256Digest& digest, int64_t by_s = 3600) {
  const struct timespec times[2] = {{NowMs() / 1000 - by_s, 0}, {NowMs() / 1000 - by_s, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, store.PathOf(digest).c_str(), times, 0), 0);
}

TEST(BlobSweep, OldOnesGoYoungOnesStay) {
  TemporaryFolder folder;
  auto store = *BlobStore::Open(folder.path());
  const auto old = store->Put("old")->digest, young = store->Put("young")->digest;
  MakeOld(*store, old);
  BlobSweep sweep(*store);
  const int64_t since = NowMs() - 60'000;
  EXPECT_EQ(*sweep.Remove(old, since, true), Outcome::kRemoved);
  EXPECT_TRUE(store->Has(old));  // that was dry
  EXPECT_EQ(*sweep.Remove(old, since, false), Outcome::kRemoved);
  EXPECT_EQ(*sweep.Remove(old, since, false), Outcome::kGone);
  EXPECT_EQ(*sweep.Remove(young, since, false), Outcome::kYoung);
  EXPECT_FALSE(store->Has(old));
  EXPECT_TRUE(store->Has(young));
}

// "X is there already", says the store, and the sweep had found X dead: whoever was told so finds it there.
TEST(BlobSweep, WhatIsUsedDuringASweepStaysWhateverItsAge) {
  TemporaryFolder folder;
  auto store = *BlobStore::Open(folder.path());
  const auto asked = store->Put("asked")->digest, again = store->Put("again")->digest,
             dead = store->Put("dead")->digest;
  for (const auto& digest : {asked, again, dead}) MakeOld(*store, digest);
  BlobSweep sweep(*store);
  EXPECT_EQ(*store->Use(asked), 5u);
  EXPECT_TRUE(store->Put("again"));
  // At this very moment nothing is young by its time.
  const int64_t since = NowMs() + 60'000;
  EXPECT_EQ(*sweep.Remove(asked, since, false), Outcome::kYoung);
  EXPECT_EQ(*sweep.Remove(again, since, false), Outcome::kYoung);
  EXPECT_EQ(*sweep.Remove(dead, since, false), Outcome::kRemoved);
  EXPECT_EQ(store->Use(dead).error().code, ErrorCode::kNotFound);
}

TEST(BlobSweep, UseMakesABlobYoungForTheNextSweepToo) {
  TemporaryFolder folder;
  auto store = *BlobStore::Open(folder.path());
  const auto used = store->Put("used")->digest;
  MakeOld(*store, used);
  ASSERT_TRUE(store->Use(used));
  EXPECT_EQ(*BlobSweep(*store).Remove(used, NowMs() - 60'000, false), Outcome::kYoung);
}

TEST(BlobSweep, ItWaitsForThoseWhoHoldTheStoreAndNotForThoseWhoComeLater) {
  TemporaryFolder folder;
  auto store = *BlobStore::Open(folder.path());
  std::atomic<bool> began{false}, release{false}, held{false};
  std::thread holder([&] {
    const SweepHold hold = store->Hold();
    held = true;
    while (!release) std::this_thread::yield();
    EXPECT_FALSE(began);
  });
  while (!held) std::this_thread::yield();
  std::thread sweeper([&] {
    const BlobSweep sweep(*store);
    began = true;
  });
  {
    const SweepHold later = store->Hold();
  }  // does not wait
  release = true;
  holder.join();
  sweeper.join();
  EXPECT_TRUE(began);
}

// Writers put or ask for blobs and then name them, as a commit does, while one sweep follows the other
// without any grace. A name that was given never loses its blob, and what nobody names goes.
TEST(BlobSweep, WritersAndSweepsAtOnce) {
  TemporaryFolder folder;
  auto store = *BlobStore::Open(folder.path());
  constexpr int kBlobs = 40, kWriters = 4;
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mutex mutex;
  Sha256Set named;
  std::atomic<bool> stop{false};
  std::atomic<int> lost{0}, given{0};
  std::vector<std::thread> writers;
  writers.reserve(kWriters);
  for (int t = 0; t < kWriters; ++t) {
    writers.emplace_back([&, t] {
      std::mt19937 random(seed + static_cast<unsigned>(t));
      while (!stop) {
        const std::string text = "blob " + std::to_string(random() % kBlobs);
        const Sha256Digest digest = HashText(text);
        if (random() % 3 == 0) {
          const std::lock_guard lock(mutex);
          named.erase(digest);
          continue;
        }
        const SweepHold hold = store->Hold();
        // Sent unless it is there; the sweep may come between the question and the naming.
        if (!store->Use(digest)) (void)store->Put(text);
        std::this_thread::yield();
        const std::lock_guard lock(mutex);
        named.insert(digest);
        ++given;
      }
    });
  }
  int removed = 0;
  // On busy cores the writers may come to nothing for a while.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  auto enough = [&](int rounds) { return rounds >= 300 && removed > 50 && given > 300; };
  for (int round = 0; !enough(round) && std::chrono::steady_clock::now() < deadline; ++round) {
    BlobSweep sweep(*store);
    Sha256Set live;
    {
      const std::lock_guard lock(mutex);
      live = named;
    }
    std::vector<Sha256Digest> dead;
    ASSERT_TRUE(store->ForEach([&](const BlobInfo& blob) -> Status {
      if (!live.contains(blob.digest)) dead.push_back(blob.digest);
      return {};
    }));
    for (const Sha256Digest& digest : dead)
      removed += *sweep.Remove(digest, NowMs() + 60'000, false) == Outcome::kRemoved;
    const std::lock_guard lock(mutex);
    for (const Sha256Digest& digest : named) lost += !store->Has(digest);
  }
  stop = true;
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(lost, 0);
  EXPECT_GT(removed, 50);
  EXPECT_GT(given, 300);
}

}  // namespace
}  // namespace sinter
