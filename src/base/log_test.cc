#include "base/log.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace sinter {
namespace {

std::vector<std::string> Lines(const Path& file) {
  std::vector<std::string> lines;
  const std::string text = *ReadFile(file);
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

TEST(LogLine, IsJsonWhateverComes) {
  LogLine line;
  const std::string bytes = std::string("a\"b\\c\n\t\x01\xff\xc3\xbc\xed\xa0\x80", 14);
  const auto json =
      ParseJson(line.Time("time", 1'700'000'000'007).Text("target", bytes).Number("status", -5).Finish());
  ASSERT_TRUE(json) << json.error().ToString();
  EXPECT_EQ((*json)["time"], "2023-11-14T22:13:20.007Z");
  EXPECT_EQ((*json)["status"], -5);
  EXPECT_EQ((*json)["target"], "a\"b\\c\n\t\x01\ufffd\u00fc\ufffd\ufffd\ufffd");
}

TEST(Log, LinesOfManyThreadsAreAllWritten) {
  const TemporaryFolder folder;
  const Path file = folder.path() / "log";
  {
    auto log = *Log::Open({.file = file, .queue = 100'000});
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 1000; ++i) log->Write(LogLine().Number("t", t).Number("i", i).Finish());
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(log->dropped(), 0u);
  }
  const auto lines = Lines(file);
  ASSERT_EQ(lines.size(), 4000u);
  for (const std::string& line : lines) EXPECT_TRUE(ParseJson(line)) << line;
}

// Nobody reads the pipe: its writer stands still, and those who log go on.
TEST(Log, AFullQueueLosesTheOldestAndCounts) {
  const TemporaryFolder folder;
  const Path pipe = folder.path() / "pipe";
  signal(SIGPIPE, SIG_IGN);
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  auto log = *Log::Open({.file = pipe, .queue = 64, .largest_file = uint64_t{1} << 40});
  const std::string line(1000, 'x');
  for (int i = 0; i < 2000; ++i) log->Write(line);
  EXPECT_GT(log->dropped(), 0u);
  close(reader);  // the writer gets EPIPE and ends
}

TEST(Log, FilesRotateAndOldOnesGo) {
  const TemporaryFolder folder;
  {
    auto log =
        *Log::Open({.file = folder.path() / "a.log", .queue = 100'000, .largest_file = 10'000, .files = 2});
    for (int i = 0; i < 1000; ++i) log->Write(std::string(99, 'y'));
  }
  uint64_t bytes = 0, files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_LE(entry.file_size(), 10'000u);
    bytes += entry.file_size();
    ++files;
  }
  EXPECT_EQ(files, 3u);
  EXPECT_LE(bytes, 30'000u);
}

TEST(Log, AFileThatCannotBeOpenedIsNamed) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder.path() / "file", ""));
  auto log = Log::Open({.file = folder.path() / "file" / "log"});
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().message.find("file/log"), std::string::npos) << log.error().message;
}

}  // namespace
}  // namespace sinter
