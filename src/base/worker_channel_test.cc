#include "base/worker_channel.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "base/scratch_folder.h"

namespace sinter {
namespace {

using namespace std::chrono_literals;

class Pair {
 public:
  Pair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_), 0); }
  ~Pair() {
    for (const int end : ends_) close(end);
  }
  int operator[](int i) const { return ends_[i]; }

 private:
  int ends_[2] = {-1, -1};
};

TEST(WorkerChannel, FramesComeWhole) {
  const Pair ends;
  for (const std::string& body : {std::string(), std::string("\0\n", 2), std::string(3 << 20, 'x')}) {
    std::thread sender([&] { EXPECT_TRUE(SendFrame(ends[0], body)); });
    EXPECT_EQ(*ReceiveFrame(ends[1]), body);
    sender.join();
  }
}

TEST(WorkerChannel, LyingLengthsAndCutFramesAreErrors) {
  {
    const Pair ends;
    const uint64_t length = kLargestFrame + 1;
    ASSERT_EQ(write(ends[0], &length, sizeof length), ssize_t{sizeof length});
    EXPECT_EQ(ReceiveFrame(ends[1]).error().code, ErrorCode::kCorrupt);
  }
  const Pair ends;
  const uint64_t length = kLargestFrame;  // and then nothing: no memory is taken for it
  ASSERT_EQ(write(ends[0], &length, sizeof length), ssize_t{sizeof length});
  shutdown(ends[0], SHUT_WR);
  EXPECT_EQ(ReceiveFrame(ends[1]).error().code, ErrorCode::kUnavailable);
  shutdown(ends[1], SHUT_RDWR);
  EXPECT_EQ(SendFrame(ends[1], "late").error().code, ErrorCode::kUnavailable);
}

TEST(WorkerChannel, AsksAProcessThatConnects) {
  const auto folder = *ScratchFolder::Create();
  const Path path = folder->path() / "socket";
  WorkerChannel channel;
  std::thread worker([&] {
    Result<int> owner = ConnectToOwner(path);
    for (int i = 0; !owner && i < 1000; ++i) {  // until it listens
      std::this_thread::sleep_for(5ms);
      owner = ConnectToOwner(path);
    }
    ASSERT_TRUE(owner);
    EXPECT_EQ(*ReceiveFrame(*owner), "2 + 2?");
    EXPECT_TRUE(SendFrame(*owner, "4"));
    EXPECT_EQ(ReceiveFrame(*owner).error().code, ErrorCode::kUnavailable) << "it was closed";
    close(*owner);
  });
  const Status started = channel.Start(path, {.arguments = {"sleep", "60"}}, 30s);
  ASSERT_TRUE(started) << started.error().ToString();
  EXPECT_TRUE(channel.open());
  EXPECT_FALSE(std::filesystem::exists(path)) << "nobody else may come";
  EXPECT_TRUE(channel.Send("2 + 2?"));
  EXPECT_EQ(*channel.Receive(), "4");
  EXPECT_TRUE(channel.End(1ms).starts_with("killed by signal "));
  EXPECT_FALSE(channel.open());
  worker.join();
}

TEST(WorkerChannel, SaysWhyNoneConnects) {
  const auto folder = *ScratchFolder::Create();
  WorkerChannel channel;
  const auto ended = channel.Start(folder->path() / "a", {.arguments = {"sh", "-c", "exit 3"}}, 30s);
  EXPECT_EQ(ended.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(ended.error().message.find("exit code 3"), std::string::npos);
  const auto silent = channel.Start(folder->path() / "b", {.arguments = {"sleep", "60"}}, 50ms);
  EXPECT_EQ(silent.error().message, "a worker process does not connect");
  EXPECT_FALSE(channel.Start(folder->path() / std::string(200, 'c'), {.arguments = {"true"}}, 1s));
  EXPECT_FALSE(channel.open());
}

}  // namespace
}  // namespace sinter
