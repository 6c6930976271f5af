#include "server/cli/media_workers.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <new>
#include <optional>

#include <fmt/format.h>

#include "base/sandbox.h"
#include "base/scratch_folder.h"
#include "base/subprocess.h"
#include "platform/data/media_protocol.h"
#include "platform/serving/worker_protocol.h"

namespace sinter {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartTime = 30s;
constexpr int kStarts = 3;  // an end at the start is no file's doing
constexpr time_t kSecondsAFile = 60;
constexpr rlim_t kMemory = rlim_t{3} << 30;

Result<sockaddr_un> AddressOf(const Path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof address.sun_path) {
    return Error{ErrorCode::kUnavailable, fmt::format("the path {} is too long for a socket", text),
                 "set TMPDIR to a shorter one"};
  }
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  return address;
}

Error Unavailable(std::string message) { return {ErrorCode::kUnavailable, std::move(message), ""}; }

class WorkerMediaDecoder final : public MediaDecoder {
 public:
  WorkerMediaDecoder(std::shared_ptr<const ScratchFolder> folder, int number, bool isolated)
      : folder_(std::move(folder)), name_(fmt::format("worker-{}", number)), isolated_(isolated) {}
  ~WorkerMediaDecoder() override {
    Close();
    if (process_) process_->Stop(500ms);
  }
  WorkerMediaDecoder(const WorkerMediaDecoder&) = delete;
  WorkerMediaDecoder& operator=(const WorkerMediaDecoder&) = delete;

  Result<PictureInfo> Inspect(std::span<const std::byte> file) override {
    TRY(const std::string answer, Ask(EncodeMediaQuestion({std::nullopt, file})));
    return DecodeMediaInfo(answer);
  }
  Result<MediaRow> Decode(std::span<const std::byte> file, const MediaForm& form) override {
    TRY(const std::string answer, Ask(EncodeMediaQuestion({form, file})));
    return DecodeMediaRow(answer, form);
  }

 private:
  Result<std::string> Ask(const std::string& question) {
    for (int attempt = 1;; ++attempt) {
      if (socket_ < 0) TRY_STATUS(Start());
      const auto begun = std::chrono::steady_clock::now();
      if (SendFrame(socket_, question)) {
        auto answer = ReceiveFrame(socket_);
        if (answer) return answer;
      }
      const bool slow = std::chrono::steady_clock::now() - begun >= std::chrono::seconds(kSecondsAFile);
      const std::string how = End();
      if (slow) return Corrupt(fmt::format("it took more than {} s to read", kSecondsAFile));
      // It may have ended before it was asked, with the thread that had started it: once again.
      if (attempt == 2) return Corrupt(fmt::format("what reads it ended in the middle of it: {}", how));
    }
  }

  void Close() {
    if (socket_ >= 0) close(std::exchange(socket_, -1));
  }
  std::string End() {
    Close();
    std::string how = "it was closed";
    if (process_) {
      const auto status = process_->WaitFor(500ms);
      how = (status ? *status : process_->Stop(0ms)).ToString();
    }
    process_.reset();
    return how;
  }

  Status Start() {
    const Path path = folder_->path() / name_;
    TRY(const sockaddr_un address, AddressOf(path));
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(path.c_str());
    Status started;
    if (listener < 0 || bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener, 1) != 0)
      started = SystemError(errno, "cannot listen at", path);
    else
      for (int i = 0; i < kStarts && (i == 0 || !started); ++i) started = StartProcess(path, listener);
    if (listener >= 0) close(listener);
    unlink(path.c_str());
    if (!started) return Unavailable(started.error().message);
    const timeval patience{kSecondsAFile, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return {};
  }

  Status StartProcess(const Path& path, int listener) {
    std::error_code error;
    const Path self = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) return SystemError(error.value(), "cannot read", "/proc/self/exe");
    SubprocessOptions options;
    if (isolated_) {
      SandboxOptions sandbox;
      sandbox.command = {self.string(), "media-worker", "--socket", (Path("/job") / name_).string()};
      sandbox.work = folder_->path();
      sandbox.readable = {self};
      options.arguments = SandboxCommand(sandbox);
    } else {
      options.arguments = {self.string(), "media-worker", "--socket", path.string()};
    }
    options.dies_with_us = false;  // it would die with this thread; it ends when its socket closes
    TRY(process_, Subprocess::Start(options));
    const auto until = std::chrono::steady_clock::now() + kStartTime;
    while (std::chrono::steady_clock::now() < until) {
      pollfd wait{listener, POLLIN, 0};
      if (poll(&wait, 1, 20) > 0) {
        socket_ = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket_ >= 0) return {};
      }
      if (const auto ended = process_->WaitFor(0ms)) {
        process_.reset();
        return Unavailable(fmt::format("a decoding process ended at its start: {}", ended->ToString()));
      }
    }
    process_.reset();
    return Unavailable("a decoding process does not connect");
  }

  std::shared_ptr<const ScratchFolder> folder_;
  std::string name_;
  bool isolated_;
  std::optional<Subprocess> process_;
  int socket_ = -1;
};

void LimitWorker() {
  const auto limit = [](auto what, rlim_t most) {
    const rlimit value{most, most};
    (void)setrlimit(what, &value);
  };
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  limit(RLIMIT_AS, kMemory);  // the sanitizers reserve far more
#endif
}

std::string Answer(MediaDecoder& decoder, std::string_view body) {
  const auto question = DecodeMediaQuestion(body);
  if (!question) return EncodeMediaFailure(question.error());
  if (!question->form) {
    const auto info = decoder.Inspect(question->file);
    return info ? EncodeMediaInfo(*info) : EncodeMediaFailure(info.error());
  }
  const auto row = decoder.Decode(question->file, *question->form);
  return row ? EncodeMediaRow(*row, question->form->kind) : EncodeMediaFailure(row.error());
}

}  // namespace

Result<MediaWorkers> StartMediaWorkers(int count) {
  MediaWorkers workers;
  workers.isolated = CheckSandbox();
  TRY(std::unique_ptr<ScratchFolder> made, ScratchFolder::Create());
  const std::shared_ptr<const ScratchFolder> folder = std::move(made);
  for (int i = 0; i < count; ++i)
    workers.decoders.push_back(std::make_unique<WorkerMediaDecoder>(folder, i, workers.isolated.has_value()));
  return workers;
}

int MediaWorkerMain(const Path& path) {
  LimitWorker();
  const auto address = AddressOf(path);
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (!address || server < 0 ||
      connect(server, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return 1;
  LocalMediaDecoder decoder;
  for (;;) {
    const auto question = ReceiveFrame(server);
    if (!question) return 0;  // the import has closed it, or has gone
    std::string answer;
    try {
      answer = Answer(decoder, *question);
    } catch (const std::bad_alloc&) {
      answer = EncodeMediaFailure({ErrorCode::kResourceExhausted, "it needs more memory than there is", ""});
    }
    if (!SendFrame(server, answer)) return 0;
  }
}

}  // namespace sinter
