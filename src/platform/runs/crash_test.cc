// kill -9 at random moments under mixed writes: records, blobs, metrics, and garbage that is collected all
// the while, also such as the next blob is going to be. Whatever was acknowledged is there
// and verifies, nothing half-written is visible, and work goes on. With CRASH_KILLS=1000 (what ./dev test
// --full does) instead of the 100 of an ordinary run.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <array>
#include <random>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/json.h"
#include "base/random.h"
#include "base/testing/full_disk.h"
#include "platform/hub/garbage.h"
#include "platform/hub/home.h"
#include "platform/records/sqlite.h"
#include "platform/records/testing/torn_disk.h"
#include "platform/runs/metric_store.h"

namespace sinter {
namespace {

// The three kinds of work, each counted by itself.
enum Work : int64_t { kRecords, kBlobs, kMetrics, kWorks };
struct Acknowledgement {
  int64_t work = 0, n = 0;
};
using Counts = std::array<int64_t, kWorks>;
constexpr int kBatch = 10;  // points of one Append

// The n-th blob: 1 byte to some 200 kB, always the same.
std::string BlobOf(int64_t n) {
  std::string bytes(1 + RandomBelow(7, 1, static_cast<uint64_t>(n), n % 4 == 0 ? 200'000 : 3'000), 0);
  for (size_t i = 0; i < bytes.size(); i += 8) {
    const uint64_t bits = RandomBits(7, static_cast<uint64_t>(n) + 2, i);
    for (size_t j = i; j < std::min(bytes.size(), i + 8); ++j)
      bytes[j] = static_cast<char>(bits >> (8 * (j - i)));
  }
  return bytes;
}

int64_t CountOf(const Record& record) { return ParseJson(record.spec)->value("n", int64_t{-1}); }

// One more record, or blob with its record, with the counter in the same transaction.
Status AddOne(Home& home, const char* counter, const char* kind, int64_t& n) {
  TRY(Record record, home.records().Get("counter", counter));
  n = CountOf(record) + 1;
  record.spec = Json{{"n", n}}.dump();
  Json spec = {{"pad", std::string(static_cast<size_t>(n % 3000), 'x')}};
  const SweepHold hold = home.store().Hold();
  if (std::string_view(kind) == "blob") {
    TRY(const BlobInfo blob, home.store().Put(BlobOf(n)));
    spec = {{"sha256", blob.digest.Hex()}};
    // Nobody's as yet: it goes, or the next one finds it there.
    if (n % 3 == 0) TRY_STATUS(home.store().Put(BlobOf(n + 1)));
  }
  const RecordWrite writes[] = {RecordWrite::Update(record),
                                RecordWrite::Create(kind, fmt::format("{:07}", n), spec.dump())};
  TRY_STATUS(home.records().Apply(writes, "child"));
  return {};
}

Result<int64_t> PointsOf(MetricStore& metrics) {
  auto series = metrics.Read({.run = "r", .name = "loss", .at_most = 1});
  if (!series && series.error().code == ErrorCode::kNotFound) return 0;
  if (!series) return std::move(series).error();
  return series->points;
}

Status AppendOne(MetricStore& metrics, int64_t& n) {
  TRY(const int64_t points, PointsOf(metrics));
  std::vector<MetricPoint> batch;
  batch.reserve(kBatch);
  for (int i = 0; i < kBatch; ++i) batch.push_back({"loss", points + i, 0.5, points + i});
  n = points / kBatch + 1;
  return metrics.Append("r", batch);
}

RecordRules Rules() {
  std::vector<RecordRule> rules;
  for (const char* kind : {"counter", "step"}) rules.push_back(PlainRecordRule(kind));
  rules.push_back({"blob", [](const Record& record) -> Result<RecordNeeds> {
                     TRY(const Json spec, ParseJson(record.spec));
                     return RecordNeeds{.label = record.name,
                                        .blobs = {*ParseSha256(spec.value("sha256", ""))}};
                   }});
  return RecordRules(std::move(rules));
}

// One collection without any grace.
Status Collect(Home& home, PartialBlobs& partial, const RecordRules& rules, PackPointers& pointers) {
  TRY_STATUS(CollectGarbage(home, partial, rules, pointers, {std::chrono::milliseconds(-1000), false}));
  return {};
}

// Works on all three at once until it is killed; says what is done once it is done.
[[noreturn]] void WorkForEver(const Path& folder, int report, TornDisk* disk) {
  if (disk != nullptr) disk->Install();
  auto home = Home::Open(folder);
  if (!home) {
    std::fprintf(stderr, "the child cannot open: %s\n", home.error().ToString().c_str());
    ::_exit(1);
  }
  auto metrics = MetricStore::Open((*home)->MetricsPath());
  if (!metrics) ::_exit(2);
  const auto repeat = [&](Work work, auto step) {
    while (true) {
      Acknowledgement done{work, 0};
      const Status status = step(done.n);
      if (!status) {
        std::fprintf(stderr, "the child cannot write: %s\n", status.error().ToString().c_str());
        ::_exit(3);
      }
      if (::write(report, &done, sizeof done) != sizeof done) ::_exit(4);
    }
  };
  auto partial = PartialBlobs::Open(folder / "store" / "partial", (*home)->store());
  if (!partial) ::_exit(6);
  std::thread garbage([&] {
    const RecordRules rules = Rules();
    PackPointers pointers((*home)->store(), (*home)->CacheFolder() / "gc");
    while (true) {
      const Status status = Collect(**home, **partial, rules, pointers);
      if (status) continue;
      std::fprintf(stderr, "the child cannot collect: %s\n", status.error().ToString().c_str());
      ::_exit(7);
    }
  });
  std::thread blobs([&] { repeat(kBlobs, [&](int64_t& n) { return AddOne(**home, "blobs", "blob", n); }); });
  std::thread points([&] { repeat(kMetrics, [&](int64_t& n) { return AppendOne(**metrics, n); }); });
  repeat(kRecords, [&](int64_t& n) { return AddOne(**home, "steps", "step", n); });
  ::_exit(5);
}

// What was acknowledged is there, and at most `unsaid` more of each; of the last one every byte.
void Check(const Path& folder, Counts& acknowledged, int unsaid) {
  auto home = Home::Open(folder);
  ASSERT_TRUE(home) << home.error().ToString();
  Records& records = (*home)->records();
  Counts found{};
  const std::pair<Work, std::array<const char*, 2>> kinds[] = {{kRecords, {"steps", "step"}},
                                                               {kBlobs, {"blobs", "blob"}}};
  for (const auto& [work, names] : kinds) {
    const auto counter = records.Get("counter", names[0]);
    ASSERT_TRUE(counter) << counter.error().ToString();
    found[work] = CountOf(*counter);
    EXPECT_FALSE(records.Get(names[1], fmt::format("{:07}", found[work] + 1)));
    if (found[work] == 0) continue;
    const auto last = records.Get(names[1], fmt::format("{:07}", found[work]));
    ASSERT_TRUE(last) << last.error().ToString();
    if (work != kBlobs) continue;
    const Sha256Digest digest = HashText(BlobOf(found[work]));
    EXPECT_EQ(ParseJson(last->spec)->value("sha256", ""), digest.Hex());
    EXPECT_TRUE((*home)->store().Verify(digest));
  }
  EXPECT_EQ(records.LastSequence().value(), 2 + 2 * (found[kRecords] + found[kBlobs]));
  auto metrics = MetricStore::Open((*home)->MetricsPath());
  ASSERT_TRUE(metrics) << metrics.error().ToString();
  const int64_t points = PointsOf(**metrics).value();
  EXPECT_EQ(points % kBatch, 0);  // a batch is all there or not
  found[kMetrics] = points / kBatch;
  for (size_t work = 0; work < kWorks; ++work) {
    EXPECT_GE(found[work], acknowledged[work]);
    EXPECT_LE(found[work], acknowledged[work] + unsaid);
  }
  acknowledged = found;
  // What was on its way in has been swept; the folder of this session is empty.
  EXPECT_EQ(FilesUnder(folder / "store" / "incoming"), 0u);
}

// Everything, from the first to the last.
void CheckAll(const Path& folder, const Counts& counts) {
  auto home = *Home::Open(folder);
  for (const char* kind : {"step", "blob"}) {
    int64_t n = 0;
    RecordQuery query{.kind = kind, .limit = 1000};
    do {
      auto page = home->records().List(query);
      ASSERT_TRUE(page) << page.error().ToString();
      for (const Record& record : page->records) {
        ASSERT_EQ(record.name, fmt::format("{:07}", ++n));
        if (std::string_view(kind) != "blob") continue;
        ASSERT_TRUE(home->store().Has(*ParseSha256(ParseJson(record.spec)->value("sha256", ""))));
      }
      query.after = page->next;
    } while (!query.after.empty());
    EXPECT_EQ(n, counts[std::string_view(kind) == "blob" ? kBlobs : kRecords]);
  }
  // Also those whose record never came: nothing under a blob's name is half a blob.
  int64_t blobs = 0;
  ASSERT_TRUE(home->store().ForEach([&](const BlobInfo& blob) {
    ++blobs;
    return home->store().Verify(blob.digest);
  }));
  EXPECT_GE(blobs, counts[kBlobs]);
  // One collection more, and what is left is what the records name.
  auto partial = *PartialBlobs::Open(folder / "store" / "partial", home->store());
  PackPointers pointers(home->store(), home->CacheFolder() / "gc");
  const auto collected =
      CollectGarbage(*home, *partial, Rules(), pointers, {std::chrono::milliseconds(-1000), false});
  ASSERT_TRUE(collected) << collected.error().ToString();
  EXPECT_EQ(collected->live.count, counts[kBlobs]);
  EXPECT_EQ(collected->live.count + collected->removed.count, blobs);
  for (const char* file : {"records.db", "metrics.db"}) {
    auto connection = SqliteConnection::Open(folder / file).value();
    auto check = connection->Query("PRAGMA integrity_check").value();
    ASSERT_TRUE(check.Step().value());
    EXPECT_EQ(check.Text(0), "ok") << file;
  }
}

// What of a blob was written and not synced is cut or garbled too.
void TearIncoming(const Path& folder, std::mt19937& random) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "store" / "incoming")) {
    if (!entry.is_regular_file() || entry.file_size() == 0) continue;
    std::string bytes = *ReadFile(entry.path());
    bytes.resize(random() % bytes.size());
    for (size_t i = bytes.size() / 2; i < bytes.size(); i += 97) bytes[i] = static_cast<char>(random());
    ASSERT_TRUE(WriteFileAtomically(entry.path(), bytes));
  }
}

// `rounds` kills. Between two of them the home is looked at, or the next child finds it as the last left it.
void KillAgainAndAgain(int rounds, TornDisk* disk, int* torn = nullptr) {
  const char* fixed = std::getenv("CRASH_SEED");
  const unsigned seed = fixed != nullptr ? static_cast<unsigned>(std::stoul(fixed)) : std::random_device{}();
  SCOPED_TRACE(fmt::format("CRASH_SEED={}", seed));
  std::mt19937 random(seed);
  TemporaryFolder temporary;
  const Path folder = temporary.path() / "home";
  {
    auto home = *Home::Open(folder);
    for (const char* counter : {"steps", "blobs"})
      ASSERT_TRUE(home->records().Create("counter", counter, R"({"n":0})", "{}", "parent"));
  }
  Counts acknowledged{};
  int unsaid = 0;  // each child may have done one of each, and not come to say it
  for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      WorkForEver(folder, ends[1], disk);
    }
    ::close(ends[1]);
    const auto read = [&] {
      Acknowledgement done;
      if (::read(ends[0], &done, sizeof done) != sizeof done) return false;
      acknowledged[static_cast<size_t>(done.work)] =
          std::max(acknowledged[static_cast<size_t>(done.work)], done.n);
      return true;
    };
    // Now and then while it is still opening; else after some steps, and then at any microsecond.
    const bool early = random() % 8 == 0;
    for (auto left = early ? 0 : 1 + random() % 12; left > 0 && read();) --left;
    std::this_thread::sleep_for(std::chrono::microseconds(random() % (early ? 20'000 : 3'000)));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << "round " << round << ": it ended by itself, " << status;
    while (read()) {
    }
    ::close(ends[0]);
    if (disk != nullptr) {
      *torn += disk->Tear(random);
      TearIncoming(folder, random);
    }
    ++unsaid;
    if (random() % 2 == 0) Check(folder, acknowledged, std::exchange(unsaid, 0));
  }
  if (testing::Test::HasFailure()) return;
  Check(folder, acknowledged, unsaid);
  CheckAll(folder, acknowledged);
  for (size_t work = 0; work < kWorks; ++work) EXPECT_GT(acknowledged[work], rounds / 4);
}

TEST(Crash, NothingAcknowledgedIsLost) {
  const char* kills = std::getenv("CRASH_KILLS");
  KillAgainAndAgain(kills != nullptr ? std::stoi(kills) : 100, nullptr);
}

TEST(Crash, NothingAcknowledgedIsLostWhenThePowerFails) {
  TornDisk disk;
  int torn = 0;
  const char* kills = std::getenv("CRASH_KILLS");
  KillAgainAndAgain(kills != nullptr ? std::stoi(kills) : 100, &disk, &torn);
  EXPECT_FALSE(disk.overflowed());
  EXPECT_GT(torn, 20);  // it was hit in the middle, often enough
}

// All kinds of work until none finds space any more; then some space is made, and it goes on.
TEST(Crash, NothingAcknowledgedIsLostOnADiskThatFills) {
  TemporaryFolder temporary;
  const int outcome = OnSmallDisk(temporary.path(), size_t{12} << 20, [&] {
    const Path folder = temporary.path() / "home", filler = temporary.path() / "filler";
    SINTER_EXIT_UNLESS(WriteFileAtomically(filler, std::string(size_t{6} << 20, 'x')));
    Counts done{};
    for (const bool full : {true, false}) {
      {
        auto home = Home::Open(folder);
        SINTER_EXIT_UNLESS(home);
        auto metrics = MetricStore::Open((*home)->MetricsPath());
        SINTER_EXIT_UNLESS(metrics);
        for (const char* counter : {"steps", "blobs"}) {
          const auto made = (*home)->records().Create("counter", counter, R"({"n":0})", "{}", "parent");
          SINTER_EXIT_UNLESS(made || made.error().code == ErrorCode::kAlreadyExists);
        }
        // One of each in turn; who is refused stays away, so that the others get to the last byte.
        std::array<bool, kWorks> refused{};
        for (int turn = 0; turn < (full ? 100'000 : 30) && refused != std::array{true, true, true}; ++turn) {
          const auto work = static_cast<size_t>(turn % kWorks);
          if (refused[work]) continue;
          int64_t n = 0;
          const Status status = work == kRecords ? AddOne(**home, "steps", "step", n)
                                : work == kBlobs ? AddOne(**home, "blobs", "blob", n)
                                                 : AppendOne(**metrics, n);
          if (status) {
            done[work] = n;
            continue;
          }
          if (status.error().code != ErrorCode::kResourceExhausted) {
            std::fprintf(stderr, "it said: %s\n", status.error().ToString().c_str());
            ::_exit(1);
          }
          refused[work] = true;
        }
        SINTER_EXIT_UNLESS(full == (refused == std::array{true, true, true}));
      }
      if (full) SINTER_EXIT_UNLESS(std::filesystem::remove(filler));
      Check(folder, done, 0);
      CheckAll(folder, done);
      SINTER_EXIT_UNLESS(!testing::Test::HasFailure());
    }
  });
  if (outcome == kInChildCannotMount) GTEST_SKIP() << "no tmpfs may be mounted here";
  EXPECT_EQ(outcome, kInChildPassed);
}

}  // namespace
}  // namespace sinter
