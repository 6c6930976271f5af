#include "platform/hub/home.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

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

}  // namespace
}  // namespace sinter
