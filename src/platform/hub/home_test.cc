#include "platform/hub/home.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/records/testing/postgres_server.h"

namespace sinter {
namespace {

TEST(Home, KeepsThingsBetweenTwoLives) {
  TemporaryFolder folder;
  const Path path = folder.path() / "deep" / "home";
  Sha256Digest digest;
  {
    auto home = Home::Open(path);
    ASSERT_TRUE(home) << home.error().ToString();
    ASSERT_TRUE((*home)->records().Create("service", "s", "{}", "{}", "ann"));
    digest = (*home)->store().Put("bytes")->digest;
  }
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  auto home = Home::Open(path);
  ASSERT_TRUE(home);
  EXPECT_TRUE((*home)->records().Get("service", "s"));
  EXPECT_TRUE((*home)->store().Has(digest));
}

TEST(Home, ASecondServerIsToldWhoHasIt) {
  TemporaryFolder folder;
  auto first = Home::Open(folder.path() / "home");
  ASSERT_TRUE(first);
  auto second = Home::Open(folder.path() / "home");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_THAT(second.error().message, ::testing::HasSubstr(std::to_string(::getpid())));
}

TEST(Home, RefusesANewerLayoutAndDamage) {
  TemporaryFolder folder;
  const Path path = folder.path() / "home";
  ASSERT_TRUE(Home::Open(path));
  ASSERT_TRUE(WriteFileAtomically(path / "home.json", R"({"layout":99})"));
  EXPECT_EQ(Home::Open(path).error().code, ErrorCode::kUnsupported);
  ASSERT_TRUE(WriteFileAtomically(path / "home.json", "{"));
  EXPECT_EQ(Home::Open(path).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Home::Open("/proc/no/home").error().code, ErrorCode::kNotFound);
}

TEST(Home, AHomeOfTheReleaseBeforeIsGivenAnId) {
  TemporaryFolder folder;
  const Path path = folder.path() / "home";
  ASSERT_TRUE(Home::Open(path));
  ASSERT_TRUE(WriteFileAtomically(path / "home.json", R"({"layout":1})"));
  const std::string id = (*Home::Open(path))->id();
  EXPECT_EQ(id.size(), 16u);
  EXPECT_EQ((*Home::Open(path))->id(), id);
}

TEST(Home, ItsRecordsAreLookedForWhereTheyAre) {
  TemporaryFolder folder;
  auto server = PostgresServer::Start();
  ASSERT_TRUE(server) << server.error().ToString();
  const std::string address = (*server)->NewDatabase().value();
  const Path shared = folder.path() / "shared", other = folder.path() / "other",
             plain = folder.path() / "plain";
  {
    auto home = Home::Open(shared, HomeOptions{address});
    ASSERT_TRUE(home) << home.error().ToString();
    EXPECT_TRUE((*home)->shares_records());
    ASSERT_TRUE((*home)->records().Create("service", "s", "{}", "{}", "ann"));
    auto second = Home::Open(other, HomeOptions{address});  // another server's home, the same records
    ASSERT_TRUE(second);
    EXPECT_TRUE((*second)->records().Get("service", "s"));
    EXPECT_NE((*second)->id(), (*home)->id());
  }
  EXPECT_FALSE(std::filesystem::exists(shared / "records.db"));
  EXPECT_EQ(ReadFile(shared / "home.json")->find("host="), std::string::npos);  // addresses hold passwords
  EXPECT_FALSE(Home::Open(folder.path() / "mistake", HomeOptions{"postgresql:///none?host=/none"}));
  EXPECT_TRUE(Home::Open(folder.path() / "mistake"));  // it is bound to nothing
  // Without the address a server would begin with nothing, and people would think that all is lost.
  EXPECT_EQ(Home::Open(shared).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(Home::Open(plain));
  EXPECT_EQ(Home::Open(plain, HomeOptions{address}).error().code, ErrorCode::kConflict);
}

}  // namespace
}  // namespace sinter
