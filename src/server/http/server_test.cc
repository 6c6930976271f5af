// The server over real sockets.
#include "server/http/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include <fmt/format.h>

#include "base/http_client.h"
#include "server/http/testing.h"

namespace sinter {
namespace {

// Counts what a streamed body brings.
class CountingSink final : public BodySink {
 public:
  Status Write(std::span<const std::byte> bytes) override {
    count_ += bytes.size();
    if (count_ > 3'000'000) return Error{ErrorCode::kResourceExhausted, "the disk is full", ""};
    return {};
  }
  Result<HttpResponse> Finish(const HttpRequest&) override { return TextResponse(std::to_string(count_)); }

 private:
  uint64_t count_ = 0;
};

class Server : public testing::Test {
 protected:
  std::unique_ptr<HttpServer> Start(HttpServerOptions options = {}) {
    std::vector<Route> routes;
    auto add = [&](std::string method, std::string pattern, Route::Kind kind, auto answer) -> Route& {
      Route& route = routes.emplace_back();
      route.method = std::move(method);
      route.pattern = std::move(pattern);
      route.kind = kind;
      route.answer = answer;
      return route;
    };
    add("GET", "/hello", Route::Kind::kInline, [](HttpRequest&) { return TextResponse("hi"); });
    add("POST", "/echo", Route::Kind::kBlocking, [](HttpRequest& r) {
      return TextResponse(r.body);
    }).largest_body = 1000;
    add("GET", "/secret", Route::Kind::kBlocking, [](HttpRequest& r) {
      return TextResponse(r.principal.name);
    }).access = Access::kWrite;
    add("GET", "/bytes", Route::Kind::kInline, [](HttpRequest&) {
      auto text = std::make_shared<const std::string>("0123456789");
      HttpResponse response;
      response.shared = {text, std::as_bytes(std::span(*text))};
      response.accept_ranges = true;
      return response;
    });
    add("GET", "/error", Route::Kind::kInline,
        [](HttpRequest&) -> Result<HttpResponse> { return NotFound("no such thing", "look elsewhere"); });
    Route later;
    later.method = "GET";
    later.pattern = "/later";
    later.kind = Route::Kind::kAsync;
    later.start = [this](HttpRequest&&, Responder responder) {
      waiting_.emplace_back(std::move(responder));
      ++waiting_count_;
    };
    routes.push_back(std::move(later));
    Route dropped;
    dropped.method = "GET";
    dropped.pattern = "/dropped";
    dropped.kind = Route::Kind::kAsync;
    dropped.start = [](HttpRequest&&, Responder) {};
    routes.push_back(std::move(dropped));
    Route streamed;
    streamed.method = "PUT";
    streamed.pattern = "/blob";
    streamed.kind = Route::Kind::kStreamed;
    streamed.largest_body = uint64_t{1} << 30;
    streamed.open = [](const HttpRequest&) -> Result<std::unique_ptr<BodySink>> {
      return std::make_unique<CountingSink>();
    };
    routes.push_back(std::move(streamed));
    options.authenticate = [](std::string_view token) -> Result<Principal> {
      if (token == "good") return Principal{"writer", Access::kWrite, "", 0};
      if (token == "weak") return Principal{"reader", Access::kRead, "", 0};
      return Error{ErrorCode::kUnauthenticated, "no such token", ""};
    };
    auto server = HttpServer::Start(*Router::Create(std::move(routes)), std::move(options));
    EXPECT_TRUE(server) << server.error().ToString();
    return *std::move(server);
  }
  std::vector<Responder> waiting_;
  std::atomic<int> waiting_count_{0};
};

TEST_F(Server, AnswersAndKeepsTheConnection) {
  auto server = Start();
  Client client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.Request("GET", "/hello");
    EXPECT_EQ(client.Response(), "200 hi");
    client.Request("POST", "/echo", "some text");
    EXPECT_EQ(client.Response(), "200 some text");
  }
  client.Request("HEAD", "/hello");
  EXPECT_EQ(client.Response(true), "200 ");
  EXPECT_NE(client.header().find("Content-Length: 2"), std::string::npos);
  client.Request("GET", "/error");
  EXPECT_EQ(client.Response(),
            R"(404 {"error":{"code":"not_found","hint":"look elsewhere","message":"no such thing"}})");
  client.Request("GET", "/dropped");
  EXPECT_TRUE(client.Response().starts_with("500 "));
  client.Request("GET", "/nowhere");
  EXPECT_TRUE(client.Response().starts_with("404 "));
  client.Request("POST", "/hello", "passed over");
  EXPECT_TRUE(client.Response().starts_with("405 "));
  EXPECT_NE(client.header().find("Allow: GET"), std::string::npos);
  client.Request("GET", "/hello");
  EXPECT_EQ(client.Response(), "200 hi");
}

TEST_F(Server, PipelinedRequestsAreAnsweredInOrder) {
  auto server = Start();
  Client client(server->port());
  for (int i = 0; i < 5; ++i) client.Request("POST", "/echo", std::to_string(i));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.Response(), "200 " + std::to_string(i));
}

TEST_F(Server, RangesOfBytes) {
  auto server = Start();
  Client client(server->port());
  auto range = [&](std::string_view text) {
    client.Request("GET", "/bytes", "", fmt::format("Range: bytes={}\r\n", text));
    return client.Response();
  };
  EXPECT_EQ(range("2-4"), "206 234");
  EXPECT_NE(client.header().find("Content-Range: bytes 2-4/10"), std::string::npos);
  EXPECT_EQ(range("7-"), "206 789");
  EXPECT_EQ(range("-2"), "206 89");
  EXPECT_EQ(range("8-18446744073709551615"), "206 89");  // the end, as large as it can be said
  EXPECT_TRUE(range("10-").starts_with("416 "));
  EXPECT_EQ(range("x"), "200 0123456789");
}

TEST_F(Server, OversizedAndMalformedRequestsAreRefused) {
  auto server = Start();
  {
    Client client(server->port());
    client.Request("POST", "/echo", std::string(1001, 'x'));
    EXPECT_TRUE(client.Response().starts_with("413 "));
  }
  {
    Client client(server->port());  // no length: found out while reading
    client.Write(fmt::format(
        "POST /echo HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nTransfer-Encoding: chunked\r\n\r\n", server->port()));
    for (int i = 0; i < 3; ++i) client.Write("200\r\n" + std::string(512, 'y') + "\r\n");
    EXPECT_TRUE(client.Response().starts_with("413 "));
  }
  {
    Client client(server->port());
    client.Request("GET", "/hello", "", fmt::format("X: {}\r\n", std::string(20000, 'h')));
    EXPECT_TRUE(client.Response().starts_with("431 "));
  }
  {
    Client client(server->port());
    client.Write("nonsense\r\n\r\n");
    EXPECT_TRUE(client.Response().starts_with("400 "));
    EXPECT_TRUE(client.AtEnd());
  }
  {
    Client client(server->port());
    client.Request("GET", "/hello?x=%zz");
    EXPECT_TRUE(client.Response().starts_with("400 "));
  }
}

TEST_F(Server, SlowRequestsEnd) {
  HttpServerOptions options;
  options.header_time = options.body_time = options.idle_time = std::chrono::seconds(1);
  auto server = Start(options);
  Client header(server->port()), body(server->port()), idle(server->port());
  header.Write("GET /hello HT");
  body.Write(fmt::format("POST /echo HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: 10\r\n\r\nabc",
                         server->port()));
  EXPECT_TRUE(header.Response().starts_with("408 "));
  EXPECT_TRUE(body.Response().starts_with("408 "));
  EXPECT_TRUE(idle.AtEnd());
}

TEST_F(Server, TokensAndScopes) {
  auto server = Start();
  Client client(server->port());
  auto status = [&](std::string_view token) {
    client.Request("GET", "/secret", "",
                   token.empty() ? std::string() : fmt::format("Authorization: Bearer {}\r\n", token));
    return client.Response().substr(0, 10);
  };
  EXPECT_EQ(status("good"), "200 writer");
  EXPECT_EQ(status("").substr(0, 3), "401");
  EXPECT_NE(client.header().find("WWW-Authenticate: Bearer"), std::string::npos);
  EXPECT_EQ(status("weak").substr(0, 3), "403");
  EXPECT_EQ(status("bad").substr(0, 3), "401");
}

TEST_F(Server, HostAndOriginAreChecked) {
  auto server = Start();
  Client client(server->port());
  client.Write("GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_TRUE(client.Response().starts_with("421 "));
  client.Request("POST", "/echo", "x", "Origin: http://evil.example\r\n");
  EXPECT_TRUE(client.Response().starts_with("403 "));
  // Of two, whichever is looked at, the other might be meant.
  const std::string ours = fmt::format("Host: 127.0.0.1:{}\r\n", server->port());
  for (const std::string& hosts : {ours + "Host: evil.example\r\n", ours + ours, std::string()}) {
    client.Write("GET /hello HTTP/1.1\r\n" + hosts + "\r\n");
    EXPECT_EQ(client.Response().substr(0, 4), "400 ") << hosts;
  }
  const std::string origin = fmt::format("Origin: http://127.0.0.1:{}\r\n", server->port());
  client.Request("POST", "/echo", "x", origin + "Origin: http://evil.example\r\n");
  EXPECT_EQ(client.Response().substr(0, 4), "400 ");
}

TEST_F(Server, LargeBodiesStream) {
  auto server = Start();
  Client client(server->port());
  client.Request("PUT", "/blob", std::string(2'500'000, 'z'));
  EXPECT_EQ(client.Response(), "200 2500000");
  client.Request("PUT", "/blob", "");
  EXPECT_EQ(client.Response(), "200 0");
  client.Request("PUT", "/blob", std::string(4'000'000, 'z'));
  EXPECT_TRUE(client.Response().starts_with("507 "));
}

TEST_F(Server, APortInUseIsNamed) {
  auto server = Start();
  auto second = HttpServer::Start(*Router::Create({}), {.port = server->port()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            fmt::format("cannot listen on 127.0.0.1:{}: the port is in use", server->port()));
  EXPECT_FALSE(HttpServer::Start(*Router::Create({}), {.address = "nowhere"}));
}

TEST_F(Server, TooManyConnectionsAreTurnedAway) {
  HttpServerOptions options;
  options.connections = 2;
  auto server = Start(options);
  Client first(server->port()), second(server->port());
  first.Request("GET", "/hello");
  second.Request("GET", "/hello");
  EXPECT_EQ(first.Response(), "200 hi");
  EXPECT_EQ(second.Response(), "200 hi");
  Client third(server->port());
  EXPECT_TRUE(third.Response().starts_with("503 "));
  EXPECT_NE(third.header().find("Retry-After: 1"), std::string::npos);
}

TEST_F(Server, StopLetsRequestsFinish) {
  auto server = Start();
  Client busy(server->port()), idle(server->port());
  idle.Request("GET", "/hello");
  EXPECT_EQ(idle.Response(), "200 hi");
  busy.Request("GET", "/later");
  while (waiting_count_.load() == 0) std::this_thread::yield();
  auto stopped = std::async(std::launch::async, [&] { server->Stop(std::chrono::seconds(20)); });
  EXPECT_TRUE(idle.AtEnd());
  waiting_.back().Send(TextResponse("in time"));
  waiting_.clear();
  EXPECT_EQ(busy.Response(), "200 in time");
  EXPECT_NE(busy.header().find("Connection: close"), std::string::npos);
  stopped.get();
  EXPECT_EQ(server->OpenConnections(), 0u);
}

TEST_F(Server, StopDoesNotWaitForever) {
  auto server = Start();
  Client client(server->port());
  client.Request("GET", "/later");
  while (waiting_count_.load() == 0) std::this_thread::yield();
  server->Stop(std::chrono::milliseconds(50));
  EXPECT_TRUE(client.AtEnd());
  waiting_.clear();  // answers into a connection that is gone
}

TEST_F(Server, ManyClientsAtOnce) {
  HttpServerOptions options;
  options.io_threads = 2;
  std::atomic<int> logged{0};
  options.on_access = [&](const AccessEntry& entry) { logged += entry.status == 200; };
  auto server = Start(options);
  std::vector<std::thread> threads;
  threads.reserve(8);
  std::atomic<int> good{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      Client client(server->port());
      for (int i = 0; i < 100; ++i) {
        client.Request("POST", "/echo", std::to_string(i));
        good += client.Response() == "200 " + std::to_string(i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good.load(), 800);
  EXPECT_EQ(logged.load(), 800);
}

// Our own client, against our own server.
TEST_F(Server, AnswersOurClient) {
  auto server = Start();
  auto client = HttpClient::Create(server->Origin());
  ASSERT_TRUE(client);
  for (int i = 0; i < 3; ++i) {
    auto answer = (*client)->Send({"POST", "/echo", {}, "again"});
    ASSERT_TRUE(answer) << answer.error().ToString();
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "again");
    EXPECT_EQ(answer->Header("content-type"), "text/plain; charset=utf-8");
  }
  const std::string large(3'500'000, 'z');
  auto refused = (*client)->Send({"PUT", "/blob", {}, large});
  ASSERT_TRUE(refused) << refused.error().ToString();
  EXPECT_EQ(refused->status, 507);
  auto secret = (*client)->Send({"GET", "/secret", {{"Authorization", "Bearer good"}}, ""});
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->body, "writer");
  server->Stop(std::chrono::milliseconds(100));
  auto gone = (*client)->Send({"GET", "/hello", {}, ""});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::kUnavailable);
}

TEST(HttpUrl, IsTakenApart) {
  auto url = HttpUrl::Parse("http://localhost:7400/a?b=1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "localhost");
  EXPECT_EQ(url->port, 7400);
  EXPECT_EQ(url->path, "/a?b=1");
  EXPECT_EQ(HttpUrl::Parse("http://[::1]:80")->host, "::1");
  EXPECT_EQ(HttpUrl::Parse("http://host")->port, 80);
  for (const char* wrong :
       {"", "https://x", "http://", "http://x:y", "http://x:0", "http://u:p@x", "localhost:7400"})
    EXPECT_FALSE(HttpUrl::Parse(wrong)) << wrong;
}

}  // namespace
}  // namespace sinter
