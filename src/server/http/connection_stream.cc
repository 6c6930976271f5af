// Responses that are written as they come about: in chunks (RFC 9112, 7.1), to a peer of HTTP/1.0 until the
// connection closes.
#include <fmt/format.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "server/http/connection.h"
#include "server/http/stream.h"

namespace sinter {

void Connection::BeginPush() {
  pushed_ = std::move(response_.stream);
  if (head_) {  // HEAD: the header alone
    std::exchange(pushed_, nullptr)->Abandon();
    return OnWritten({});
  }
  if (shard_.closing) return Close();
  state_ = State::kPushing;
  pushing_ = false;
  pushed_->Attach([weak = weak_from_this()] {
    if (auto self = weak.lock()) {
      auto executor = self->socket_.get_executor();
      boost::asio::post(executor, [self = std::move(self)] { self->Push(); });
    }
  });
  // A peer that leaves is noticed at once, not when something is next written to it.
  socket_.async_wait(IoSocket::wait_read, [self = shared_from_this(), stream = pushed_](ErrorCodeAsio error) {
    if (self->pushed_ != stream) return;
    ErrorCodeAsio failed;
    if (error || self->socket_.available(failed) == 0) self->Close();
  });
}

void Connection::Push() {
  if (pushed_ == nullptr || pushing_) return;
  ResponseStream::Taken taken = pushed_->Take();
  if (taken.text.empty() && !taken.ended) return;
  chunk_.clear();
  if (!chunked_) {
    chunk_ = std::move(taken.text);
  } else {
    if (!taken.text.empty())
      fmt::format_to(std::back_inserter(chunk_), "{:x}\r\n{}\r\n", taken.text.size(), taken.text);
    if (taken.ended) chunk_ += "0\r\n\r\n";
  }
  pushing_ = true;
  seconds_ = 0;
  boost::asio::async_write(socket_, boost::asio::buffer(chunk_),
                           [self = shared_from_this(), ended = taken.ended](ErrorCodeAsio error, size_t) {
                             self->pushing_ = false;
                             if (error) return self->Close();
                             if (!ended) return self->Push();
                             self->pushed_ = nullptr;
                             self->OnWritten({});
                           });
}

}  // namespace sinter
