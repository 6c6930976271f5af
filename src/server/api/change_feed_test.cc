// Following the records over real HTTP.
#include "server/api/change_feed.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <future>
#include <thread>

#include <fmt/format.h>

#include "base/http_client.h"
#include "platform/records/sqlite_records.h"
#include "server/api/routes.h"
#include "server/http/server.h"
#include "server/http/testing.h"

namespace sinter {
namespace {

constexpr auto kSoon = std::chrono::seconds(20);

class Changes : public testing::Test {
 protected:
  void SetUp() override {
    platform_ = *Platform::Open(folder_.path() / "home");
    admin_ = *platform_->LocalToken();
    reader_ = *platform_->tokens().Create("reader", {TokenScope::Level::kRead, "", 0}, "ann");
    HttpServerOptions options;
    options.authenticate = [this](std::string_view token) { return PrincipalOf(*platform_, token); };
    server_ = *HttpServer::Start(*Router::Create(PlatformRoutes(*platform_)), options);
  }
  Records& records() { return platform_->records(); }
  int64_t Last() { return records().LastSequence().value(); }
  void Make(std::string kind, const std::string& name) {
    ASSERT_TRUE(records().Create(std::move(kind), name, R"({"a":1})", "{}", "ann"));
  }
  // "STATUS names last".
  std::string Ask(const std::string& query, const std::string& token) {
    auto client = *HttpClient::Create(server_->Origin());
    auto answer =
        client->Send({"GET", "/sinter/v1/changes" + query, {{"Authorization", "Bearer " + token}}, ""});
    if (!answer) return answer.error().ToString();
    const Json json = Json::parse(answer->body);
    std::string text = std::to_string(answer->status);
    if (answer->status != 200) return text + " " + json["error"]["message"].get<std::string>();
    for (const Json& item : json["items"]) {
      text +=
          fmt::format(" {}:{}", item["change"].get<std::string>(), item["record"]["name"].get<std::string>());
    }
    return text + fmt::format(" {}", json["last"].get<int64_t>());
  }
  std::string Ask(const std::string& query) { return Ask(query, admin_); }
  void Follow(Client& client, const std::string& query, const std::string& more = "") {
    client.Request("GET", "/sinter/v1/changes" + query, "",
                   fmt::format("Authorization: Bearer {}\r\nAccept: text/event-stream\r\n{}", reader_, more));
    EXPECT_EQ(client.Response(true), "200 ");
  }
  TemporaryFolder folder_;
  std::unique_ptr<Platform> platform_;
  std::string admin_, reader_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(Changes, ALongPollIsAnsweredByTheWriteItWaitsFor) {
  const int64_t before = Last();
  EXPECT_EQ(Ask("?wait=0"), fmt::format("200 {}", before));
  auto answer = std::async(std::launch::async,
                           [&] { return Ask(fmt::format("?after={}&kind=model&wait=60", before)); });
  EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  Make("other", "no");
  EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  Make("model", "yes");
  ASSERT_EQ(answer.wait_for(kSoon), std::future_status::ready);
  EXPECT_EQ(answer.get(), fmt::format("200 create:yes {}", before + 2));
}

TEST_F(Changes, WhatWasMissedComesInPagesWithoutWaiting) {
  const int64_t before = Last();
  for (int i = 0; i < 5; ++i) Make(i == 2 ? "other" : "model", fmt::format("m{}", i));
  EXPECT_EQ(Ask(fmt::format("?after={}&kind=model&limit=2&wait=60", before)),
            fmt::format("200 create:m0 create:m1 {}", before + 2));
  EXPECT_EQ(Ask(fmt::format("?after={}&kind=model&limit=2&wait=60", before + 2)),
            fmt::format("200 create:m3 create:m4 {}", before + 5));
  EXPECT_EQ(Ask(fmt::format("?after={}&kind=model&name=m4", before)),
            fmt::format("200 create:m4 {}", before + 5));
  // Nothing more of that kind: `last` has moved on nevertheless.
  Make("other", "o");
  EXPECT_EQ(Ask(fmt::format("?after={}&kind=model", before + 5)), fmt::format("200 {}", before + 6));
}

TEST_F(Changes, MoreThanTheTailHoldsIsReadFromTheHistory) {
  const int64_t before = Last();
  std::vector<RecordWrite> writes;
  writes.reserve(700);
  for (int i = 0; i < 700; ++i) writes.push_back(RecordWrite::Create("bulk", fmt::format("{:04}", i), "{}"));
  ASSERT_TRUE(records().Apply(writes, "ann"));
  for (RecordWrite& write : writes) write.name = "x" + write.name;
  ASSERT_TRUE(records().Apply(writes, "ann"));
  int64_t after = before;
  int seen = 0;
  while (true) {
    const std::string page = Ask(fmt::format("?after={}&limit=100", after));
    const auto items = std::ranges::count(page, ':');
    if (items == 0) break;
    seen += static_cast<int>(items);
    after = std::stoll(page.substr(page.rfind(' ')));
    ASSERT_EQ(after, before + seen);
  }
  EXPECT_EQ(seen, 1400);
  Client client(server_->port());
  Follow(client, fmt::format("?after={}", before));
  const std::string all =
      client.Until(fmt::format(R"("spec":{{}},"status":{{}}}},"sequence":{}}}{})", after, "\n\n\r\n"));
  for (int64_t sequence = before + 1; sequence <= after; ++sequence)
    ASSERT_NE(all.find(fmt::format("id: {}\nevent: change\ndata: {{", sequence)), std::string::npos)
        << sequence;
}

TEST_F(Changes, EventsComeAsTheyAreWrittenAndGoOnWhereTheClientWas) {
  const int64_t before = Last();
  Client client(server_->port());
  Follow(client, "?kind=model");
  Make("model", "a");
  const std::string first = client.Until("\n\n\r\n");
  EXPECT_NE(first.find(fmt::format("id: {}\nevent: change\ndata: {{\"at_ms\":", before + 1)),
            std::string::npos)
      << first;
  Make("model", "b");
  Make("other", "c");
  Make("model", "d");
  Client again(server_->port());  // it saw `a` alone before its connection broke
  Follow(again, "?kind=model", fmt::format("Last-Event-ID: {}\r\n", before + 1));
  std::string rest = again.Until("\n\n\r\n");
  if (rest.find(fmt::format("id: {}\n", before + 4)) == std::string::npos) rest += again.Until("\n\n\r\n");
  EXPECT_NE(rest.find(fmt::format("id: {}\n", before + 2)), std::string::npos) << rest;
  EXPECT_NE(rest.find(fmt::format("id: {}\n", before + 4)), std::string::npos) << rest;
  EXPECT_EQ(rest.find(fmt::format("id: {}\n", before + 3)), std::string::npos) << rest;
}

TEST_F(Changes, AQuietStreamSaysThatItLives) {
  auto records = *OpenSqliteRecords(folder_.path() / "quiet.db");
  ChangeFeed feed(*records, {.heartbeat = std::chrono::milliseconds(20)});
  Route route;
  route.method = "GET";
  route.pattern = "/changes";
  route.kind = Route::Kind::kAsync;
  route.start = [&](HttpRequest&&, Responder responder) {
    feed.Follow({.kind = "model", .events = true}, std::move(responder));
  };
  auto server = *HttpServer::Start(*Router::Create({route}), {});
  Client client(server->port());
  client.Request("GET", "/changes");
  client.Response(true);
  EXPECT_TRUE(client.Until("id: 0\n\n\r\n").ends_with("id: 0\n\n\r\n"));
  ASSERT_TRUE(records->Create("other", "o", "{}", "{}", "ann"));  // not shown, and yet passed
  EXPECT_TRUE(client.Until("id: 1\n\n\r\n").ends_with("id: 1\n\n\r\n"));
}

TEST_F(Changes, AStreamEndsAndItsClientComesAgain) {
  auto records = *OpenSqliteRecords(folder_.path() / "short.db");
  ChangeFeed feed(*records, {.longest_stream = std::chrono::milliseconds(100)});
  Route route;
  route.method = "GET";
  route.pattern = "/changes";
  route.kind = Route::Kind::kAsync;
  route.start = [&](HttpRequest&&, Responder responder) {
    feed.Follow({.events = true}, std::move(responder));
  };
  auto server = *HttpServer::Start(*Router::Create({route}), {});
  Client client(server->port());
  for (int i = 0; i < 2; ++i) {
    client.Request("GET", "/changes");
    EXPECT_EQ(client.Response(true), "200 ");
    EXPECT_EQ(client.Until("0\r\n\r\n"), "0\r\n\r\n");
  }
}

TEST_F(Changes, TokensAreShownToAdminsAlone) {
  const int64_t before = Last();
  Make("model", "m");
  ASSERT_TRUE(platform_->tokens().Create("secret", {TokenScope::Level::kAdmin, "", 0}, "ann"));
  const std::string query = fmt::format("?after={}", before);
  EXPECT_EQ(Ask(query, reader_), fmt::format("200 create:m {}", before + 1));
  EXPECT_EQ(Ask(fmt::format("?after={}", before + 1), reader_), fmt::format("200 {}", before + 3));
  EXPECT_TRUE(Ask(query, admin_).starts_with("200 create:m create:secret create:")) << Ask(query, admin_);
}

TEST_F(Changes, WhatMakesNoSenseIsRefused) {
  EXPECT_TRUE(Ask(fmt::format("?after={}", Last() + 1)).starts_with("409 "));
  EXPECT_TRUE(Ask("?after=-1").starts_with("400 "));
  EXPECT_TRUE(Ask("?after=x").starts_with("400 "));
  EXPECT_TRUE(Ask("?wait=61").starts_with("400 "));
  EXPECT_TRUE(Ask("?limit=0").starts_with("400 "));
  EXPECT_TRUE(Ask("?kind=Bad%20Kind").starts_with("400 "));
  EXPECT_TRUE(Ask("?name=x").starts_with("400 "));
  EXPECT_TRUE(Ask("", "hf_nobody").starts_with("401 "));
  Client client(server_->port());
  client.Request(
      "GET", "/sinter/v1/changes", "",
      fmt::format("Authorization: Bearer {}\r\nAccept: text/event-stream\r\nLast-Event-ID: 1x\r\n", reader_));
  EXPECT_TRUE(client.Response().starts_with("400 "));
}

TEST_F(Changes, StoppingAnswersWhoWaits) {
  auto answer = std::async(std::launch::async, [&] { return Ask("?wait=60"); });
  while (server_->OpenConnections() == 0) std::this_thread::yield();
  EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  platform_->changes().Stop();
  ASSERT_EQ(answer.wait_for(kSoon), std::future_status::ready);
  EXPECT_EQ(answer.get(), fmt::format("200 {}", Last()));
  EXPECT_TRUE(Ask("?wait=60").starts_with("503 "));
}

}  // namespace
}  // namespace sinter
