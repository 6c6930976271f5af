// What every implementation of Records does alike: on SQLite, and on a real PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "platform/records/testing/backends.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;

class RecordsTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto backend = MakeRecordsBackend(GetParam());
    ASSERT_TRUE(backend) << backend.error().ToString();
    backend_ = *std::move(backend);
    Reopen();
  }
  std::unique_ptr<Records> Open() {
    auto opened = backend_->Open(clock_);
    EXPECT_TRUE(opened) << opened.error().ToString();
    return *std::move(opened);
  }
  void Reopen() {
    records_.reset();
    records_ = Open();
  }
  std::vector<std::string> Names(const RecordQuery& query) {
    std::vector<std::string> names;
    const RecordPage page = records_->List(query).value();
    names.reserve(page.records.size());
    for (const Record& r : page.records) names.push_back(r.name);
    return names;
  }
  ManualClock clock_;
  std::unique_ptr<RecordsBackend> backend_;
  std::unique_ptr<Records> records_;
};

INSTANTIATE_TEST_SUITE_P(All, RecordsTest, ::testing::ValuesIn(RecordsBackends()),
                         [](const auto& chosen) { return chosen.param; });

TEST_P(RecordsTest, ARecordsLife) {
  auto made = records_->Create("model", "me/fashion", R"({"task": "classify"})", "{}", "ann");
  ASSERT_TRUE(made) << made.error().ToString();
  EXPECT_EQ(made->spec, R"({"task":"classify"})");
  EXPECT_EQ(made->created_by, "ann");
  EXPECT_EQ(made->created_ms, clock_.UnixMillis());
  EXPECT_EQ(records_->Create("model", "me/fashion", "{}", "{}", "bob").error().code,
            ErrorCode::kAlreadyExists);
  clock_.Advance(std::chrono::seconds(5));
  made->status = R"({"latest":1})";
  auto swapped = records_->CompareAndSwap(*made, "bob");
  ASSERT_TRUE(swapped);
  EXPECT_GT(swapped->revision, made->revision);
  EXPECT_EQ(swapped->updated_ms - swapped->created_ms, 5000);
  EXPECT_EQ(swapped->created_by, "ann");
  EXPECT_EQ(swapped->updated_by, "bob");
  EXPECT_EQ(records_->CompareAndSwap(*made, "eve").error().code, ErrorCode::kConflict);
  EXPECT_EQ(records_->Delete(*made, "eve").error().code, ErrorCode::kConflict);

  Reopen();
  auto read = records_->Get("model", "me/fashion");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->status, R"({"latest":1})");
  EXPECT_EQ(read->revision, swapped->revision);

  ASSERT_TRUE(records_->Delete(*read, "ann"));
  EXPECT_EQ(records_->Get("model", "me/fashion").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(records_->Get("model", "\xff").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(records_->Get("model", std::string("a\0b", 3)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(records_->Delete(*read, "ann").error().code, ErrorCode::kNotFound);
  auto again = records_->Create("model", "me/fashion", "{}", "{}", "ann");
  ASSERT_TRUE(again);
  EXPECT_GT(again->revision, read->revision);  // an old reader cannot overwrite the new record
}

TEST_P(RecordsTest, ListsByPrefixInPages) {
  for (const char* name : {"b/2", "a/1", "b/1", "b/3", "c"}) {
    ASSERT_TRUE(records_->Create("run", name, "{}", "{}", "ann"));
  }
  ASSERT_TRUE(records_->Create("other", "b/9", "{}", "{}", "ann"));
  EXPECT_THAT(Names({.kind = "run"}), ElementsAre("a/1", "b/1", "b/2", "b/3", "c"));
  EXPECT_THAT(Names({.kind = "run", .prefix = "b/"}), ElementsAre("b/1", "b/2", "b/3"));
  auto page = records_->List({.kind = "run", .prefix = "b/", .limit = 2});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->next, "b/2");
  EXPECT_THAT(Names({.kind = "run", .prefix = "b/", .after = page->next, .limit = 2}), ElementsAre("b/3"));
  EXPECT_EQ(records_->List({.kind = "run", .prefix = "b/", .limit = 3})->next, "");
  EXPECT_FALSE(records_->List({.kind = "run", .limit = 0}));
  EXPECT_FALSE(records_->List({.kind = "run", .limit = 1001}));
}

TEST_P(RecordsTest, ATransactionIsAllOrNothing) {
  auto first = records_->Create("ref", "main", R"({"at":1})", "{}", "ann");
  Record moved = *first;
  moved.spec = R"({"at":2})";
  std::vector<RecordWrite> writes{RecordWrite::Create("commit", "c2", "{}"), RecordWrite::Update(moved),
                                  RecordWrite::Create("commit", "c2", "{}")};
  EXPECT_EQ(records_->Apply(writes, "ann").error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(records_->Get("ref", "main")->spec, R"({"at":1})");
  EXPECT_EQ(records_->Get("commit", "c2").error().code, ErrorCode::kNotFound);
  writes.pop_back();
  auto done = records_->Apply(writes, "ann");
  ASSERT_TRUE(done);
  EXPECT_EQ(done->at(1).spec, R"({"at":2})");
  EXPECT_EQ(records_->LastSequence().value(), done->at(1).revision);
}

TEST_P(RecordsTest, HistorySaysWhoDidWhatInOrder) {
  auto record = records_->Create("service", "fashion", "{}", "{}", "ann");
  record->spec = R"({"model":"v2"})";
  record = records_->CompareAndSwap(*record, "bob");
  ASSERT_TRUE(records_->Create("token", "t", "{}", "{}", "ann"));
  ASSERT_TRUE(records_->Delete(*record, "eve"));
  auto all = records_->History({});
  ASSERT_TRUE(all);
  std::vector<std::string> lines;
  int64_t last = 0;
  for (const Change& c : *all) {
    EXPECT_GT(c.sequence, last);
    last = c.sequence;
    lines.push_back(fmt::format("{} {} {} {} {}", c.by, ChangeKindName(c.change), c.record.kind,
                                c.record.name, c.record.spec));
  }
  EXPECT_THAT(lines,
              ElementsAre("ann create service fashion {}", R"(bob update service fashion {"model":"v2"})",
                          "ann create token t {}", R"(eve delete service fashion {"model":"v2"})"));
  EXPECT_EQ(records_->History({.after = all->at(1).sequence})->size(), 2u);
  EXPECT_EQ(records_->History({.kind = "token"})->size(), 1u);
  EXPECT_EQ(records_->History({.kind = "service", .name = "fashion", .limit = 2})->size(), 2u);
}

TEST_P(RecordsTest, RefusesWhatIsNoRecord) {
  auto code = [&](std::string kind, std::string name, std::string spec, std::string status) {
    return records_->Create(std::move(kind), std::move(name), std::move(spec), std::move(status), "ann")
        .error()
        .code;
  };
  EXPECT_EQ(code("Bad Kind", "a", "{}", "{}"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("", "a", "{}", "{}"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("k", "", "{}", "{}"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("k", "a\nb", "{}", "{}"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("k", "\xff", "{}", "{}"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("k", "\xc0\xaf", "{}", "{}"), ErrorCode::kInvalidArgument);  // overlong '/'
  EXPECT_EQ(code("k", std::string(513, 'a'), "{}", "{}"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("k", "a", "[]", "{}"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("k", "a", "{", "{}"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("k", "a", "{}", R"({"a":1,"a":2})"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(records_->History({.name = "a"}).error().code, ErrorCode::kInvalidArgument);
  const std::string hard = R"({"text":"\\ \" ' {a,b} \u0000 \n $1 NULL 图"})";
  auto kept = records_->Create("k", R"(na"me\ {x},y' NULL)", hard, hard, R"(wh"o\)");
  ASSERT_TRUE(kept) << kept.error().ToString();
  auto read = records_->Get("k", R"(na"me\ {x},y' NULL)");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->spec, CanonicalObject("", hard).value());
  EXPECT_EQ(read->created_by, R"(wh"o\)");
  EXPECT_TRUE(records_->Create("k", "图片/模型@3", R"({"名":"值"})", "{}", "安"));
  EXPECT_EQ(records_->Get("k", "图片/模型@3")->spec, R"({"名":"值"})");
}

// Eight writers count one record up; none of their steps is lost and none is counted twice.
TEST_P(RecordsTest, ConcurrentCompareAndSwapLosesNothing) {
  ASSERT_TRUE(records_->Create("counter", "c", R"({"n":0})", "{}", "ann"));
  constexpr int kThreads = 8, kSteps = 12;
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kSteps; ++i) {
        failed += !records_->Update("counter", "c", "t", [](Record& record) -> Status {
          record.spec = fmt::format(R"({{"n":{}}})", std::stoi(record.spec.substr(5)) + 1);
          return {};
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(records_->Get("counter", "c")->spec, fmt::format(R"({{"n":{}}})", kThreads * kSteps));
  EXPECT_EQ(records_->History({.kind = "counter"})->size(), size_t{kThreads * kSteps + 1});
}

// A record that one transaction writes several times: each step sees the one before.
TEST_P(RecordsTest, StepsOfATransactionSeeEachOther) {
  auto a = records_->Create("k", "a", "{}", "{}", "ann");
  const RecordWrite writes[] = {RecordWrite::Delete(*a), RecordWrite::Create("k", "a", R"({"n":1})"),
                                RecordWrite::Create("k", "b", "{}")};
  auto done = records_->Apply(writes, "bob");
  ASSERT_TRUE(done) << done.error().ToString();
  EXPECT_EQ(records_->Get("k", "a")->spec, R"({"n":1})");
  EXPECT_EQ(records_->Get("k", "a")->created_by, "bob");
  const auto changes = records_->History({.after = a->revision});
  ASSERT_EQ(changes->size(), 3u);
  EXPECT_EQ(changes->at(0).change, ChangeKind::kDelete);
  EXPECT_EQ(changes->at(1).change, ChangeKind::kCreate);
  EXPECT_EQ(records_->Apply({}, "bob")->size(), 0u);
}

// Records of the largest kind come a few at a time, whatever the limit: a page has to fit into memory.
TEST_P(RecordsTest, PagesOfLargeRecordsEndEarly) {
  const std::string spec = R"({"pad":")" + std::string(kRecordTextLimit - 100, 'x') + "\"}";
  constexpr int kRecords = 6;
  for (int i = 0; i < kRecords; ++i)
    ASSERT_TRUE(records_->Create("k", fmt::format("{}", i), spec, "{}", "ann"));
  int pages = 0, records = 0;
  RecordQuery query{.kind = "k", .limit = 1000};
  do {
    const RecordPage page = records_->List(query).value();
    EXPECT_LE(page.records.size(), 5u);
    for (const Record& record : page.records) EXPECT_EQ(record.name, fmt::format("{}", records++));
    query.after = page.next;
    ++pages;
  } while (!query.after.empty());
  EXPECT_EQ(records, kRecords);
  EXPECT_EQ(pages, 2);
  int64_t seen = 0;
  for (const char* kind : {"", "k"}) {
    seen = 0;
    while (seen < kRecords) {
      const auto changes = records_->History({.after = seen, .kind = kind, .limit = 1000}).value();
      ASSERT_FALSE(changes.empty());
      EXPECT_LE(changes.size(), 5u);
      EXPECT_EQ(changes.front().sequence, seen + 1);
      seen = changes.back().sequence;
    }
  }
}

TEST_P(RecordsTest, RowsOfLeasesAreSwapped) {
  EXPECT_EQ(records_->GetLease("l").error().code, ErrorCode::kNotFound);
  auto made = records_->SwapLease({"l", "ann", 1, 1000, 0}, 0);
  ASSERT_TRUE(made) << made.error().ToString();
  EXPECT_EQ(made->version, 1);
  EXPECT_EQ(records_->SwapLease({"l", "bob", 1, 1000, 0}, 0).error().code, ErrorCode::kConflict);
  EXPECT_EQ(records_->SwapLease({"l", "bob", 2, 1000, 0}, 2).error().code, ErrorCode::kConflict);
  EXPECT_EQ(records_->SwapLease({"x", "bob", 2, 1000, 0}, 2).error().code, ErrorCode::kConflict);
  EXPECT_EQ(records_->SwapLease({"l", "bob", 0, 1000, 0}, 1).error().code, ErrorCode::kInvalidArgument);
  ASSERT_TRUE(records_->SwapLease({"l", "", 2, 500, 0}, 1));
  Reopen();
  EXPECT_EQ(records_->GetLease("l").value(), (LeaseRow{"l", "", 2, 500, 2}));
  EXPECT_EQ(records_->LastSequence().value(), 0);  // apart from the history
}

}  // namespace
}  // namespace sinter
