// A response whose body is written as it comes about: server-sent events, logs that are followed.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace sinter {

// What a writer and a connection share. Any thread.
class ResponseStream {
 public:
  // For the connection. `ready` is called, on the writer's thread, once there is something to take or the
  // end; then not again before Take.
  void Attach(std::function<void()> ready);
  struct Taken {
    std::string text;
    bool ended = false;  // nothing comes after `text`
  };
  Taken Take();
  void Abandon();  // the peer is gone: what is written goes nowhere

 private:
  friend class StreamWriter;
  bool Write(std::string_view text, size_t bound);
  void End();
  void CallWhenReady(std::unique_lock<std::mutex> lock);
  mutable std::mutex mutex_;
  std::string waiting_;
  bool ended_ = false, gone_ = false, called_ = false;
  std::function<void()> ready_;
};

// The writer's end; when it goes, the response ends. One thread at a time; never blocks.
class StreamWriter {
 public:
  // At most `bound` bytes wait for a peer that reads slowly.
  explicit StreamWriter(size_t bound = size_t{1} << 20);
  StreamWriter(StreamWriter&&) = default;
  StreamWriter& operator=(StreamWriter&& other) noexcept;
  StreamWriter(const StreamWriter&) = delete;
  ~StreamWriter();
  // For HttpResponse::stream.
  std::shared_ptr<ResponseStream> stream() const { return stream_; }
  // False, and nothing of it is sent, where it does not fit now or the peer is gone. What is larger than the
  // bound by itself fits when nothing else waits.
  bool Write(std::string_view text);
  bool Gone() const;       // the peer: nothing will be sent any more
  size_t Waiting() const;  // bytes that the connection has not taken yet

 private:
  std::shared_ptr<ResponseStream> stream_;
  size_t bound_;
};

}  // namespace sinter
