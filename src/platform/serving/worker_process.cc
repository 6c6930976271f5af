#include "platform/serving/worker_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "engine/exec/executable.h"
#include "engine/formats/onnx/onnx.h"
#include "platform/serving/worker_protocol.h"

namespace sinter {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartTime = 120s;  // to connect; loading and warming may take longer
constexpr std::chrono::milliseconds kFirstPause = 100ms, kLongestPause = 10s;
constexpr int kStarts = 3;
constexpr std::string_view kFunction = "forward";

std::mutex command_mutex;

std::vector<std::string>& Command() {
  static std::vector<std::string> command{"/proc/self/exe", "replica-worker"};
  return command;
}

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

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace

void SetWorkerCommand(std::vector<std::string> command) {
  std::lock_guard lock(command_mutex);
  Command() = std::move(command);
}

Result<std::shared_ptr<const WorkerModel>> WorkerModel::Write(const Module& module,
                                                              std::string_view function) {
  auto model = std::make_shared<WorkerModel>();
  TRY(model->folder_, ScratchFolder::Create());
  TRY_STATUS(ExportOnnx(module, function, model->file()));
  return model;
}

WorkerProcess::~WorkerProcess() {
  if (socket_ >= 0) close(socket_);
  if (process_) process_->Stop(500ms);
}

Error WorkerProcess::Ended(std::string_view when) {
  std::string how = "it was closed";
  if (socket_ >= 0) close(std::exchange(socket_, -1));
  if (process_) {
    const auto status = process_->WaitFor(1000ms);
    how = (status ? *status : process_->Stop(0ms)).ToString();
  }
  process_.reset();
  const auto pause =
      std::min<std::chrono::milliseconds>(kLongestPause, kFirstPause * (1 << std::min(ends_in_a_row_, 7)));
  // The first end may be one bad request: the next worker starts at once.
  not_before_ = std::chrono::steady_clock::now() + (ends_in_a_row_ == 0 ? 0ms : pause);
  ++ends_in_a_row_;
  return {ErrorCode::kUnavailable, fmt::format("a worker process ended {}: {}", when, how), ""};
}

Status WorkerProcess::Connect(const Path& path) {
  TRY(const sockaddr_un address, AddressOf(path));
  Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  unlink(path.c_str());
  if (listener.get() < 0 ||
      bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener.get(), 1) != 0)
    return SystemError(errno, "cannot listen at", path);
  SubprocessOptions options;
  {
    std::lock_guard lock(command_mutex);
    options.arguments = Command();
  }
  options.arguments.insert(options.arguments.end(),
                           {"--socket", path.string(), "--model", model_->file().string(), "--rows",
                            fmt::format("{}", max_rows_)});
  options.dies_with_us = false;  // it would die with this thread; it ends when its socket closes
  TRY(process_, Subprocess::Start(options));
  const auto until = std::chrono::steady_clock::now() + kStartTime;
  while (std::chrono::steady_clock::now() < until) {
    pollfd wait{listener.get(), POLLIN, 0};
    if (poll(&wait, 1, 50) > 0) {
      socket_ = accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (socket_ >= 0) return {};
    }
    if (const auto ended = process_->WaitFor(0ms)) {
      process_.reset();
      return Error{ErrorCode::kUnavailable,
                   fmt::format("a worker process ended at its start: {}", ended->ToString()), ""};
    }
  }
  return Error{ErrorCode::kUnavailable, "a worker process does not connect", ""};
}

Result<WarmUpReport> WorkerProcess::Start() {
  static std::atomic<int64_t> number{0};
  const Path path = model_->folder() / fmt::format("worker-{}", number.fetch_add(1));
  const Status connected = Connect(path);
  unlink(path.c_str());
  if (!connected) return connected.error();
  auto body = ReceiveFrame(socket_);
  if (!body) return Ended("while it was warmed");
  return DecodeReport(std::as_bytes(std::span(*body)));
}

Result<std::span<const Value>> WorkerProcess::Run(std::span<const Tensor> inputs, const CancelToken& cancel) {
  // An end at the start is no request's doing: it is tried again.
  for (int attempt = 1; socket_ < 0; ++attempt) {
    while (std::chrono::steady_clock::now() < not_before_) {
      if (cancel.Cancelled()) return Error{ErrorCode::kCancelled, "cancelled", ""};
      std::this_thread::sleep_for(5ms);
    }
    auto started = Start();
    if (!started && (started.error().code != ErrorCode::kUnavailable || attempt == kStarts))
      return std::move(started).error();
  }
  TRY(const std::string question, EncodeTensors(inputs));
  if (!SendFrame(socket_, question)) return Ended("before it took a request");
  auto body = ReceiveFrame(socket_);
  if (!body) return Ended("inside a request");
  ends_in_a_row_ = 0;
  TRY(auto tensors, DecodeAnswer(std::as_bytes(std::span(*body))));
  outputs_.assign(std::make_move_iterator(tensors.begin()), std::make_move_iterator(tensors.end()));
  return std::span<const Value>(outputs_);
}

namespace {

struct Loaded {
  std::shared_ptr<Executable> executable;
  std::unique_ptr<Session> session;
  WarmUpReport report;
};

Result<Loaded> LoadForWorker(const Path& model, int64_t max_rows) {
  TRY(Module module, ImportOnnx(model, {.weights_as_constants = true, .function = std::string(kFunction)}));
  TRY(const ModelInterface interface, ModelInterface::Of(module, kFunction));
  Loaded loaded;
  TRY(loaded.executable, Executable::Compile(std::move(module), {.functions = {std::string(kFunction)}}));
  TRY(loaded.session, loaded.executable->OpenSession());
  TRY(loaded.report, WarmUp(*loaded.session, loaded.executable->module(), interface, kFunction, max_rows));
  return loaded;
}

std::string Answer(Session& session, std::string_view question) {
  auto answer = [&]() -> Result<std::string> {
    TRY(const auto inputs, DecodeTensors(std::as_bytes(std::span(question))));
    TRY(const auto outputs, session.Run(kFunction, inputs));
    std::vector<Tensor> tensors;
    for (const Value& value : outputs) tensors.push_back(value.tensor());
    return EncodeTensors(tensors);
  }();
  return answer ? std::string(1, '\0') + *answer : EncodeFailure(answer.error());
}

}  // namespace

int ReplicaWorkerMain(const Path& path, const Path& model, int64_t max_rows) {
  const auto address = AddressOf(path);
  const Descriptor server(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!address || server.get() < 0 ||
      connect(server.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return 1;
  auto loaded = LoadForWorker(model, max_rows);
  const std::string first = loaded ? EncodeReport(loaded->report) : EncodeFailure(loaded.error());
  if (!SendFrame(server.get(), first) || !loaded) return 1;
  while (true) {
    const auto question = ReceiveFrame(server.get());
    if (!question) return 0;  // the server has closed it, or has gone
    if (!SendFrame(server.get(), Answer(*loaded->session, *question))) return 0;
  }
}

}  // namespace sinter
