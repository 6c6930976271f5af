#include "platform/hub/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

#include "platform/hub/home.h"

namespace sinter {
namespace {

using Level = TokenScope::Level;

TEST(Tokens, AreCheckedListedAndRevoked) {
  TemporaryFolder folder;
  auto home = *Home::Open(folder.path() / "home");
  Tokens tokens(home->records());
  auto text = tokens.Create("ci", {Level::kWrite}, "ann");
  ASSERT_TRUE(text) << text.error().ToString();
  EXPECT_TRUE(text->starts_with("hf_"));
  EXPECT_GE(text->size(), 3u + 34u);
  EXPECT_TRUE(std::ranges::all_of(text->substr(3), [](unsigned char c) { return std::isalnum(c); }));
  auto info = tokens.Check(*text);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->name, "ci");
  EXPECT_TRUE(info->scope.Allows(Level::kRead));
  EXPECT_TRUE(info->scope.Allows(Level::kWrite));
  EXPECT_FALSE(info->scope.Allows(Level::kAdmin));
  EXPECT_EQ(tokens.Create("ci", {}, "ann").error().code, ErrorCode::kAlreadyExists);
  std::string other = *text;
  other.back() = other.back() == 'a' ? 'b' : 'a';
  EXPECT_EQ(tokens.Check(other).error().code, ErrorCode::kUnauthenticated);
  EXPECT_EQ(tokens.Check("").error().code, ErrorCode::kUnauthenticated);
  EXPECT_EQ(tokens.List()->size(), 1u);
  ASSERT_TRUE(tokens.Revoke("ci", "ann"));
  EXPECT_EQ(tokens.Check(*text).error().code, ErrorCode::kUnauthenticated);
  EXPECT_TRUE(tokens.List()->empty());
  EXPECT_TRUE(tokens.Create("ci", {}, "ann"));
}

TEST(Tokens, TheTextIsNowhereOnDisk) {
  TemporaryFolder folder;
  std::string text;
  {
    auto home = *Home::Open(folder.path() / "home");
    text = *Tokens(home->records()).Create("ci", {Level::kAdmin}, "ann");
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(ReadFile(entry.path())->find(text.substr(3)), std::string::npos) << entry.path();
  }
}

TEST(Tokens, ARunsTokenFeedsItsRunAlone) {
  TemporaryFolder folder;
  auto home = *Home::Open(folder.path() / "home");
  Tokens tokens(home->records());
  auto scope = TokenScope::Parse("run:r7");
  ASSERT_TRUE(scope);
  scope->attempt = 2;
  auto info = tokens.Check(*tokens.Create("run r7 attempt 2", *scope, "ann"));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->scope.run, "r7");
  EXPECT_EQ(info->scope.attempt, 2);
  EXPECT_FALSE(info->scope.Allows(Level::kRead));
  EXPECT_TRUE(tokens.List()->empty());
  EXPECT_FALSE(TokenScope::Parse("root"));
  EXPECT_FALSE(TokenScope::Parse("run:"));
}

}  // namespace
}  // namespace sinter
