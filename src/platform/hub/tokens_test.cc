#include "platform/hub/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

#include "platform/hub/home.h"
#include "platform/records/sqlite_records.h"

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

class SetClock final : public Clock {
 public:
  Nanoseconds Now() const override { return Nanoseconds(0); }
  int64_t UnixMillis() const override { return now_ms; }
  int64_t now_ms = 1'700'000'000'000;
};

// A token that was refused as expired stays so, for whoever opens the records, whatever the clock says then.
TEST(Tokens, ExpireAndAreNotRevivedByTheClock) {
  TemporaryFolder folder;
  SetClock clock;
  auto records = *OpenSqliteRecords(folder.path() / "records.db", clock);
  Tokens tokens(*records, clock);
  const TokenScope scope{TokenScope::Level::kRead, "", 0};
  EXPECT_FALSE(tokens.Create("past", scope, "ann", clock.now_ms));
  const std::string text = *tokens.Create("ci", scope, "ann", clock.now_ms + 1000);
  const std::string forever = *tokens.Create("forever", scope, "ann");
  EXPECT_TRUE(tokens.Check(text));
  clock.now_ms += 999;
  EXPECT_TRUE(tokens.Check(text));
  EXPECT_FALSE(tokens.List()->front().expired);
  clock.now_ms += 1;
  const auto refused = tokens.Check(text);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnauthenticated);
  EXPECT_NE(refused.error().message.find("'ci' expired at 2023-11-14T22:13:21"), std::string::npos)
      << refused.error().message;
  clock.now_ms -= 1'000'000;
  EXPECT_FALSE(tokens.Check(text));
  EXPECT_FALSE(Tokens(*records, clock).Check(text));
  EXPECT_TRUE(tokens.List()->front().expired);
  EXPECT_TRUE(tokens.Check(forever));
  EXPECT_TRUE(tokens.Revoke("ci", "ann"));
}

TEST(Tokens, PagesLeaveOutTheTokensOfRuns) {
  TemporaryFolder folder;
  auto records = *OpenSqliteRecords(folder.path() / "db");
  Tokens tokens(*records);
  for (const char* name : {"a", "b", "z"}) ASSERT_TRUE(tokens.Create(name, {Level::kRead, "", 0}, "ann"));
  for (const int64_t attempt : {1, 2, 3})
    ASSERT_TRUE(
        tokens.Create("run r attempt " + std::to_string(attempt), {Level::kRun, "r", attempt}, "ann"));
  std::vector<std::string> names;
  std::string after;
  int pages = 0;
  do {
    const Tokens::Page page = *tokens.List(after, 2);
    for (const TokenInfo& token : page.tokens) names.push_back(token.name);
    after = page.next;
    ++pages;
  } while (!after.empty());
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "z"}));
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(tokens.List()->size(), 3u);
}

}  // namespace
}  // namespace sinter
