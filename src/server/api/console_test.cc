// Signing in: codes, cookies and what is refused; what the console shows first; how its files are sent.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/http_client.h"
#include "server/api/console_overview.h"
#include "server/api/console_routes.h"
#include "server/api/page_routes.h"
#include "server/api/routes.h"
#include "server/http/server.h"

namespace sinter {
namespace {

const TokenScope kAdmin{TokenScope::Level::kAdmin, "", 0};

class ConsoleSessionsTest : public testing::Test {
 protected:
  std::string WhyNot(std::string_view code) {
    const auto signed_in = sessions_.SignIn(code);
    return signed_in ? "" : signed_in.error().message;
  }
  TemporaryFolder folder_;
  ManualClock clock_;
  std::unique_ptr<Platform> platform_ = *Platform::Open(folder_.path() / "home");
  ConsoleSessions sessions_{platform_->records(), clock_};
};

TEST_F(ConsoleSessionsTest, ALinkOpensOnceAndSoon) {
  const SignInLink link = *sessions_.MakeLink("ann", kAdmin);
  EXPECT_NE(WhyNot("").find("not known"), std::string::npos);
  EXPECT_NE(WhyNot(std::string(32, 'a')).find("not known"), std::string::npos);
  const auto in = sessions_.SignIn(link.code);
  ASSERT_TRUE(in);
  EXPECT_EQ(in->session.name, "ann");
  EXPECT_NE(WhyNot(link.code).find("used already"), std::string::npos);
  const SignInLink late = *sessions_.MakeLink("ann", kAdmin);
  clock_.Advance(kSignInLinkTime);
  EXPECT_NE(WhyNot(late.code).find("too old"), std::string::npos);
  EXPECT_FALSE(sessions_.MakeLink("ann", {TokenScope::Level::kRun, "r", 1}));
  EXPECT_FALSE(sessions_.MakeLink("", kAdmin));
}

TEST_F(ConsoleSessionsTest, OldLinksGoBeforeThereAreTooMany) {
  const SignInLink first = *sessions_.MakeLink("ann", kAdmin);
  for (int i = 0; i < 1000; ++i) {
    clock_.Advance(std::chrono::milliseconds(1));
    ASSERT_TRUE(sessions_.MakeLink("ann", kAdmin));
  }
  EXPECT_NE(WhyNot(first.code).find("not known"), std::string::npos);
}

TEST_F(ConsoleSessionsTest, ASessionEndsByItselfBySigningOutAndByTheOwner) {
  const auto in = [&] { return *sessions_.SignIn(sessions_.MakeLink("ann", kAdmin)->code); };
  const auto one = in(), two = in();
  EXPECT_TRUE(sessions_.Check(one.secret));
  EXPECT_FALSE(sessions_.Check(""));
  EXPECT_FALSE(sessions_.Check(std::string(64, '0')));
  ASSERT_TRUE(sessions_.SignOut(one.secret));
  ASSERT_TRUE(sessions_.SignOut(one.secret));
  EXPECT_FALSE(sessions_.Check(one.secret));
  EXPECT_EQ(sessions_.List()->size(), 1U);
  clock_.Advance(kConsoleSessionTime);
  EXPECT_EQ(sessions_.Check(two.secret).error().code, ErrorCode::kUnauthenticated);
  EXPECT_EQ(sessions_.List()->size(), 0U);
  const auto three = in();  // and the expired record goes
  EXPECT_EQ(platform_->records().List({.kind = "console_session"})->records.size(), 1U);
  ASSERT_TRUE(sessions_.EndAll("ann"));
  EXPECT_FALSE(sessions_.Check(three.secret));
}

TEST_F(ConsoleSessionsTest, TheHomeKeepsHashesAndARestartKeepsSessions) {
  const auto in = *sessions_.SignIn(sessions_.MakeLink("ann", kAdmin)->code);
  const auto page = *platform_->records().List({.kind = "console_session"});
  ASSERT_EQ(page.records.size(), 1U);
  EXPECT_EQ((page.records[0].name + page.records[0].spec).find(in.secret), std::string::npos);
  platform_.reset();
  platform_ = *Platform::Open(folder_.path() / "home");
  ConsoleSessions again(platform_->records(), clock_);
  EXPECT_EQ(again.Check(in.secret)->name, "ann");
}

class ConsoleHttp : public testing::Test {
 protected:
  void SetUp() override {
    HttpServerOptions options;
    options.authenticate = [this](std::string_view token) { return PrincipalOf(*platform_, token); };
    options.session = [this](const HttpRequest& request) { return SessionPrincipal(sessions_, request); };
    std::vector<Route> routes = PlatformRoutes(*platform_);
    for (Route& route : ConsoleRoutes(*platform_, sessions_, true)) routes.push_back(std::move(route));
    server_ = *HttpServer::Start(*Router::Create(std::move(routes)), options);
    client_ = *HttpClient::Create(server_->Origin());
  }
  using Headers = std::vector<std::pair<std::string, std::string>>;
  ClientResponse Ask(std::string method, std::string path, std::string_view body, Headers headers) {
    return *client_->Send({std::move(method), "/sinter/v1" + std::move(path), std::move(headers), body});
  }
  // The cookie of somebody who signed in with that scope.
  std::string Cookie(TokenScope::Level level) {
    const SignInLink link = *sessions_.MakeLink("ann", {level, "", 0});
    const auto answer = Ask("POST", "/console/session", Json{{"code", link.code}}.dump(),
                            {{"Origin", server_->Origin()}, {"X-Sinter-Console", "1"}});
    EXPECT_EQ(answer.status, 200) << answer.body;
    const std::string_view set = answer.Header("set-cookie");
    for (const char* word : {"HttpOnly", "SameSite=Strict", "Path=/"})
      EXPECT_NE(set.find(word), std::string_view::npos) << set;
    return std::string(set.substr(0, set.find(';')));
  }
  TemporaryFolder folder_;
  std::unique_ptr<Platform> platform_ = *Platform::Open(folder_.path() / "home");
  ConsoleSessions sessions_{platform_->records()};
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(ConsoleHttp, SigningInMustComeFromTheConsole) {
  const std::string body = Json{{"code", sessions_.MakeLink("ann", kAdmin)->code}}.dump();
  EXPECT_EQ(Ask("POST", "/console/session", body, {{"Origin", server_->Origin()}}).status, 403);
  EXPECT_EQ(
      Ask("POST", "/console/session", body, {{"Origin", "http://evil.example"}, {"X-Sinter-Console", "1"}})
          .status,
      403);
  EXPECT_EQ(
      Ask("POST", "/console/session", body, {{"Sec-Fetch-Site", "same-site"}, {"X-Sinter-Console", "1"}})
          .status,
      403);
  EXPECT_EQ(Ask("POST", "/console/session", R"({"code":"x"})", {{"X-Sinter-Console", "1"}}).status, 401);
  EXPECT_EQ(Ask("POST", "/console/session", "{}", {{"X-Sinter-Console", "1"}}).status, 400);
  // None of these used the code up.
  EXPECT_EQ(Ask("POST", "/console/session", body, {{"X-Sinter-Console", "1"}}).status, 200);
  EXPECT_EQ(Ask("POST", "/console/session", body, {{"X-Sinter-Console", "1"}}).status, 401);
}

TEST_F(ConsoleHttp, TheCookieHasItsScopeAndChangesNothingForOthersPages) {
  const std::string reader = Cookie(TokenScope::Level::kRead), admin = Cookie(TokenScope::Level::kAdmin);
  const std::string token = R"({"name":"made","scope":"read"})";
  EXPECT_EQ(Ask("GET", "/runs", "", {}).status, 401);
  EXPECT_EQ(Ask("GET", "/runs", "", {{"Cookie", reader}}).status, 200);
  EXPECT_EQ(Ask("GET", "/runs", "", {{"Cookie", reader}, {"Sec-Fetch-Site", "same-site"}}).status, 403);
  EXPECT_EQ(Ask("POST", "/tokens", token, {{"Cookie", reader}, {"X-Sinter-Console", "1"}}).status, 403);
  EXPECT_EQ(Ask("POST", "/tokens", token, {{"Cookie", admin}}).status, 403);
  EXPECT_EQ(Ask("POST", "/tokens", token,
                {{"Cookie", admin}, {"X-Sinter-Console", "1"}, {"Origin", "http://localhost:1"}})
                .status,
            403);
  EXPECT_EQ(Ask("POST", "/tokens", token, {{"Cookie", admin}, {"X-Sinter-Console", "1"}}).status, 200);
  // Who signed in stands in the history; and a token beside the cookie is what counts.
  EXPECT_EQ((*platform_->tokens().List())[0].created_by, "ann");
  EXPECT_EQ(Ask("GET", "/runs", "", {{"Cookie", admin}, {"Authorization", "Bearer nonsense"}}).status, 401);
}

TEST_F(ConsoleHttp, SigningOutEndsTheSession) {
  const std::string cookie = Cookie(TokenScope::Level::kWrite);
  const auto who = [&] { return Json::parse(Ask("GET", "/console/session", "", {{"Cookie", cookie}}).body); };
  EXPECT_EQ(who()["scope"], "write");
  EXPECT_EQ(Ask("DELETE", "/console/session", "", {{"Cookie", cookie}}).status, 403);
  EXPECT_EQ(who()["signed_in"], true);
  EXPECT_EQ(Ask("DELETE", "/console/session", "", {{"Cookie", cookie}, {"X-Sinter-Console", "1"}}).status,
            200);
  EXPECT_EQ(who()["signed_in"], false);
  EXPECT_EQ(Ask("GET", "/runs", "", {{"Cookie", cookie}}).status, 401);
}

TEST_F(ConsoleHttp, LinksAndSessionsAreTheOwners) {
  const std::string writer = Cookie(TokenScope::Level::kWrite), admin = Cookie(TokenScope::Level::kAdmin);
  EXPECT_EQ(Ask("POST", "/console/links", "{}", {{"Cookie", writer}, {"X-Sinter-Console", "1"}}).status, 403);
  const auto made = Ask("POST", "/console/links", R"({"name":"bob","scope":"read"})",
                        {{"Cookie", admin}, {"X-Sinter-Console", "1"}});
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_TRUE(Json::parse(made.body)["path"].get<std::string>().starts_with("/#signin="));
  EXPECT_EQ(
      Ask("POST", "/console/links", R"({"scope":"run:x"})", {{"Cookie", admin}, {"X-Sinter-Console", "1"}})
          .status,
      400);
  EXPECT_EQ(Json::parse(Ask("GET", "/console/sessions", "", {{"Cookie", admin}}).body)["items"].size(), 2U);
  EXPECT_EQ(Ask("DELETE", "/console/sessions", "", {{"Cookie", admin}, {"X-Sinter-Console", "1"}}).status,
            200);
  EXPECT_EQ(Ask("GET", "/runs", "", {{"Cookie", writer}}).status, 401);
}

TEST(ConsoleOverview, SaysWhatNeedsAPerson) {
  TemporaryFolder folder;
  const auto platform = *Platform::Open(folder.path() / "home");
  Json empty = *Overview(*platform);
  for (const char* list : {"runs", "services", "datasets", "models"})
    EXPECT_TRUE(empty[list].empty()) << list;
  EXPECT_GT(empty["disk"]["total"], 0);
  NewRun wanted{.name = "digits",
                .recipe = "name: digits",
                .dataset = "small@1",
                .dataset_version = platform->store().Put("rows")->digest};
  const RunInfo bad = *platform->runs().Create(wanted, "ann"), good = *platform->runs().Create(wanted, "ann");
  for (const RunInfo& run : {bad, good}) ASSERT_TRUE(platform->runs().StartAttempt(run.id, "ann"));
  ASSERT_TRUE(platform->runs().Finish(bad.id, 1, RunState::kFailed, "the loss is NaN", ""));
  const Json overview = *Overview(*platform);
  const Json runs = *RunsInShort(*platform, 1);
  ASSERT_EQ(runs["items"].size(), 1U);
  EXPECT_FALSE(runs["items"][0].contains("recipe"));
  EXPECT_GE(runs["items"][0]["took_ms"], 0);
  EXPECT_EQ(overview["runs"].size(), 2U);
  Json failed = Json::array();
  for (const Json& one : overview["attention"])
    if (one["kind"] == "run_failed") failed.push_back(one);
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0]["name"], bad.id);
  EXPECT_EQ(failed[0]["message"], "the loss is NaN");
}

// What the console's files are sent with.
TEST(PageFiles, AreCompressedTaggedAndCachedByName) {
  const std::vector<WebFile> files = {{"index.html", "<p>long</p>", "GZIP"}, {"console/a-1.js", "1", ""}};
  std::vector<Route> routes = PageRoutes(files);
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].pattern, "/");
  EXPECT_EQ(routes[1].pattern, "/console/a-1.js");
  const auto ask = [&](size_t which, std::string accepts, std::string tag = "") {
    HttpRequest request;
    request.headers = {{"accept-encoding", std::move(accepts)}, {"if-none-match", std::move(tag)}};
    return *routes[which].answer(request);
  };
  const auto header = [](const HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
      if (key == name) return value;
    return std::string();
  };
  EXPECT_EQ(ask(0, "").body, "<p>long</p>");
  EXPECT_EQ(ask(0, "br, gzip").body, "GZIP");
  EXPECT_EQ(header(ask(0, "gzip"), "Content-Encoding"), "gzip");
  for (const char* refused : {"gzip;q=0", "gzip; q=0.0", "xgzip", "deflate"})
    EXPECT_EQ(ask(0, refused).body.size(), 11U) << refused;
  EXPECT_EQ(ask(0, "gzip;q=0.5").body, "GZIP");
  EXPECT_EQ(header(ask(0, ""), "Cache-Control"), "no-cache");
  EXPECT_NE(header(ask(1, ""), "Cache-Control").find("immutable"), std::string::npos);
  const std::string tag = header(ask(0, ""), "ETag");
  EXPECT_NE(tag, header(ask(0, "gzip"), "ETag"));
  EXPECT_EQ(ask(0, "", tag).status, 304);
  EXPECT_EQ(ask(0, "gzip", tag).status, 200);
  EXPECT_NE(header(ask(0, ""), "Content-Security-Policy").find("default-src 'self'"), std::string::npos);
  EXPECT_FALSE(WebFiles().empty());
}

}  // namespace
}  // namespace sinter
