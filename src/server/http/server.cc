#include "server/http/server.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/http/connection.h"
#include "server/http/guard.h"

namespace sinter {

namespace asio = boost::asio;
using asio::ip::tcp;

struct HttpServer::Impl {
  Impl(Router router, const HttpServerOptions& options)
      : core{std::move(router), options, true, 0, Workers(options.workers, options.queue)} {}

  ServerCore core;
  std::vector<std::unique_ptr<IoShard>> shards;
  std::vector<std::unique_ptr<asio::steady_timer>> timers;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards;
  std::unique_ptr<tcp::acceptor> acceptor;
  std::vector<std::thread> threads;
  size_t next = 0;
  std::string address;
  bool stopped = false;

  void Accept() {
    IoShard& shard = *shards[next++ % shards.size()];
    acceptor->async_accept(shard.context, [this, &shard](boost::system::error_code error, IoSocket socket) {
      if (error == asio::error::operation_aborted || !acceptor->is_open()) return;
      if (!error) {
        // The connection belongs to its shard's thread from its first moment.
        asio::post(shard.context, [this, &shard, socket = std::move(socket)]() mutable {
          const bool full = core.open.load() >= core.options.connections;
          // Whoever drops it last, it ends on its shard's thread.
          const std::shared_ptr<Connection> connection(
              new Connection(core, shard, std::move(socket)), [&shard](Connection* done) {
                asio::dispatch(shard.context, [owned = std::unique_ptr<Connection>(done)] {});
              });
          full || shard.closing ? connection->Refuse() : connection->Begin();
        });
      }
      Accept();
    });
  }

  void Tick(size_t s) {
    timers[s]->expires_after(std::chrono::seconds(1));
    timers[s]->async_wait([this, s](boost::system::error_code error) {
      if (error) return;
      const std::vector<Connection*> all(shards[s]->connections.begin(), shards[s]->connections.end());
      for (Connection* connection : all) connection->Tick();
      Tick(s);
    });
  }
};

Result<std::unique_ptr<HttpServer>> HttpServer::Start(Router router, HttpServerOptions options) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return InvalidArgument(fmt::format("'{}' is no address to listen on", options.address));
  const tcp::endpoint endpoint(address, options.port);
  auto impl = std::make_unique<Impl>(std::move(router), options);
  const int io_threads = std::max(1, impl->core.options.io_threads);
  for (int i = 0; i < io_threads; ++i) impl->shards.push_back(std::make_unique<IoShard>());
  impl->acceptor = std::make_unique<tcp::acceptor>(impl->shards[0]->context);
  impl->acceptor->open(endpoint.protocol(), error);
  if (!error) impl->acceptor->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) impl->acceptor->bind(endpoint, error);
  if (!error) impl->acceptor->listen(4096, error);
  if (error) {
    const bool used = error == asio::error::address_in_use;
    return Error{ErrorCode::kUnavailable,
                 fmt::format("cannot listen on {}:{}: {}", impl->core.options.address, endpoint.port(),
                             used ? "the port is in use" : error.message()),
                 used ? "choose another with --listen, or stop what uses it" : ""};
  }
  impl->core.port = impl->acceptor->local_endpoint().port();
  impl->core.loopback = address.is_loopback();
  impl->address = impl->core.options.address;
  for (int i = 0; i < io_threads; ++i) {
    const auto s = static_cast<size_t>(i);
    impl->timers.push_back(std::make_unique<asio::steady_timer>(impl->shards[s]->context));
    impl->guards.emplace_back(impl->shards[s]->context.get_executor());
    impl->Tick(s);
  }
  impl->Accept();
  for (auto& shard : impl->shards) {
    asio::io_context& context = shard->context;
    impl->threads.emplace_back([&context] { context.run(); });
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { Stop(std::chrono::milliseconds(2000)); }
uint16_t HttpServer::port() const { return impl_->core.port; }
size_t HttpServer::OpenConnections() const { return impl_->core.open.load(); }
std::string HttpServer::Origin() const {
  const bool v6 = impl_->address.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}", v6 ? "[" : "", impl_->address, v6 ? "]" : "", impl_->core.port);
}

void HttpServer::Stop(std::chrono::milliseconds patience) {
  Impl& impl = *impl_;
  if (impl.stopped) return;
  impl.stopped = true;
  asio::post(impl.shards[0]->context, [&impl] {
    boost::system::error_code ignored;
    impl.acceptor->close(ignored);
  });
  auto everywhere = [&](auto what) {
    for (auto& shard : impl.shards) asio::post(shard->context, [&shard = *shard, what] { what(shard); });
  };
  everywhere([](IoShard& shard) {
    shard.closing = true;
    const std::vector<Connection*> all(shard.connections.begin(), shard.connections.end());
    for (Connection* connection : all) connection->CloseWhenIdle();
  });
  const auto until = std::chrono::steady_clock::now() + patience;
  while (impl.core.open.load() > 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  everywhere([](IoShard& shard) {
    const std::vector<Connection*> all(shard.connections.begin(), shard.connections.end());
    for (Connection* connection : all) connection->Abort();
  });
  impl.core.workers.Stop();  // what still runs there answers into closed connections
  for (size_t s = 0; s < impl.shards.size(); ++s) {
    asio::post(impl.shards[s]->context, [&impl, s] { impl.timers[s]->cancel(); });
    impl.guards[s].reset();
  }
  for (std::thread& thread : impl.threads) thread.join();
}

}  // namespace sinter
