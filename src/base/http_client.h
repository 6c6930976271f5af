// A client for HTTP/1.1: one request at a time over a connection that is kept, made anew when it has died.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sinter {

struct HttpUrl {
  std::string host;  // without brackets
  uint16_t port = 80;
  std::string path;  // "/..." with the query; "/" where there is none
  // http alone. Errors: anything that is no such URL.
  static Result<HttpUrl> Parse(std::string_view text);
};

struct ClientRequest {
  std::string method = "GET";
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;  // must outlive the call
};

struct ClientResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::string_view Header(std::string_view name) const;
};

struct ClientOptions {
  std::chrono::milliseconds timeout{30000};  // of connecting, and without a byte of the answer
  uint64_t largest_body = uint64_t{1} << 32;
};

// One thread.
class HttpClient {
 public:
  // "http://127.0.0.1:7400"; connects at the first request.
  static Result<std::unique_ptr<HttpClient>> Create(std::string_view origin,
                                                    const ClientOptions& options = {});
  ~HttpClient();
  // A connection that the server has closed meanwhile is made anew, once, before anything was answered.
  // Errors: kUnavailable (nobody listens, the connection broke), kDeadlineExceeded, kCorrupt (no HTTP).
  Result<ClientResponse> Send(const ClientRequest& request);

  struct Impl;

 private:
  explicit HttpClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sinter
