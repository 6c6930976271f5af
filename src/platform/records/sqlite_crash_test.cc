// kill -9 at random moments: whatever was acknowledged is there, whole, and counting goes on.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <thread>

#include <fmt/format.h>

#include "platform/records/sqlite.h"
#include "platform/records/sqlite_records.h"

namespace sinter {
namespace {

int Count(const Record& record) { return std::stoi(record.spec.substr(5)); }  // {"n":7}

// Each step moves the counter and makes a record beside it in one transaction, then says so.
[[noreturn]] void CountForEver(const Path& path, int report) {
  auto records = OpenSqliteRecords(path);
  if (!records) ::_exit(1);
  while (true) {
    auto counter = (*records)->Get("counter", "c");
    if (!counter) ::_exit(2);
    const int n = Count(*counter) + 1;
    counter->spec = fmt::format(R"({{"n":{}}})", n);
    const RecordWrite writes[] = {
        RecordWrite::Update(*counter),
        RecordWrite::Create("step", fmt::format("{:06}", n), R"({"pad":")" + std::string(3000, 'x') + "\"}")};
    if (!(*records)->Apply(writes, "child")) ::_exit(3);
    if (::write(report, &n, sizeof n) != sizeof n) ::_exit(4);
  }
}

TEST(SqliteCrash, NothingAcknowledgedIsLost) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  TemporaryFolder folder;
  const Path path = folder.path() / "records.db";
  ASSERT_TRUE((*OpenSqliteRecords(path))->Create("counter", "c", R"({"n":0})", "{}", "parent"));
  int acknowledged = 0;
  for (int round = 0; round < 20; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      CountForEver(path, ends[1]);
    }
    ::close(ends[1]);
    // At least one step, then a random number of further ones and of microseconds: never at a resting place.
    for (int left = 1 + static_cast<int>(random() % 20); left > 0; --left) {
      ASSERT_EQ(::read(ends[0], &acknowledged, sizeof acknowledged), sizeof acknowledged);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 5000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    while (::read(ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
    }
    ::close(ends[0]);

    auto records = OpenSqliteRecords(path);
    ASSERT_TRUE(records) << records.error().ToString();
    const int n = Count(*(*records)->Get("counter", "c"));
    EXPECT_GE(n, acknowledged);
    EXPECT_LE(n, acknowledged + 1);  // one may have been done and not yet said
    EXPECT_TRUE((*records)->Get("step", fmt::format("{:06}", n)));
    EXPECT_FALSE((*records)->Get("step", fmt::format("{:06}", n + 1)));
    EXPECT_EQ((*records)->LastSequence().value(), 1 + 2 * n);
  }
  int steps = 0;
  auto records = *OpenSqliteRecords(path);
  for (RecordQuery query{.kind = "step"};;) {
    auto page = records->List(query);
    ASSERT_TRUE(page);
    for (const Record& r : page->records) EXPECT_EQ(r.name, fmt::format("{:06}", ++steps));
    if (page->next.empty()) break;
    query.after = page->next;
  }
  EXPECT_EQ(steps, Count(*records->Get("counter", "c")));
  auto connection = *SqliteConnection::Open(path);
  auto check = *connection->Query("PRAGMA integrity_check");
  ASSERT_TRUE(check.Step());
  EXPECT_EQ(check.Text(0), "ok");
}

}  // namespace
}  // namespace sinter
