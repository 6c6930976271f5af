// The server's own API, as commands and training processes use it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/hash.h"
#include "base/http_client.h"
#include "base/json.h"
#include "base/result.h"

namespace sinter {

// One thread. Errors of the server come back as they were there: code, message, hint.
class ApiClient {
 public:
  static Result<std::unique_ptr<ApiClient>> Create(std::string_view origin, std::string token);
  const std::string& origin() const { return origin_; }
  const std::string& token() const { return token_; }

  // From here on a server that is away is waited for so long, before a request fails: for requests that may
  // be sent twice.
  void BePatient(std::chrono::milliseconds patience) { patience_ = patience; }

  // `path` under /sinter/v1, escaped.
  Result<Json> Get(std::string_view path);
  Result<Json> Post(std::string_view path, const Json& body);
  Result<Json> Put(std::string_view path, const Json& body);
  Result<Json> Delete(std::string_view path);
  Result<std::string> GetBytes(std::string_view path);  // not JSON: a picture, a blob
  // `count` bytes from `first` on; kCorrupt where other ones come.
  Result<std::string> GetRange(std::string_view path, uint64_t first, uint64_t count);
  Result<bool> Has(std::string_view path);
  Status PutBytes(std::string_view path, std::string_view bytes);

 private:
  ApiClient(std::unique_ptr<HttpClient> client, std::string origin, std::string token)
      : client_(std::move(client)), origin_(std::move(origin)), token_(std::move(token)) {}
  Result<ClientResponse> Send(std::string_view method, std::string_view path, std::string_view body,
                              std::string_view range = {});
  std::unique_ptr<HttpClient> client_;
  std::string origin_, token_;
  std::chrono::milliseconds patience_{0};
};

// kInternal for a name that is none.
ErrorCode ErrorCodeNamed(std::string_view name);
// For a path: everything but letters, digits and -._~ escaped.
std::string EscapeSegment(std::string_view text);

}  // namespace sinter
