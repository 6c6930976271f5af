// One TCP connection: reads requests, hands them to their routes, writes the answers. For http's own files:
// it brings Asio and Beast along.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "server/http/router.h"
#include "server/http/server.h"
#include "server/http/workers.h"

namespace sinter {

class Connection;

// With its executor's own type: the any-executor of tcp::socket is copied, and counted, at every step.
using IoSocket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// What the connections of one I/O thread share. Touched by that thread alone.
struct IoShard {
  std::unordered_set<Connection*> connections;
  bool closing = false;
  boost::asio::io_context context{1};  // last: what it still holds at its end leaves `connections`
};

// What all connections share.
struct ServerCore {
  Router router;
  HttpServerOptions options;
  bool loopback = true;
  uint16_t port = 0;
  Workers workers;
  std::atomic<size_t> open{0};
};

struct KeptResponses;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(ServerCore& core, IoShard& shard, IoSocket socket);
  ~Connection();
  void Begin();
  void Refuse();  // 503 and close: too many connections
  void Tick();    // once a second: what has waited too long ends
  void CloseWhenIdle();
  void Abort();
  static void SendAll(KeptResponses kept);  // any thread

 private:
  using ErrorCodeAsio = boost::system::error_code;
  enum class State { kIdle, kBody, kStreaming, kHandling, kWriting, kPushing, kDraining };
  class Reply;

  void ReadHeader();
  void OnHeader(ErrorCodeAsio error);
  void ReadBody(uint64_t limit);
  void OnBody(ErrorCodeAsio error);
  void OpenStream();
  void ReadChunk();
  void OnChunk(ErrorCodeAsio error, bool last);
  // Fills request_; the response if it is refused before its body is read.
  std::optional<HttpResponse> Prepare();
  void AnswerEarly(HttpResponse response);
  void Dispatch();
  Result<void> Authorise(HttpRequest& request);
  void PostOrRefuse(std::function<void()> work);
  void Respond(HttpResponse response);
  void ApplyRange(HttpResponse& response);
  void Write();
  void OnWritten(ErrorCodeAsio error);
  void BeginPush();  // the header of a streamed response is out
  void Push();       // sends what its stream holds
  void Drain();
  void Close();

  ServerCore& core_;
  IoShard& shard_;
  IoSocket socket_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::empty_body>> header_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> body_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::buffer_body>> stream_;
  State state_ = State::kIdle;
  int seconds_ = 0;         // in this state, or since something last arrived
  uint64_t remaining_ = 0;  // of the body, at the last tick
  bool keep_alive_ = false;
  bool timed_out_ = false;
  bool head_ = false;
  HttpRequest request_;
  const Route* route_ = nullptr;
  std::optional<HttpResponse> early_;  // sent once the body has been read and passed over
  std::string peer_;
  std::string log_method_, log_target_, log_principal_;  // of the request under way
  std::string chunk_;
  std::shared_ptr<BodySink> sink_;
  HttpResponse response_;
  std::shared_ptr<ResponseStream> pushed_;  // the response under way, where it is streamed
  bool pushing_ = false;                    // a part of it is being written
  bool chunked_ = false;                    // the peer knows chunks: HTTP/1.1
  std::string head_text_;
  uint64_t bytes_in_ = 0;
  std::chrono::steady_clock::time_point received_;
};

}  // namespace sinter
