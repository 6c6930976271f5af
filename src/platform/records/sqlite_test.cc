#include "platform/records/sqlite.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <deque>
#include <fstream>
#include <thread>

#include "platform/records/sqlite_records.h"
#include "platform/records/sqlite_statements.h"

namespace sinter {
namespace {

constexpr const char* kFirst = "CREATE TABLE t (a INTEGER, b REAL, c TEXT)";
constexpr const char* kSecond = "ALTER TABLE t ADD COLUMN d TEXT DEFAULT 'new'";

TEST(Sqlite, ValuesComeBack) {
  TemporaryFolder folder;
  const char* const migrations[] = {kFirst};
  auto db = *SqliteDatabase::Open(folder.path() / "db", migrations);
  ASSERT_TRUE(db->Write([](SqliteConnection& c) -> Status {
    TRY(SqliteQuery insert, c.Query("INSERT INTO t VALUES (?1, ?2, ?3)"));
    return insert.Bind(0, int64_t{INT64_MIN})
        .Bind(1, std::nan(""))
        .Bind(2, std::string_view("a\0b", 3))
        .Run();
  }));
  ASSERT_TRUE(db->Read([](SqliteConnection& c) -> Status {
    TRY(SqliteQuery query, c.Query("SELECT a, b, c FROM t"));
    TRY(const bool row, query.Step());
    EXPECT_TRUE(row);
    EXPECT_EQ(query.Int(0), INT64_MIN);
    EXPECT_TRUE(std::isnan(query.Real(1)));
    EXPECT_EQ(query.Text(2), std::string("a\0b", 3));
    return {};
  }));
}

TEST(Sqlite, AFailedTransactionLeavesNothing) {
  TemporaryFolder folder;
  const char* const migrations[] = {kFirst};
  auto db = *SqliteDatabase::Open(folder.path() / "db", migrations);
  EXPECT_FALSE(db->Write([](SqliteConnection& c) -> Status {
    TRY_STATUS(c.Run("INSERT INTO t VALUES (1, 2, 'x')"));
    return InvalidArgument("no");
  }));
  ASSERT_TRUE(db->Read([](SqliteConnection& c) -> Status {
    TRY(SqliteQuery query, c.Query("SELECT count(*) FROM t"));
    TRY_STATUS(query.Step());
    EXPECT_EQ(query.Int(0), 0);
    return {};
  }));
}

TEST(Sqlite, MigratesUpAndRefusesNewer) {
  TemporaryFolder folder;
  const char* const old_migrations[] = {kFirst};
  const char* const new_migrations[] = {kFirst, kSecond};
  {
    auto db = *SqliteDatabase::Open(folder.path() / "db", old_migrations);
    ASSERT_TRUE(db->Write([](SqliteConnection& c) { return c.Run("INSERT INTO t VALUES (1, 2, 'x')"); }));
  }
  {
    auto db = *SqliteDatabase::Open(folder.path() / "db", new_migrations);
    ASSERT_TRUE(db->Read([](SqliteConnection& c) -> Status {
      TRY(SqliteQuery query, c.Query("SELECT d FROM t"));
      TRY_STATUS(query.Step());
      EXPECT_EQ(query.Text(0), "new");
      return {};
    }));
  }
  auto older = SqliteDatabase::Open(folder.path() / "db", old_migrations);
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, ErrorCode::kUnsupported);
}

TEST(Sqlite, AFileThatIsNoDatabaseIsSaidSo) {
  TemporaryFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder.path() / "db", std::string(10'000, 'x')));
  auto records = OpenSqliteRecords(folder.path() / "db");
  ASSERT_FALSE(records);
  EXPECT_EQ(records.error().code, ErrorCode::kCorrupt);
}

TEST(Sqlite, DamageIsFound) {
  TemporaryFolder folder;
  const char* const migrations[] = {kFirst};
  const Path path = folder.path() / "db";
  {
    auto db = *SqliteDatabase::Open(path, migrations);
    ASSERT_TRUE(db->Write([](SqliteConnection& c) -> Status {
      for (int i = 0; i < 1000; ++i) TRY_STATUS(c.Run("INSERT INTO t VALUES (1, 2, 'some text')"));
      return {};
    }));
    EXPECT_TRUE(db->CheckIntegrity());
  }
  std::string bytes = *ReadFile(path);
  for (size_t i = 8192; i < 8400; ++i) bytes[i] = '\x5a';
  ASSERT_TRUE(WriteFileAtomically(path, bytes));
  auto db = SqliteDatabase::Open(path, migrations);
  EXPECT_TRUE(!db || !(*db)->CheckIntegrity());
}

// Many at once share commits; each has its own outcome all the same.
TEST(Sqlite, WritersThatWaitTogetherFailAlone) {
  TemporaryFolder folder;
  const char* const migrations[] = {kFirst};
  auto db = *SqliteDatabase::Open(folder.path() / "db", migrations);
  constexpr int kThreads = 8, kEach = 30;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const bool fails = (t + i) % 3 == 0;
        const Status status = db->Write([&](SqliteConnection& c) -> Status {
          TRY(SqliteQuery insert, c.Query("INSERT INTO t VALUES (?1, ?2, 'x')"));
          TRY_STATUS(insert.Bind(0, int64_t{t * kEach + i}).Bind(1, fails ? 1.0 : 0.0).Run());
          if (fails) return InvalidArgument("no");
          return {};
        });
        if (status.has_value() == fails || (!status && status.error().message != "no")) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  ASSERT_TRUE(db->Read([](SqliteConnection& c) -> Status {
    TRY(SqliteQuery query, c.Query("SELECT count(*), count(DISTINCT a), sum(b) FROM t"));
    TRY_STATUS(query.Step());
    EXPECT_EQ(query.Int(0), kThreads * kEach * 2 / 3);
    EXPECT_EQ(query.Int(1), query.Int(0));
    EXPECT_EQ(query.Real(2), 0);  // nothing of those that failed
    return {};
  }));
}

// What 10,000 resources of a kind need: each statement enters an index where its rows begin.
TEST(SqliteRecords, NothingIsFoundByAScan) {
  TemporaryFolder folder;
  auto records = *OpenSqliteRecords(folder.path() / "db");
  auto connection = *SqliteConnection::Open(folder.path() / "db");
  std::deque<std::string> texts;  // statements are kept by their address
  for (const char* sql : kSqliteIndexed) {
    const std::string& text = texts.emplace_back(std::string("EXPLAIN QUERY PLAN ") + sql);
    auto query = connection->Query(text.c_str());
    ASSERT_TRUE(query) << text << ": " << query.error().ToString();
    std::string plan;
    while (query->Step().value()) plan += query->Text(3) + "\n";
    EXPECT_NE(plan.find("SEARCH"), std::string::npos) << text << "\n" << plan;
    EXPECT_EQ(plan.find("SCAN"), std::string::npos) << text << "\n" << plan;
    EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << text << "\n" << plan;  // no sorting either
  }
}

// A home of the release before keeps its records.
TEST(SqliteRecords, AnOlderFileIsBroughtUp) {
  TemporaryFolder folder;
  const char* const old[] = {kSqliteMigrations[0]};
  {
    auto db = *SqliteDatabase::Open(folder.path() / "db", old);
    ASSERT_TRUE(db->Write([](SqliteConnection& c) -> Status {
      TRY_STATUS(c.Run("INSERT INTO records VALUES ('k', 'n', '{}', '{}', 1, 2, 3, 'ann', 'bob')"));
      return c.Run("INSERT INTO history VALUES (1, 0, 3, 'bob', 'k', 'n', '{}', '{}', 2, 'ann')");
    }));
  }
  auto records = *OpenSqliteRecords(folder.path() / "db");
  EXPECT_EQ(records->Get("k", "n")->updated_by, "bob");
  EXPECT_EQ(records->History({.kind = "k"})->size(), 1u);
  EXPECT_TRUE(records->SwapLease({"l", "ann", 1, 1000, 0}, 0));
}

}  // namespace
}  // namespace sinter
