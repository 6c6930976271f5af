#include "server/api/token_api.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

namespace sinter {
namespace {

TEST(TokenApi, TheTextIsGivenOnce) {
  TemporaryFolder folder;
  auto platform = *Platform::Open(folder.path() / "home");
  auto made = CreateToken(*platform, {{"name", "ci"}, {"scope", "write"}}, "ann");
  ASSERT_TRUE(made);
  const std::string text = (*made)["token"];
  EXPECT_TRUE(platform->tokens().Check(text));
  const Json list = *ListTokens(*platform);
  EXPECT_EQ(list["items"][0]["scope"], "write");
  EXPECT_EQ(list.dump().find(text.substr(3)), std::string::npos);
  ASSERT_TRUE(RevokeToken(*platform, "ci", "ann"));
  EXPECT_FALSE(platform->tokens().Check(text));
  EXPECT_FALSE(CreateToken(*platform, {{"name", "x"}, {"scope", "run:r1"}}, "ann"));
  EXPECT_FALSE(CreateToken(*platform, {{"name", "x"}, {"scope", "root"}}, "ann"));
}

TEST(Platform, TheLocalTokenIsTheOwnersAlone) {
  TemporaryFolder folder;
  const Path path = folder.path() / "home" / "token";
  std::string first;
  {
    auto platform = *Platform::Open(folder.path() / "home");
    first = *platform->LocalToken();
    EXPECT_EQ(*platform->LocalToken(), first);
  }
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(*ReadFile(path), first + "\n");
  auto platform = *Platform::Open(folder.path() / "home");
  EXPECT_EQ(*platform->LocalToken(), first);
  std::filesystem::remove(path);
  const std::string second = *platform->LocalToken();
  EXPECT_NE(second, first);
  EXPECT_FALSE(platform->tokens().Check(first));  // whoever has the lost file has nothing
  EXPECT_TRUE(platform->tokens().Check(second)->scope.Allows(TokenScope::Level::kAdmin));
}

}  // namespace
}  // namespace sinter
