#include "base/testing/full_disk.h"

#include <fmt/format.h>

#include "platform/records/sqlite_records.h"

namespace sinter {
namespace {

// Records are made until the disk is full: that is said, and every one that was acknowledged is there after
// the store was opened again, the refused one is not.
TEST(RecordsOnAFullDisk, KeepWhatTheyAcknowledged) {
  TemporaryFolder folder;
  const int outcome = OnSmallDisk(folder.path(), 2 << 20, [&] {
    const Path path = folder.path() / "records.db";
    int made = 0;
    {
      auto records = OpenSqliteRecords(path);
      SINTER_EXIT_UNLESS(records);
      const std::string spec = R"({"pad":")" + std::string(20'000, 'x') + "\"}";
      while (true) {
        auto record = (*records)->Create("k", fmt::format("{:04}", made), spec, "{}", "ann");
        if (!record) {
          SINTER_EXIT_UNLESS(record.error().code == ErrorCode::kResourceExhausted);
          break;
        }
        SINTER_EXIT_UNLESS(++made < 1000);
      }
      SINTER_EXIT_UNLESS(made > 3);
      SINTER_EXIT_UNLESS((*records)->Get("k", "0000"));  // it still answers
    }
    auto records = OpenSqliteRecords(path);
    SINTER_EXIT_UNLESS(records);
    SINTER_EXIT_UNLESS((*records)->LastSequence().value() == made);
    SINTER_EXIT_UNLESS((*records)->Get("k", fmt::format("{:04}", made - 1)));
    SINTER_EXIT_UNLESS(!(*records)->Get("k", fmt::format("{:04}", made)));
  });
  if (outcome == kInChildCannotMount) GTEST_SKIP() << "no tmpfs may be mounted here";
  EXPECT_EQ(outcome, kInChildPassed);
}

// Where not even the log of a database that is there can be made.
TEST(RecordsOnAFullDisk, OpeningSaysThatThereIsNoSpace) {
  TemporaryFolder folder;
  const int outcome = OnSmallDisk(folder.path(), 2 << 20, [&] {
    const Path path = folder.path() / "records.db";
    SINTER_EXIT_UNLESS(OpenSqliteRecords(path));
    const int fd = ::open((folder.path() / "filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::string page(4096, 'x');
    while (::write(fd, page.data(), page.size()) > 0) {
    }
    ::close(fd);
    const auto records = OpenSqliteRecords(path);
    SINTER_EXIT_UNLESS(!records);
    std::fprintf(stderr, "it said: %s\n", records.error().ToString().c_str());
    SINTER_EXIT_UNLESS(records.error().code == ErrorCode::kResourceExhausted);
    SINTER_EXIT_UNLESS(std::filesystem::remove(folder.path() / "filler"));
    SINTER_EXIT_UNLESS(OpenSqliteRecords(path));
  });
  if (outcome == kInChildCannotMount) GTEST_SKIP() << "no tmpfs may be mounted here";
  EXPECT_EQ(outcome, kInChildPassed);
}

}  // namespace
}  // namespace sinter
