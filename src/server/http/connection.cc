#include "server/http/connection.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

#include "server/http/guard.h"
#include "server/http/range.h"
#include "server/http/stream.h"
#include "server/http/target.h"

namespace sinter {

namespace http = boost::beast::http;

namespace {

constexpr size_t kChunk = size_t{256} << 10;
constexpr uint64_t kPassedOver = uint64_t{1} << 20;  // a body that is read although it is not wanted
constexpr int kDrainSeconds = 2;

}  // namespace

// What a ResponseBatch of this thread has kept.
struct KeptResponses {
  std::vector<std::pair<std::shared_ptr<Connection>, HttpResponse>> all;
};
namespace {
thread_local KeptResponses* kept_responses = nullptr;
}  // namespace

// Carries the answer from whichever thread gives it to the connection's own.
class Connection::Reply final : public Responder::Sink {
 public:
  explicit Reply(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  void Send(HttpResponse response) override {
    auto connection = std::move(connection_);
    if (connection == nullptr) return;
    if (kept_responses != nullptr) {
      kept_responses->all.emplace_back(std::move(connection), std::move(response));
      return;
    }
    auto executor = connection->socket_.get_executor();
    boost::asio::dispatch(executor,
                          [connection = std::move(connection), response = std::move(response)]() mutable {
                            connection->Respond(std::move(response));
                          });
  }
  static void SendAll(KeptResponses kept) {
    while (!kept.all.empty()) {
      // Those of one I/O thread together; there are few such threads.
      IoShard* shard = &kept.all.back().first->shard_;
      const auto others =
          std::ranges::partition(kept.all, [&](const auto& one) { return &one.first->shard_ != shard; });
      KeptResponses here;
      here.all.assign(std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
      kept.all.erase(others.begin(), others.end());
      boost::asio::post(shard->context, [here = std::move(here)]() mutable {
        for (auto& [connection, response] : here.all) connection->Respond(std::move(response));
      });
    }
  }

 private:
  std::shared_ptr<Connection> connection_;
};

ResponseBatch::ResponseBatch() {
  SINTER_CHECK(kept_responses == nullptr);
  kept_responses = new KeptResponses();
}

ResponseBatch::~ResponseBatch() {
  const std::unique_ptr<KeptResponses> kept(std::exchange(kept_responses, nullptr));
  Connection::SendAll(std::move(*kept));
}

void Connection::SendAll(KeptResponses kept) { Reply::SendAll(std::move(kept)); }

Connection::Connection(ServerCore& core, IoShard& shard, IoSocket socket)
    : core_(core), shard_(shard), socket_(std::move(socket)) {
  ++core_.open;
  shard_.connections.insert(this);
  ErrorCodeAsio ignored;
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  const auto peer = socket_.remote_endpoint(ignored);
  if (!ignored) peer_ = fmt::format("{}:{}", peer.address().to_string(), peer.port());
}

Connection::~Connection() {
  shard_.connections.erase(this);
  --core_.open;
}

void Connection::Begin() { ReadHeader(); }

void Connection::Refuse() {
  keep_alive_ = false;
  Respond(ErrorResponse(503, "unavailable", "too many connections"));
}

void Connection::Tick() {
  ++seconds_;
  const auto over = [&](std::chrono::seconds limit) { return seconds_ >= limit.count(); };
  switch (state_) {
    case State::kIdle: {
      const bool begun = (header_ && header_->got_some()) || buffer_.size() > 0;
      if (!begun) {
        if (over(core_.options.idle_time)) Close();
        return;
      }
      // The clock of a header begins when a tick first sees a part of it.
      if (remaining_ == 0) {
        remaining_ = 1;
        seconds_ = 0;
      } else if (over(core_.options.header_time)) {
        timed_out_ = true;
        socket_.cancel();
      }
      return;
    }
    case State::kBody:
    case State::kStreaming: {
      const uint64_t left = body_     ? body_->content_length_remaining().value_or(buffer_.size())
                            : stream_ ? stream_->content_length_remaining().value_or(buffer_.size())
                                      : 0;
      if (left != remaining_) {
        remaining_ = left;
        seconds_ = 0;
      } else if (over(core_.options.body_time)) {
        timed_out_ = true;
        socket_.cancel();
      }
      return;
    }
    case State::kWriting:
      if (over(core_.options.body_time)) Close();
      return;
    case State::kPushing:
      if (pushing_ && over(core_.options.body_time)) Close();
      return;
    case State::kDraining:
      if (seconds_ >= kDrainSeconds) Close();
      return;
    case State::kHandling:
      return;
  }
}

void Connection::CloseWhenIdle() {
  const bool begun = (header_ && header_->got_some()) || buffer_.size() > 0;
  // A streamed response has no end of its own; whoever follows it comes again and goes on.
  if (state_ == State::kPushing || (state_ == State::kIdle && !begun)) Close();
}

void Connection::Abort() { Close(); }

void Connection::ReadHeader() {
  header_.emplace();
  header_->header_limit(static_cast<uint32_t>(core_.options.largest_header));
  header_->body_limit(boost::none);
  body_.reset();
  stream_.reset();
  sink_.reset();
  early_.reset();
  route_ = nullptr;
  head_ = false;
  bytes_in_ = 0;
  request_ = HttpRequest();
  log_method_.clear();
  log_target_.clear();
  log_principal_.clear();
  state_ = State::kIdle;
  seconds_ = 0;
  remaining_ = 0;
  http::async_read_header(
      socket_, buffer_, *header_,
      [self = shared_from_this()](ErrorCodeAsio error, size_t) { self->OnHeader(error); });
}

void Connection::OnHeader(ErrorCodeAsio error) {
  received_ = std::chrono::steady_clock::now();
  if (timed_out_)
    return AnswerEarly(ErrorResponse(408, "deadline_exceeded", "the request's header took too long"));
  if (error == http::error::end_of_stream || error == boost::asio::error::eof) return Close();
  if (error == http::error::header_limit) {
    return AnswerEarly(ErrorResponse(
        431, "invalid_argument",
        fmt::format("the request's header is larger than {} bytes", core_.options.largest_header)));
  }
  if (error && error.category() == http::make_error_code(http::error::bad_method).category())
    return AnswerEarly(
        ErrorResponse(400, "invalid_argument", fmt::format("no HTTP request: {}", error.message())));
  if (error) return Close();
  keep_alive_ = header_->keep_alive();
  early_ = Prepare();
  const bool expects = header_->get()[http::field::expect].starts_with("100");
  if (early_) {
    // A small body is read and passed over, so that the connection can go on; a large one ends it.
    const auto length = header_->content_length();
    if (header_->is_done()) return Dispatch();
    if (expects || header_->chunked() || !length || *length > kPassedOver) {
      HttpResponse response = *std::move(early_);
      return AnswerEarly(std::move(response));
    }
    return ReadBody(kPassedOver);
  }
  if (route_->kind == Route::Kind::kStreamed) {
    if (expects) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      boost::asio::async_write(socket_, boost::asio::buffer(kContinue.data(), kContinue.size()),
                               [self = shared_from_this()](ErrorCodeAsio failed, size_t) {
                                 failed ? self->Close() : self->OpenStream();
                               });
      return;
    }
    return OpenStream();
  }
  if (header_->is_done()) return Dispatch();
  if (expects) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    boost::asio::async_write(socket_, boost::asio::buffer(kContinue.data(), kContinue.size()),
                             [self = shared_from_this()](ErrorCodeAsio failed, size_t) {
                               failed ? self->Close() : self->ReadBody(self->route_->largest_body);
                             });
    return;
  }
  ReadBody(route_->largest_body);
}

std::optional<HttpResponse> Connection::Prepare() {
  const auto& message = header_->get();
  request_.method = message.method_string();
  request_.target = message.target();
  request_.peer = peer_;
  // Kept apart: a handler may take the request with it.
  log_method_ = request_.method;
  log_target_ = request_.target;
  head_ = request_.method == "HEAD";
  chunked_ = message.version() == 11;
  request_.headers.reserve(8);
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    request_.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  if (message.version() != 11 && message.version() != 10)
    return ErrorResponse(400, "invalid_argument", "HTTP/1.0 and HTTP/1.1 are spoken here");
  const std::string_view host = request_.Header("host");
  // RFC 9112, 3.2: one Host; of two, a proxy and this server might each believe another.
  if (message.count("host") > 1 || (message.version() == 11 && message.count("host") == 0))
    return ErrorResponse(400, "invalid_argument", "a request has one Host header");
  if (message.count("origin") > 1)
    return ErrorResponse(400, "invalid_argument", "a request has one Origin header at most");
  if (core_.loopback) {
    if (auto checked = CheckHost(host, core_.port); !checked) {
      HttpResponse response = ErrorResponse(checked.error());
      response.status = 421;
      return response;
    }
  }
  if (auto checked = CheckOrigin(request_.method, request_.Header("origin"), host); !checked)
    return ErrorResponse(checked.error());
  auto target = ParseTarget(request_.target);
  if (!target) return ErrorResponse(target.error());
  request_.path = std::move(target->path);
  request_.query = std::move(target->query);
  auto match = core_.router.Find(request_.method, request_.path);
  if (!match) return ErrorResponse(match.error());
  if (match->route == nullptr) {
    if (match->allow.empty())
      return ErrorResponse(404, "not_found",
                           fmt::format("there is nothing at {}", request_.path.substr(0, 300)));
    HttpResponse response = ErrorResponse(
        405, "invalid_argument", fmt::format("{} is not offered here", request_.method), match->allow);
    response.headers.emplace_back("Allow", match->allow);
    return response;
  }
  route_ = match->route;
  for (auto& [name, value] : match->parameters) request_.parameters.insert_or_assign(name, std::move(value));
  const auto length = header_->content_length();
  if (length && *length > route_->largest_body) {
    return ErrorResponse(
        413, "invalid_argument",
        fmt::format("the body has {} bytes; at most {} are taken here", *length, route_->largest_body));
  }
  return std::nullopt;
}

// Before the body has been read: what comes of it still is passed over, then the connection ends.
void Connection::AnswerEarly(HttpResponse response) {
  timed_out_ = false;
  keep_alive_ = false;
  Respond(std::move(response));
}

void Connection::ReadBody(uint64_t limit) {
  body_.emplace(std::move(*header_));
  body_->body_limit(limit);
  state_ = State::kBody;
  seconds_ = 0;
  http::async_read(socket_, buffer_, *body_,
                   [self = shared_from_this()](ErrorCodeAsio error, size_t) { self->OnBody(error); });
}

void Connection::OnBody(ErrorCodeAsio error) {
  received_ = std::chrono::steady_clock::now();
  if (timed_out_)
    return AnswerEarly(ErrorResponse(408, "deadline_exceeded", "the request's body took too long"));
  if (error == http::error::body_limit) {
    return AnswerEarly(ErrorResponse(
        413, "invalid_argument",
        fmt::format("the body is larger than {} bytes", route_ ? route_->largest_body : kPassedOver)));
  }
  if (error && error.category() == http::make_error_code(http::error::bad_chunk).category() &&
      error != http::error::partial_message) {
    return AnswerEarly(
        ErrorResponse(400, "invalid_argument", fmt::format("a broken body: {}", error.message())));
  }
  if (error) return Close();
  request_.body = std::move(body_->get().body());
  bytes_in_ = request_.body.size();
  Dispatch();
}

Result<void> Connection::Authorise(HttpRequest& request) {
  if (route_->access == Access::kOpen) return {};
  const std::string_view token = BearerToken(request.Header("authorization"));
  if (token.empty() && core_.options.session) {
    TRY(request.principal, core_.options.session(request));
    log_principal_ = request.principal.name;
    return CheckAccess(request.principal, route_->access);
  }
  if (token.empty() || !core_.options.authenticate)
    return Error{
        ErrorCode::kUnauthenticated, "this needs a token",
        "send 'Authorization: Bearer TOKEN'; MLflow: set MLFLOW_TRACKING_TOKEN (the file 'token' in the "
        "server's home holds one, sinter token create makes others)"};
  TRY(request.principal, core_.options.authenticate(token));
  log_principal_ = request.principal.name;
  return CheckAccess(request.principal, route_->access);
}

void Connection::PostOrRefuse(std::function<void()> work) {
  if (core_.workers.Post(std::move(work))) return;
  Respond(ErrorResponse(503, "unavailable", "the server is busy: its queue is full"));
}

void Connection::Dispatch() {
  state_ = State::kHandling;
  if (early_) {
    HttpResponse response = *std::move(early_);
    return Respond(std::move(response));
  }
  auto self = shared_from_this();
  switch (route_->kind) {
    case Route::Kind::kInline: {
      if (auto allowed = Authorise(request_); !allowed) return Respond(ErrorResponse(allowed.error()));
      auto answer = route_->answer(request_);
      return Respond(answer ? *std::move(answer) : ErrorResponse(answer.error()));
    }
    case Route::Kind::kAsync: {
      Responder responder(std::make_shared<Reply>(self));
      if (route_->access == Access::kOpen) return route_->start(std::move(request_), std::move(responder));
      // Checking a token reads records.
      auto shared = std::make_shared<Responder>(std::move(responder));
      return PostOrRefuse([self, shared] {
        if (auto allowed = self->Authorise(self->request_); !allowed)
          return shared->Send(ErrorResponse(allowed.error()));
        self->route_->start(std::move(self->request_), std::move(*shared));
      });
    }
    case Route::Kind::kBlocking: {
      auto responder = std::make_shared<Responder>(std::make_shared<Reply>(self));
      return PostOrRefuse([self, responder] {
        if (auto allowed = self->Authorise(self->request_); !allowed)
          return responder->Send(ErrorResponse(allowed.error()));
        responder->Send(self->route_->answer(self->request_));
      });
    }
    case Route::Kind::kStreamed:
      return;
  }
}

void Connection::OpenStream() {
  stream_.emplace(std::move(*header_));
  stream_->body_limit(route_->largest_body);
  state_ = State::kHandling;
  auto self = shared_from_this();
  PostOrRefuse([self] {
    Result<void> allowed = self->Authorise(self->request_);
    Result<std::unique_ptr<BodySink>> sink = Error{};
    if (allowed) sink = self->route_->open(self->request_);
    boost::asio::post(self->socket_.get_executor(),
                      [self, allowed = std::move(allowed), sink = std::move(sink)]() mutable {
                        if (!allowed) return self->AnswerEarly(ErrorResponse(allowed.error()));
                        if (!sink) return self->AnswerEarly(ErrorResponse(sink.error()));
                        self->sink_ = *std::move(sink);
                        self->chunk_.resize(kChunk);
                        self->ReadChunk();
                      });
  });
}

void Connection::ReadChunk() {
  state_ = State::kStreaming;
  seconds_ = 0;
  if (stream_->is_done()) return OnChunk({}, true);
  stream_->get().body().data = chunk_.data();
  stream_->get().body().size = chunk_.size();
  http::async_read(socket_, buffer_, *stream_, [self = shared_from_this()](ErrorCodeAsio error, size_t) {
    const bool full = error == http::error::need_buffer;
    self->OnChunk(full ? ErrorCodeAsio() : error, !full && !error);
  });
}

void Connection::OnChunk(ErrorCodeAsio error, bool last) {
  received_ = std::chrono::steady_clock::now();
  if (timed_out_)
    return AnswerEarly(ErrorResponse(408, "deadline_exceeded", "the request's body took too long"));
  if (error == http::error::body_limit) {
    return AnswerEarly(ErrorResponse(413, "invalid_argument",
                                     fmt::format("the body is larger than {} bytes", route_->largest_body)));
  }
  if (error) return Close();
  const size_t held = stream_->get().body().data == nullptr ? 0 : chunk_.size() - stream_->get().body().size;
  bytes_in_ += held;
  state_ = State::kHandling;
  auto self = shared_from_this();
  PostOrRefuse([self, held, last] {
    Status written =
        held == 0 ? Status() : self->sink_->Write(std::as_bytes(std::span(self->chunk_.data(), held)));
    if (!written) {
      boost::asio::post(self->socket_.get_executor(),
                        [self, error = written.error()] { self->AnswerEarly(ErrorResponse(error)); });
      return;
    }
    if (!last) {
      boost::asio::post(self->socket_.get_executor(), [self] { self->ReadChunk(); });
      return;
    }
    Responder(std::make_shared<Reply>(self)).Send(self->sink_->Finish(self->request_));
  });
}

void Connection::Respond(HttpResponse response) {
  response_ = std::move(response);
  Write();
}

void Connection::ApplyRange(HttpResponse& response) {
  response.headers.emplace_back("Accept-Ranges", "bytes");
  const uint64_t size = response.shared.bytes.size();
  const auto parsed = ParseByteRange(request_.Header("range"), size);
  if (!parsed) {
    response = ErrorResponse(416, "invalid_argument", parsed.error().message);
    response.headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
    return;
  }
  if (!*parsed) return;
  const auto [begin, end] = **parsed;
  response.status = 206;
  response.headers.emplace_back("Content-Range", fmt::format("bytes {}-{}/{}", begin, end - 1, size));
  response.shared.bytes =
      response.shared.bytes.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
}

void Connection::Write() {
  if (response_.accept_ranges && response_.status == 200) ApplyRange(response_);
  const bool streamed = response_.stream != nullptr;
  if (shard_.closing || (streamed && !chunked_)) keep_alive_ = false;
  head_text_.clear();
  // By hand: this stands on the path of every request.
  const auto add = [&](auto... parts) { (head_text_.append(parts), ...); };
  const auto number = [text = std::array<char, 24>()](uint64_t value) mutable {
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return std::string_view(text.data(), static_cast<size_t>(end - text.data()));
  };
  auto status = number, length = number;
  add("HTTP/1.1 ", status(static_cast<uint64_t>(response_.status)), " ", HttpReason(response_.status),
      "\r\n");
  if (streamed) {
    add("Content-Type: ", std::string_view(response_.type), "\r\n");
    if (chunked_) add("Transfer-Encoding: chunked\r\n");
  } else if (response_.status != 204 && response_.status != 304) {
    add("Content-Type: ", std::string_view(response_.type), "\r\nContent-Length: ", length(response_.size()),
        "\r\n");
  }
  for (const auto& [name, value] : response_.headers)
    add(std::string_view(name), ": ", std::string_view(value), "\r\n");
  if (!keep_alive_) head_text_ += "Connection: close\r\n";
  head_text_ += "\r\n";
  state_ = State::kWriting;
  seconds_ = 0;
  const bool bodiless = head_ || response_.status == 204 || response_.status == 304;
  const boost::asio::const_buffer body =
      bodiless ? boost::asio::const_buffer()
      : response_.shared.owner != nullptr
          ? boost::asio::const_buffer(response_.shared.bytes.data(), response_.shared.bytes.size())
          : boost::asio::buffer(response_.body);
  const std::array<boost::asio::const_buffer, 2> buffers{boost::asio::buffer(head_text_), body};
  if (core_.options.on_access) {
    core_.options.on_access({.peer = peer_,
                             .method = log_method_,
                             .target = log_target_,
                             .principal = log_principal_,
                             .route = route_ == nullptr ? SIZE_MAX : core_.router.IndexOf(*route_),
                             .status = response_.status,
                             .bytes_in = bytes_in_,
                             .bytes_out = head_text_.size() + body.size(),
                             .took = std::chrono::steady_clock::now() - received_});
  }
  boost::asio::async_write(socket_, buffers,
                           [self = shared_from_this(), streamed](ErrorCodeAsio error, size_t) {
                             streamed && !error ? self->BeginPush() : self->OnWritten(error);
                           });
}

void Connection::OnWritten(ErrorCodeAsio error) {
  if (response_.stream != nullptr) response_.stream->Abandon();
  response_ = HttpResponse();
  if (error) return Close();
  if (!keep_alive_) return Drain();
  // The server began to stop while this answer, which promised more, was on its way.
  if (shard_.closing) return Close();
  ReadHeader();
}

// Closing while the peer still sends would reset the connection before it reads the answer.
void Connection::Drain() {
  ErrorCodeAsio ignored;
  socket_.shutdown(IoSocket::shutdown_send, ignored);
  if (state_ != State::kDraining) seconds_ = 0;
  state_ = State::kDraining;
  chunk_.resize(std::max<size_t>(chunk_.size(), 16384));
  socket_.async_read_some(
      boost::asio::buffer(chunk_),
      [self = shared_from_this()](ErrorCodeAsio error, size_t) { error ? self->Close() : self->Drain(); });
}

void Connection::Close() {
  if (pushed_ != nullptr) std::exchange(pushed_, nullptr)->Abandon();
  ErrorCodeAsio ignored;
  socket_.close(ignored);
}

}  // namespace sinter
