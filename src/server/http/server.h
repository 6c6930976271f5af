// The HTTP server: HTTP/1.1 over TCP, keep-alive, bounded in every direction.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "server/http/router.h"

namespace sinter {

// One answered request, for the log and the metrics. Views hold during the call alone.
struct AccessEntry {
  std::string_view peer, method, target;
  std::string_view principal;  // the name of the token that it came with; empty: none, or none was asked for
  size_t route = SIZE_MAX;     // index into the router's routes; SIZE_MAX: none matched
  int status = 0;
  uint64_t bytes_in = 0, bytes_out = 0;
  std::chrono::nanoseconds took{0};  // from the request's last byte to the response's first
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 0;  // 0: any free one
  int io_threads = 1;
  int workers = 4;                       // of blocking and streamed routes
  size_t queue = 256;                    // requests that wait for a worker; beyond: 503
  size_t connections = 2048;             // beyond: 503 and closed
  size_t largest_header = 16 * 1024;     // beyond: 431
  std::chrono::seconds header_time{15};  // from a request's first byte to the end of its header; then 408
  std::chrono::seconds body_time{60};    // without a byte of the body; then 408
  std::chrono::seconds idle_time{75};    // between requests; then closed
  // Whom a bearer token stands for; empty token: nobody has come with one. Called on the thread that answers.
  std::function<Result<Principal>(std::string_view token)> authenticate = {};
  // Whom a request without a token stands for, by a cookie; kUnauthenticated: nobody. Called on the same
  // thread.
  std::function<Result<Principal>(const HttpRequest& request)> session = {};
  // Called on an I/O thread; must not block.
  std::function<void(const AccessEntry&)> on_access = {};
};

class HttpServer {
 public:
  // Listens and serves at once. Errors: kUnavailable for a port in use (named), kInvalidArgument for an
  // address that is none.
  static Result<std::unique_ptr<HttpServer>> Start(Router router, HttpServerOptions options);
  ~HttpServer();  // Stop, waiting a moment
  uint16_t port() const;
  std::string Origin() const;  // "http://127.0.0.1:7400"
  size_t OpenConnections() const;
  // Accepts nothing more, lets requests under way finish within `patience` (their answers say
  // "Connection: close"), then closes. Idempotent.
  void Stop(std::chrono::milliseconds patience);

  struct Impl;

 private:
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sinter
