// Responses that are written as they come about, over real sockets.
#include "server/http/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <optional>
#include <thread>

#include "server/http/server.h"
#include "server/http/testing.h"

namespace sinter {
namespace {

class Streams : public testing::Test {
 protected:
  void SetUp() override {
    Route events;
    events.method = "GET";
    events.pattern = "/events";
    events.kind = Route::Kind::kAsync;
    events.start = [this](HttpRequest&&, Responder responder) {
      StreamWriter writer(1000);
      HttpResponse response;
      response.type = "text/event-stream";
      response.stream = writer.stream();
      responder.Send(std::move(response));
      writers_.push_back(std::move(writer));
      begun_.set_value();
    };
    Route hello;
    hello.method = "GET";
    hello.pattern = "/hello";
    hello.kind = Route::Kind::kInline;
    hello.answer = [](HttpRequest&) { return TextResponse("hi"); };
    server_ = *HttpServer::Start(*Router::Create({events, hello}), {});
  }
  // The writer of the next request.
  StreamWriter Begin(Client& client, std::string_view method = "GET") {
    begun_ = {};
    client.Request(method, "/events");
    begun_.get_future().wait();
    StreamWriter writer = std::move(writers_.back());
    writers_.pop_back();
    return writer;
  }
  std::promise<void> begun_;
  std::vector<StreamWriter> writers_;
  std::unique_ptr<HttpServer> server_;
};

bool WaitUntilGone(const StreamWriter& writer) {
  for (int i = 0; i < 2000 && !writer.Gone(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return writer.Gone();
}

TEST_F(Streams, PartsGoOutAsTheyAreWrittenAndTheConnectionGoesOn) {
  Client client(server_->port());
  {
    StreamWriter writer = Begin(client);
    EXPECT_EQ(client.Response(true), "200 ");
    EXPECT_NE(client.header().find("Transfer-Encoding: chunked"), std::string::npos);
    EXPECT_EQ(client.header().find("Content-Length"), std::string::npos);
    ASSERT_TRUE(writer.Write("one\n"));
    EXPECT_EQ(client.Until("\n\r\n"), "4\r\none\n\r\n");
    ASSERT_TRUE(writer.Write("the second\n"));
    EXPECT_EQ(client.Until("\n\r\n"), "b\r\nthe second\n\r\n");
  }
  EXPECT_EQ(client.Until("0\r\n\r\n"), "0\r\n\r\n");
  client.Request("GET", "/hello");
  EXPECT_EQ(client.Response(), "200 hi");
}

TEST_F(Streams, APeerThatLeavesIsNoticedWithoutAWrite) {
  std::optional<StreamWriter> writer;
  {
    Client client(server_->port());
    writer.emplace(Begin(client));
    client.Response(true);
    EXPECT_FALSE(writer->Gone());
  }
  EXPECT_TRUE(WaitUntilGone(*writer));
  EXPECT_FALSE(writer->Write("nobody reads this"));
}

TEST_F(Streams, WhatWaitsForASlowPeerIsBounded) {
  Client client(server_->port());
  StreamWriter writer = Begin(client);
  const std::string part(500, 'x');
  size_t written = 0;
  constexpr size_t kFarTooMuch = size_t{256} << 20;
  // Until the sockets' buffers are full, and the stream's bound with them.
  auto moved = std::chrono::steady_clock::now();
  while (written < kFarTooMuch && std::chrono::steady_clock::now() - moved < std::chrono::milliseconds(200)) {
    if (!writer.Write(part)) {
      std::this_thread::yield();
      continue;
    }
    written += part.size();
    moved = std::chrono::steady_clock::now();
  }
  EXPECT_LT(written, kFarTooMuch);
  EXPECT_LE(writer.Waiting(), 1000u);
  EXPECT_FALSE(writer.Gone());
  client.Response(true);
  {
    const StreamWriter ended = std::move(writer);
  }
  const std::string all = client.Until("0\r\n\r\n");
  EXPECT_EQ(static_cast<size_t>(std::ranges::count(all, 'x')), written);  // nothing that was taken is lost
}

TEST_F(Streams, StoppingTheServerEndsThemAtOnce) {
  Client client(server_->port());
  StreamWriter writer = Begin(client);
  client.Response(true);
  const auto before = std::chrono::steady_clock::now();
  server_->Stop(std::chrono::seconds(20));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10));
  EXPECT_TRUE(client.AtEnd());
  EXPECT_TRUE(writer.Gone());
}

TEST_F(Streams, HeadGetsTheHeaderAlone) {
  Client client(server_->port());
  StreamWriter writer = Begin(client, "HEAD");
  EXPECT_EQ(client.Response(true), "200 ");
  EXPECT_TRUE(WaitUntilGone(writer));
  client.Request("GET", "/hello");
  EXPECT_EQ(client.Response(), "200 hi");
}

TEST_F(Streams, OfHttp10EndsWithTheConnection) {
  Client client(server_->port());
  begun_ = {};
  client.Write(fmt::format("GET /events HTTP/1.0\r\nHost: 127.0.0.1:{}\r\n\r\n", server_->port()));
  ASSERT_EQ(begun_.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  ASSERT_TRUE(writers_.back().Write("all\n"));
  client.Response(true);
  EXPECT_EQ(client.header().find("chunked"), std::string::npos);
  EXPECT_EQ(client.Until("\n"), "all\n");
  writers_.clear();
  EXPECT_TRUE(client.AtEnd());
}

}  // namespace
}  // namespace sinter
