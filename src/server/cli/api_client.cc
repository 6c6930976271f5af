#include "server/cli/api_client.h"

#include <algorithm>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/http/target.h"

namespace sinter {
namespace {

std::optional<ErrorCode> Named(std::string_view name) {
  for (int c = 0; c <= static_cast<int>(ErrorCode::kInternal); ++c) {
    if (ErrorCodeName(static_cast<ErrorCode>(c)) == name) return static_cast<ErrorCode>(c);
  }
  return std::nullopt;
}

ErrorCode CodeOf(int status, std::string_view name) {
  if (const auto code = Named(name)) return *code;
  return status == 404  ? ErrorCode::kNotFound
         : status < 500 ? ErrorCode::kInvalidArgument
                        : ErrorCode::kInternal;
}

Error ErrorOf(const ClientResponse& response) {
  if (const auto json = ParseJson(response.body); json && json->is_object() && json->contains("error")) {
    const Json& error = (*json)["error"];
    if (error.is_object()) {
      return {CodeOf(response.status, error.value("code", "")), error.value("message", "no message"),
              error.value("hint", "")};
    }
  }
  return {CodeOf(response.status, ""), fmt::format("the server answered {}", response.status), ""};
}

}  // namespace

ErrorCode ErrorCodeNamed(std::string_view name) { return Named(name).value_or(ErrorCode::kInternal); }

std::string EscapeSegment(std::string_view text) { return PercentEncode(text); }

Result<std::unique_ptr<ApiClient>> ApiClient::Create(std::string_view origin, std::string token) {
  TRY(auto client, HttpClient::Create(origin));
  return std::unique_ptr<ApiClient>(new ApiClient(std::move(client), std::string(origin), std::move(token)));
}

namespace {

// Whole versions of data sets are read before the first byte of the answer.
bool TakesItsTime(std::string_view path) {
  return path.ends_with("/clean") || path.ends_with("/trace") || path.ends_with("/forget") ||
         path.find("/compare?") != path.npos;
}

}  // namespace

Result<ClientResponse> ApiClient::Send(std::string_view method, std::string_view path, std::string_view body,
                                       std::string_view range) {
  ClientRequest request;
  request.method = method;
  request.path = fmt::format("/sinter/v1{}", path);
  request.body = body;
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
  if (!range.empty()) request.headers.emplace_back("Range", range);
  if (method == "POST") request.headers.emplace_back("Content-Type", "application/json");
  std::unique_ptr<HttpClient> slow;
  if (TakesItsTime(path)) {
    TRY(slow, HttpClient::Create(origin_, {.timeout = std::chrono::minutes(15)}));
  }
  HttpClient& client = slow ? *slow : *client_;
  const auto deadline = std::chrono::steady_clock::now() + patience_;
  std::chrono::milliseconds pause(100);
  for (;;) {
    auto response = client.Send(request);
    const bool away = response ? response->status == 503 : response.error().code == ErrorCode::kUnavailable;
    if (!away || std::chrono::steady_clock::now() + pause > deadline) return response;
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, std::chrono::milliseconds(2000));
  }
}

namespace {

Result<Json> JsonOf(Result<ClientResponse> response) {
  if (!response) return std::move(response).error();
  if (response->status >= 400) return ErrorOf(*response);
  if (response->body.empty()) return Json::object();
  return ParseJson(response->body);
}

}  // namespace

Result<Json> ApiClient::Get(std::string_view path) { return JsonOf(Send("GET", path, "")); }
Result<Json> ApiClient::Post(std::string_view path, const Json& body) {
  return JsonOf(Send("POST", path, body.dump()));
}
Result<Json> ApiClient::Put(std::string_view path, const Json& body) {
  return JsonOf(Send("PUT", path, body.dump()));
}
Result<Json> ApiClient::Delete(std::string_view path) { return JsonOf(Send("DELETE", path, "")); }

Result<std::string> ApiClient::GetBytes(std::string_view path) {
  TRY(ClientResponse response, Send("GET", path, ""));
  if (response.status >= 400) return ErrorOf(response);
  return std::move(response.body);
}

Result<std::string> ApiClient::GetRange(std::string_view path, uint64_t first, uint64_t count) {
  const uint64_t last = first + count - 1;
  TRY(ClientResponse response, Send("GET", path, "", fmt::format("bytes={}-{}", first, last)));
  if (response.status >= 400) return ErrorOf(response);
  const bool there = response.status == 206 &&
                     response.Header("content-range").starts_with(fmt::format("bytes {}-{}/", first, last)) &&
                     response.body.size() == count;
  if (!there)
    return Corrupt(fmt::format("{}: the server answered {} with other bytes than those asked for", path,
                               response.status));
  return std::move(response.body);
}

Result<bool> ApiClient::Has(std::string_view path) {
  TRY(const ClientResponse response, Send("HEAD", path, ""));
  if (response.status == 404) return false;
  if (response.status >= 400) return ErrorOf(response);
  return true;
}

Status ApiClient::PutBytes(std::string_view path, std::string_view bytes) {
  TRY(const ClientResponse response, Send("PUT", path, bytes));
  if (response.status >= 400) return ErrorOf(response);
  return {};
}

}  // namespace sinter
