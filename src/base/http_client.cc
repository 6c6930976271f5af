#include "base/http_client.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "base/ascii.h"

namespace sinter {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

Result<HttpUrl> HttpUrl::Parse(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return InvalidArgument(fmt::format("'{}' is no URL: {}", text, why), "http://HOST:PORT is expected");
  };
  // Host and path go into requests' heads as they are.
  if (std::ranges::any_of(text, [](unsigned char c) { return c <= 0x20 || c == 0x7f; }))
    return wrong("it holds a blank or a control character");
  if (!text.starts_with("http://")) return wrong("it must begin with http://");
  std::string_view rest = text.substr(7);
  HttpUrl url;
  const size_t slash = rest.find('/');
  url.path = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
  std::string_view authority = rest.substr(0, slash);
  if (authority.find('@') != std::string_view::npos) return wrong("it holds credentials");
  const size_t bracket = authority.rfind(']'), colon = authority.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const std::string_view digits = authority.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
    if (error != std::errc() || end != digits.data() + digits.size() || url.port == 0)
      return wrong("its port is none");
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']'))
    authority = authority.substr(1, authority.size() - 2);
  else if (authority.find(':') != std::string_view::npos)
    return wrong("an IPv6 address stands in brackets");
  if (authority.empty() || authority.find_first_of("[]") != std::string_view::npos)
    return wrong("it names no host");
  url.host = authority;
  return url;
}

std::string_view ClientResponse::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

struct HttpClient::Impl {
  HttpUrl origin;
  ClientOptions options;
  asio::io_context context{1};
  std::optional<beast::tcp_stream> stream;
  beast::flat_buffer buffer;

  Error Failed(std::string_view what, const boost::system::error_code& error) const {
    const bool late = error == beast::error::timeout;
    return {late ? ErrorCode::kDeadlineExceeded : ErrorCode::kUnavailable,
            fmt::format("http://{}:{}: {}: {}", origin.host, origin.port, what,
                        late ? "no answer in time" : error.message()),
            ""};
  }
  // Runs the one operation under way to its end.
  void RunAll() {
    context.restart();
    context.run();
  }
  Status Connect() {
    boost::system::error_code error;
    tcp::resolver resolver(context);
    const auto addresses = resolver.resolve(origin.host, std::to_string(origin.port), error);
    if (error) return Failed("cannot find the host", error);
    stream.emplace(context);
    stream->expires_after(options.timeout);
    stream->async_connect(addresses, [&](boost::system::error_code e, const tcp::endpoint&) { error = e; });
    RunAll();
    if (error) {
      stream.reset();
      return Failed("cannot connect", error);
    }
    stream->socket().set_option(tcp::no_delay(true), error);
    buffer.clear();
    return {};
  }
  struct Outcome {
    boost::system::error_code error;
    bool answered = false;  // a byte of the answer has come
    ClientResponse response;
    bool keep_alive = false;
  };
  Outcome Exchange(const ClientRequest& request) {
    Outcome outcome;
    http::request<http::span_body<const char>> message;
    message.method_string(request.method);
    message.target(request.path);
    message.version(11);
    const bool v6 = origin.host.find(':') != std::string::npos;
    message.set(http::field::host,
                fmt::format("{}{}{}:{}", v6 ? "[" : "", origin.host, v6 ? "]" : "", origin.port));
    message.set(http::field::user_agent, "sinter");
    for (const auto& [name, value] : request.headers) message.set(name, value);
    message.body() = beast::span<const char>(request.body.data(), request.body.size());
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT")
      message.content_length(request.body.size());
    stream->expires_after(options.timeout);
    http::async_write(*stream, message, [&](boost::system::error_code e, size_t) { outcome.error = e; });
    RunAll();
    // A server may answer and close before it has read everything: what it said is read all the same.
    const boost::system::error_code written = outcome.error;
    if (written == beast::error::timeout) return outcome;
    http::response_parser<http::string_body> parser;
    parser.body_limit(options.largest_body);
    if (request.method == "HEAD") parser.skip(true);
    outcome.error = {};
    while (!parser.is_done() && !outcome.error) {
      stream->expires_after(options.timeout);
      http::async_read_some(*stream, buffer, parser,
                            [&](boost::system::error_code e, size_t) { outcome.error = e; });
      RunAll();
    }
    outcome.answered = parser.got_some();
    if (outcome.error && written && !outcome.answered) outcome.error = written;
    if (outcome.error) return outcome;
    outcome.keep_alive = parser.keep_alive() && !written;
    auto answer = parser.release();
    outcome.response.status = static_cast<int>(answer.result_int());
    for (const auto& field : answer) {
      const auto name = field.name_string();
      outcome.response.headers.emplace_back(LowerAscii({name.data(), name.size()}),
                                            std::string(field.value()));
    }
    outcome.response.body = std::move(answer.body());
    return outcome;
  }
};

Result<std::unique_ptr<HttpClient>> HttpClient::Create(std::string_view origin,
                                                       const ClientOptions& options) {
  auto impl = std::make_unique<Impl>();
  TRY(impl->origin, HttpUrl::Parse(origin));
  impl->options = options;
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(impl)));
}

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::~HttpClient() = default;

Result<ClientResponse> HttpClient::Send(const ClientRequest& request) {
  Impl& impl = *impl_;
  for (int attempt = 0;; ++attempt) {
    const bool kept = impl.stream.has_value();
    if (!kept) TRY_STATUS(impl.Connect());
    Impl::Outcome outcome = impl.Exchange(request);
    if (!outcome.error) {
      if (!outcome.keep_alive) impl.stream.reset();
      return std::move(outcome.response);
    }
    impl.stream.reset();
    const bool late = outcome.error == beast::error::timeout;
    if (kept && !outcome.answered && !late && attempt == 0) continue;
    if (outcome.error == http::error::body_limit)
      return Error{ErrorCode::kResourceExhausted, "the answer is larger than allowed", ""};
    if (outcome.error.category() == http::make_error_code(http::error::bad_version).category() &&
        outcome.answered)
      return Corrupt(fmt::format("http://{}:{} does not speak HTTP: {}", impl.origin.host, impl.origin.port,
                                 outcome.error.message()));
    return impl.Failed(fmt::format("{} {}", request.method, request.path), outcome.error);
  }
}

}  // namespace sinter
