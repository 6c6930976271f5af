#include "server/cli/media_workers.h"

#include <sys/resource.h>

#include <chrono>
#include <new>
#include <optional>

#include <fmt/format.h>

#include "base/sandbox.h"
#include "base/scratch_folder.h"
#include "base/worker_channel.h"
#include "platform/data/media_protocol.h"

namespace sinter {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartTime = 30s;
constexpr int kStarts = 3;  // an end at the start is no file's doing
constexpr std::chrono::seconds kTimeOfAFile = 60s;
constexpr rlim_t kMemory = rlim_t{3} << 30;

class WorkerMediaDecoder final : public MediaDecoder {
 public:
  WorkerMediaDecoder(std::shared_ptr<const ScratchFolder> folder, int number, bool isolated)
      : folder_(std::move(folder)), name_(fmt::format("worker-{}", number)), isolated_(isolated) {}

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
      if (!channel_.open()) TRY_STATUS(Start());
      const auto begun = std::chrono::steady_clock::now();
      if (channel_.Send(question)) {
        auto answer = channel_.Receive();
        if (answer) return answer;
      }
      const bool slow = std::chrono::steady_clock::now() - begun >= kTimeOfAFile;
      const std::string how = channel_.End(500ms);
      if (slow) return Corrupt(fmt::format("it took more than {} s to read", kTimeOfAFile.count()));
      // It may have ended before it was asked, with the thread that had started it: once again.
      if (attempt == 2) return Corrupt(fmt::format("what reads it ended in the middle of it: {}", how));
    }
  }

  Status Start() {
    Status started;
    for (int i = 0; i < kStarts && (i == 0 || !started); ++i) {
      TRY(SubprocessOptions options, Command());
      started = channel_.Start(folder_->path() / name_, std::move(options), kStartTime);
    }
    if (!started) return std::move(started).error().In("decoding");
    channel_.LimitEach(kTimeOfAFile);
    return {};
  }

  Result<SubprocessOptions> Command() const {
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
      options.arguments = {self.string(), "media-worker", "--socket", (folder_->path() / name_).string()};
    }
    return options;
  }

  std::shared_ptr<const ScratchFolder> folder_;
  std::string name_;
  bool isolated_;
  WorkerChannel channel_;
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
  const auto owner = ConnectToOwner(path);
  if (!owner) return 1;
  LocalMediaDecoder decoder;
  for (;;) {
    const auto question = ReceiveFrame(*owner);
    if (!question) return 0;  // the import has closed it, or has gone
    std::string answer;
    try {
      answer = Answer(decoder, *question);
    } catch (const std::bad_alloc&) {
      answer = EncodeMediaFailure({ErrorCode::kResourceExhausted, "it needs more memory than there is", ""});
    }
    if (!SendFrame(*owner, answer)) return 0;
  }
}

}  // namespace sinter
