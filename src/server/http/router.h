// The one table of what is served: from it follow routing, access, limits, metrics and OpenAPI.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/http/message.h"

namespace sinter {

// Answers one request, from any thread, once. Moved to whoever answers; destroyed unanswered, it answers 500.
class Responder {
 public:
  struct Sink {
    virtual ~Sink() = default;
    virtual void Send(HttpResponse response) = 0;  // at most once
  };
  explicit Responder(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
  Responder(Responder&&) = default;
  Responder& operator=(Responder&&) = default;
  Responder(const Responder&) = delete;
  ~Responder();
  void Send(HttpResponse response);
  void Send(Result<HttpResponse> response);

 private:
  std::shared_ptr<Sink> sink_;
};

// While one lives, what this thread's Responders send is kept; when it ends, all goes to the connections'
// threads in one step each. For whoever answers many requests at once: a wake-up for each would cost more
// than the answers. One at a time on a thread.
class ResponseBatch {
 public:
  ResponseBatch();
  ~ResponseBatch();
  ResponseBatch(const ResponseBatch&) = delete;
  ResponseBatch& operator=(const ResponseBatch&) = delete;
};

// Takes a large body as it arrives, on a worker thread.
class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual Status Write(std::span<const std::byte> bytes) = 0;
  virtual Result<HttpResponse> Finish(const HttpRequest& request) = 0;
};

struct Route {
  enum class Kind {
    kInline,    // answers at once on the I/O thread; must not block
    kBlocking,  // runs on a worker: files, records
    kAsync,     // starts on the I/O thread and answers later through the Responder
    kStreamed,  // the body goes to a BodySink on a worker
  };
  std::string method;
  // Segments are literal or "{name}"; a last "{name...}" takes the rest. "/a/" and "/a" are different.
  std::string pattern;
  Access access = Access::kOpen;
  std::string summary;
  Kind kind = Kind::kBlocking;
  std::function<Result<HttpResponse>(HttpRequest&)> answer = {};                   // kInline, kBlocking
  std::function<void(HttpRequest&&, Responder)> start = {};                        // kAsync
  std::function<Result<std::unique_ptr<BodySink>>(const HttpRequest&)> open = {};  // kStreamed
  uint64_t largest_body = uint64_t{1} << 20;
};

struct RouteMatch {
  const Route* route = nullptr;  // null: none; then `allow` lists the methods that the path has
  std::vector<std::pair<std::string, std::string>> parameters;  // decoded
  std::string allow;
};

// Immutable once made; any thread.
class Router {
 public:
  // Errors: two routes that one request could match with equal right ("/a/{x}" and "/a/{y}"); a pattern that
  // is none. A literal segment goes before a parameter, a parameter before the rest.
  static Result<Router> Create(std::vector<Route> routes);
  // `path` is still encoded; HEAD is served by GET. Errors: broken escapes.
  Result<RouteMatch> Find(std::string_view method, std::string_view path) const;
  const std::vector<Route>& routes() const { return *routes_; }
  size_t IndexOf(const Route& route) const { return static_cast<size_t>(&route - routes_->data()); }

 private:
  struct Node;
  Router() = default;
  std::shared_ptr<const std::vector<Route>> routes_;
  std::shared_ptr<const Node> root_;
};

}  // namespace sinter
