// What only PostgreSQL does: sessions that are lost, versions, what its addresses may be.
#include "platform/records/postgres.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <future>
#include <thread>

#include "platform/records/postgres_records.h"
#include "platform/records/postgres_statements.h"
#include "platform/records/testing/postgres_server.h"

namespace sinter {
namespace {

using std::chrono::seconds;

class Postgres : public testing::Test {
 protected:
  void SetUp() override {
    auto server = PostgresServer::Start();
    ASSERT_TRUE(server) << server.error().ToString();
    server_ = *std::move(server);
    address_ = server_->NewDatabase().value();
  }
  std::unique_ptr<PostgresServer> server_;
  std::string address_;
};

TEST_F(Postgres, ALostServerIsUnavailableAndFoundAgain) {
  auto records = OpenPostgresRecords(address_).value();
  auto made = records->Create("k", "a", "{}", "{}", "ann");
  ASSERT_TRUE(made);
  server_->Stop();
  EXPECT_EQ(records->Get("k", "a").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(records->CompareAndSwap(*made, "ann").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(records->LastSequence().error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(server_->Restart());
  EXPECT_TRUE(records->CompareAndSwap(*made, "ann"));
  // Idle sessions that died meanwhile are nobody's concern.
  ASSERT_TRUE(server_->Restart());
  EXPECT_TRUE(records->Get("k", "a"));
  ASSERT_TRUE(server_->Restart());
  EXPECT_TRUE(records->Create("k", "b", "{}", "{}", "ann"));
}

TEST_F(Postgres, NotificationsComeAgainAfterARestart) {
  auto ours = OpenPostgresRecords(address_).value();
  ASSERT_TRUE(server_->Restart());
  auto theirs = OpenPostgresRecords(address_).value();
  auto answer = std::async(std::launch::async, [&] {
    return ours->WaitForChanges({}, std::chrono::steady_clock::now() + seconds(60));
  });
  ASSERT_TRUE(theirs->Create("k", "a", "{}", "{}", "ann"));
  ASSERT_EQ(answer.wait_for(seconds(30)), std::future_status::ready);
  const auto changes = answer.get();
  ASSERT_TRUE(changes) << changes.error().ToString();
  EXPECT_EQ(changes->size(), 1u);
  // Once more, by the notification alone: the listener has its session back.
  for (int tries = 0;; ++tries) {
    ASSERT_LT(tries, 200);
    const uint64_t seen = ours->signal().Count();
    ASSERT_TRUE(theirs->Create("k", std::to_string(tries), "{}", "{}", "ann"));
    if (ours->signal().WaitBeyond(seen, std::chrono::steady_clock::now() + std::chrono::milliseconds(200)))
      break;
  }
}

TEST_F(Postgres, MigratesUpAndRefusesNewer) {
  const char* const first[] = {"CREATE TABLE t (a bigint)"};
  const char* const both[] = {first[0], "ALTER TABLE t ADD COLUMN b text DEFAULT 'new'"};
  {
    auto database = PostgresDatabase::Open(address_, "test", first).value();
    ASSERT_TRUE(
        database->Write([](PostgresConnection& db) { return db.RunScript("INSERT INTO t VALUES (1)"); }));
  }
  // Several at once: one migrates, the others find it done.
  std::vector<std::future<bool>> opened;
  opened.reserve(4);
  for (int i = 0; i < 4; ++i) {
    opened.push_back(std::async(std::launch::async,
                                [&] { return PostgresDatabase::Open(address_, "test", both).has_value(); }));
  }
  for (auto& one : opened) EXPECT_TRUE(one.get());
  auto database = PostgresDatabase::Open(address_, "test", both).value();
  ASSERT_TRUE(database->Read([](PostgresConnection& db) -> Status {
    TRY(const PostgresRows rows, db.Query("SELECT b FROM t"));
    EXPECT_EQ(rows.Text(0, 0), "new");
    return {};
  }));
  EXPECT_EQ(PostgresDatabase::Open(address_, "test", first).error().code, ErrorCode::kUnsupported);
}

TEST_F(Postgres, AFailedTransactionLeavesNothing) {
  const char* const tables[] = {"CREATE TABLE t (a bigint)"};
  auto database = PostgresDatabase::Open(address_, "test", tables).value();
  EXPECT_FALSE(database->Write([](PostgresConnection& db) -> Status {
    TRY_STATUS(db.RunScript("INSERT INTO t VALUES (1)"));
    return InvalidArgument("no");
  }));
  ASSERT_TRUE(database->Read([](PostgresConnection& db) -> Status {
    TRY(const PostgresRows rows, db.Query("SELECT count(*) FROM t"));
    EXPECT_EQ(rows.Int(0, 0), 0);
    return {};
  }));
}

// Two transactions that lock in opposite orders: the server ends one, and it is repeated.
TEST_F(Postgres, WhatTheServerWantsRepeatedIsRepeated) {
  const char* const tables[] = {"CREATE TABLE t (a bigint, n bigint); INSERT INTO t VALUES (0, 0), (1, 0)"};
  auto database = PostgresDatabase::Open(address_, "test", tables).value();
  std::atomic<int> calls{0}, inside{0};
  auto both = [&](const char* first, const char* second) {
    return database->Write([&, first, second](PostgresConnection& db) -> Status {
      ++calls;
      TRY_STATUS(db.RunScript(first));
      ++inside;
      for (int i = 0; i < 1000 && inside < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      return db.RunScript(second);
    });
  };
  const char *zero = "UPDATE t SET n = n + 1 WHERE a = 0", *one = "UPDATE t SET n = n + 1 WHERE a = 1";
  auto other = std::async(std::launch::async, [&] { return both(one, zero); });
  EXPECT_TRUE(both(zero, one));
  EXPECT_TRUE(other.get());
  EXPECT_GE(calls, 3);
  ASSERT_TRUE(database->Read([](PostgresConnection& db) -> Status {
    TRY(const PostgresRows rows, db.Query("SELECT sum(n) FROM t"));
    EXPECT_EQ(rows.Int(0, 0), 4);
    return {};
  }));
}

TEST_F(Postgres, ErrorsSayWhatIsWrongWithoutThePassword) {
  auto error = [&](const std::string& address) {
    auto records = OpenPostgresRecords(address);
    EXPECT_FALSE(records);
    const Error e = records ? Error() : records.error();
    EXPECT_EQ(e.ToString().find("s3cret"), std::string::npos) << e.ToString();
    return e.code;
  };
  const std::string host = address_.substr(address_.find("host="));
  EXPECT_EQ(error("postgresql:///none?password=s3cret&" + host), ErrorCode::kNotFound);
  EXPECT_EQ(error("postgresql://nobody:s3cret@/d0?host=" + host.substr(5, host.find('&') - 5)),
            ErrorCode::kPermissionDenied);
  EXPECT_EQ(error("postgresql://u:s3cret@127.0.0.1:1/d"), ErrorCode::kUnavailable);
  EXPECT_EQ(error("postgresql://u:s3cret@[::1/d"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error("mysql://u:s3cret@h/d"), ErrorCode::kInvalidArgument);
}

// With tables too small to be worth it, the planner is told to avoid scans where it can.
TEST_F(Postgres, NothingIsFoundByAScan) {
  auto records = OpenPostgresRecords(address_).value();
  auto connection = PostgresConnection::Open(address_).value();
  ASSERT_TRUE(connection->RunScript("SET enable_seqscan = off"));
  std::deque<std::string> texts;  // statements are kept by their address
  for (const char* sql : kPostgresIndexed) {
    std::string& text = texts.emplace_back(sql);
    for (const auto& [from, to] :
         {std::pair("$1::text[]", "'{k}'::text[]"), std::pair("$2::text[]", "'{n}'::text[]"),
          std::pair("sequence > $1", "sequence > 5"), std::pair("LIMIT $2", "LIMIT 10"),
          std::pair("LIMIT $3", "LIMIT 10"), std::pair("$1", "'k'"), std::pair("$2", "'n'"),
          std::pair("$3", "'k'"), std::pair("$4", "'n'")}) {
      for (size_t at = text.find(from); at != std::string::npos; at = text.find(from))
        text.replace(at, std::string_view(from).size(), to);
    }
    text.insert(0, "EXPLAIN ");
    auto rows = connection->Query(text.c_str());
    ASSERT_TRUE(rows) << text << ": " << rows.error().ToString();
    std::string plan;
    for (int row = 0; row < rows->size(); ++row) plan += rows->Text(row, 0) + "\n";
    EXPECT_EQ(plan.find("Seq Scan"), std::string::npos) << text << "\n" << plan;
    EXPECT_NE(plan.find("Index"), std::string::npos) << text << "\n" << plan;
  }
}

}  // namespace
}  // namespace sinter
