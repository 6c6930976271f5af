// Requests and responses as handlers see them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace sinter {

// What a request must be allowed. Each of read, write and admin includes the ones before it.
enum class Access : uint8_t { kOpen, kRead, kWrite, kAdmin, kRun };

// Whom a token stands for.
struct Principal {
  std::string name;
  Access access = Access::kOpen;
  std::string run;  // of kRun: the run that it may feed, and the attempt
  int64_t attempt = 0;
};

struct HttpRequest {
  std::string method;
  std::string target;                                          // as sent
  std::string path;                                            // without the query; still percent-encoded
  std::map<std::string, std::string, std::less<>> parameters;  // {name} of the route's pattern, decoded
  std::map<std::string, std::string, std::less<>> query;       // decoded; the last of equal names
  std::vector<std::pair<std::string, std::string>> headers;    // names in lower case
  std::string body;
  std::string peer;     // address and port
  Principal principal;  // set where the route asks for access

  // Empty when absent; `name` in lower case.
  std::string_view Header(std::string_view name) const;
  std::string_view Parameter(std::string_view name) const;
  std::string Query(std::string_view name, std::string_view otherwise = {}) const;
  // Errors: a query that is no whole number in lo..hi.
  Result<int64_t> QueryInt(std::string_view name, int64_t otherwise, int64_t lo, int64_t hi) const;
  // The body as JSON; bounded; kInvalidArgument says where it is wrong.
  Result<Json> JsonBody() const;
};

// Bytes with an owner that keeps them: a mapped file, a tensor.
struct SharedBytes {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;
};

class ResponseStream;

struct HttpResponse {
  int status = 200;
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  SharedBytes shared;          // instead of `body` where it has an owner
  bool accept_ranges = false;  // of `shared`: the server answers Range headers
  // Instead of a body: what its StreamWriter (server/http/stream.h) writes, sent as it comes.
  std::shared_ptr<ResponseStream> stream;

  size_t size() const { return shared.owner != nullptr ? shared.bytes.size() : body.size(); }
};

HttpResponse JsonResponse(const Json& json, int status = 200);
HttpResponse TextResponse(std::string text, std::string type = "text/plain; charset=utf-8", int status = 200);
// {"error":{"code","message","hint"}} with the status that the error's code stands for; 503 carries
// Retry-After.
HttpResponse ErrorResponse(const Error& error);
HttpResponse ErrorResponse(int status, std::string_view code, std::string_view message,
                           std::string_view hint = {});
int HttpStatusOf(ErrorCode code);
std::string_view HttpReason(int status);

}  // namespace sinter
